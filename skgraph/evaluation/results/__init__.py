"""Results of evaluations: metrics, scores and the files of a result folder."""
