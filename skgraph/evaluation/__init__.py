"""Evaluation of frozen encoders: features, probes, results."""

from skgraph.evaluation.features import Features, clip_features
from skgraph.evaluation.knn import knn_scores
from skgraph.evaluation.linear import linear_scores
from skgraph.evaluation.protocols import Protocol, top_k
from skgraph.evaluation.result import save_result

__all__ = ["Features", "Protocol", "clip_features", "knn_scores", "linear_scores", "save_result", "top_k"]
