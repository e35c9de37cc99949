"""Protocols on fixed features of a frozen encoder: nearest neighbours, retrieval, exact linear probe."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from skgraph._internal.options import at_least
from skgraph.errors import ConfigError
from skgraph.evaluation.classifiers.linear_probe import linear_scores
from skgraph.evaluation.classifiers.nearest_neighbours import knn_scores, retrieve
from skgraph.evaluation.context import EvaluationContext
from skgraph.evaluation.features.clip_features import Features
from skgraph.evaluation.protocols.protocol import Outcome, Protocol
from skgraph.evaluation.results.metrics import top_k


@dataclass(frozen=True)
class KNN(Protocol):
    """Nearest neighbours by cosine similarity.

    Attributes:
        k: neighbours of the headline metric; the result has 1, 5, 10 and 20 beside it.
    """

    name = "knn"
    draws = False
    compares_raw = True
    k: int = 1

    def __post_init__(self) -> None:
        at_least("protocol knn", 1, k=self.k)

    def evaluate(self, context: EvaluationContext) -> Outcome:
        train, *unseen = _features(context)

        def scores(clips: Features, k: int) -> Tensor:
            return knn_scores(train.x, train.y, clips.x, context.num_classes, k)

        by_k = {k: scores(unseen[0], k) for k in sorted({self.k, 1, 5, 10, 20})}
        metrics = {"top1_by_k": {str(k): top_k(each, unseen[0].y) for k, each in by_k.items()}}
        validation = (scores(clips, self.k) for clips in unseen[1:])
        return Outcome(by_k[self.k], *validation, kind="votes", features=train.x, metrics=metrics)


@dataclass(frozen=True)
class Retrieval(Protocol):
    """Retrieve training clips of the class of each test clip: see :func:`~skgraph.evaluation.retrieve`."""

    name = "retrieval"
    draws = False
    compares_raw = True

    def evaluate(self, context: EvaluationContext) -> Outcome:
        train, *unseen = _features(context)
        found = [retrieve(train.x, train.y, clips.x, clips.y, context.num_classes) for clips in unseen]
        scores = (scores for scores, _ in found)
        return Outcome(*scores, kind="similarities", features=train.x, metrics=found[0][1])


@dataclass(frozen=True)
class Linear(Protocol):
    """Multinomial logistic regression on standardised features, solved to convergence.

    Attributes:
        c: inverse strength of the penalty.
        iterations: largest number of solver iterations.
    """

    name = "linear"
    draws = False
    compares_raw = True
    recipe: str = "exact"
    c: float = 1.0
    iterations: int = 1000

    def __post_init__(self) -> None:
        at_least("protocol linear", 1, iterations=self.iterations)
        at_least("protocol linear", 0, c=self.c)
        if self.c == 0:
            raise ConfigError("protocol linear: c must be above 0, found 0")

    def evaluate(self, context: EvaluationContext) -> Outcome:
        train, *unseen = _features(context)
        x = [clips.x for clips in unseen]
        scores = linear_scores(train.x, train.y, x, context.num_classes, self.c, self.iterations)
        return Outcome(*scores, features=train.x)


def _features(context: EvaluationContext) -> list[Features]:
    """Return features of the training clips, then of the unseen ones."""
    return [context.features(clips) for clips in (context.train, *context.unseen)]
