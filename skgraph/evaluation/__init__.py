"""Evaluation of pre-trained encoders: features, protocols, results."""

from skgraph.evaluation.classifiers.linear_probe import linear_scores
from skgraph.evaluation.classifiers.nearest_neighbours import knn_scores, retrieve
from skgraph.evaluation.comparison import compare
from skgraph.evaluation.context import Settings
from skgraph.evaluation.embedding import Embedding, embed
from skgraph.evaluation.features.clip_features import Features, clip_features
from skgraph.evaluation.features.raw_coordinates import raw_clip_features
from skgraph.evaluation.pretrained import PretrainedRun, load_encoder
from skgraph.evaluation.protocols import Protocol, build_protocol
from skgraph.evaluation.results.metrics import top_k
from skgraph.evaluation.results.result import Result

__all__ = [
    "Embedding",
    "Features",
    "PretrainedRun",
    "Protocol",
    "Result",
    "Settings",
    "build_protocol",
    "clip_features",
    "compare",
    "embed",
    "knn_scores",
    "linear_scores",
    "load_encoder",
    "raw_clip_features",
    "retrieve",
    "top_k",
]
