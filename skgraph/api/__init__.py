"""The commands in Python: each command composes its options, and calls one of these functions.

For example::

    from skgraph.api import embed, evaluate, pretrain
    run = pretrain("lejepa", dataset="data/mine", name="mine")
    evaluate(run, "knn").metrics["top1"], embed(run, "recording.npy").x.shape
"""

from skgraph.api.evaluation import evaluate
from skgraph.api.prediction import Predictions, predict
from skgraph.api.preparation import prepare
from skgraph.api.pretraining import pretrain
from skgraph.api.reporting import Report, report
from skgraph.evaluation.embedding import Embedding, embed
from skgraph.evaluation.pretrained import PretrainedRun
from skgraph.evaluation.results.result import Result

__all__ = [
    "Embedding",
    "Predictions",
    "PretrainedRun",
    "Report",
    "Result",
    "embed",
    "evaluate",
    "predict",
    "prepare",
    "pretrain",
    "report",
]
