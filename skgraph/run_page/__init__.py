"""Pages of runs: training curves, masks, features and evaluations as figures with their data."""
