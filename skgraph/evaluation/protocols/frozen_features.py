"""Protocols on fixed features of a frozen encoder: nearest neighbours, retrieval, exact linear probe."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

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

    Raises:
        ConfigError: ``k`` is below 1.
    """

    name: ClassVar[str] = "knn"
    draws: ClassVar[bool] = False
    k: int = 1

    def __post_init__(self) -> None:
        at_least("protocol knn", 1, k=self.k)

    def evaluate(self, context: EvaluationContext) -> Outcome:
        train, test, held_out = _features(context)

        def scores(unseen: Features, k: int) -> Tensor:
            return knn_scores(train.x, train.y, unseen.x, context.num_classes, k)

        by_k = {k: scores(test, k) for k in sorted({self.k, 1, 5, 10, 20})}
        facts = {"top1_by_k": {str(k): top_k(each, test.y) for k, each in by_k.items()}}
        validation = None if held_out is None else scores(held_out, self.k)
        return Outcome(by_k[self.k], "votes", validation, train.x, facts)


@dataclass(frozen=True)
class Retrieval(Protocol):
    """Retrieve training clips of the class of each test clip: see :func:`~skgraph.evaluation.retrieve`."""

    name: ClassVar[str] = "retrieval"
    draws: ClassVar[bool] = False

    def evaluate(self, context: EvaluationContext) -> Outcome:
        train, test, held_out = _features(context)

        def ranking(unseen: Features) -> tuple[Tensor, dict[str, float]]:
            return retrieve(train.x, train.y, unseen.x, unseen.y, context.num_classes)

        scores, facts = ranking(test)
        validation = None if held_out is None else ranking(held_out)[0]
        return Outcome(scores, "similarities", validation, train.x, facts)


@dataclass(frozen=True)
class Linear(Protocol):
    """Multinomial logistic regression on standardised features, solved to convergence.

    Attributes:
        c: inverse strength of the penalty.
        iterations: of the solver, at most.

    Raises:
        ConfigError: a value that is not positive.
    """

    name: ClassVar[str] = "linear"
    draws: ClassVar[bool] = False
    recipe: str = "exact"
    c: float = 1.0
    iterations: int = 1000

    def __post_init__(self) -> None:
        at_least("protocol linear", 1, iterations=self.iterations)
        at_least("protocol linear", 0, c=self.c)
        if self.c == 0:
            raise ConfigError("protocol linear: c must be above 0, found 0")

    def evaluate(self, context: EvaluationContext) -> Outcome:
        train, test, held_out = _features(context)
        unseen = [test.x] if held_out is None else [test.x, held_out.x]
        scores = linear_scores(train.x, train.y, unseen, context.num_classes, self.c, self.iterations)
        return Outcome(scores[0], validation=scores[1] if len(scores) > 1 else None, features=train.x)


def _features(context: EvaluationContext) -> tuple[Features, Features, Features | None]:
    """Return features of the training, the test and the held-out clips."""
    train, test = context.features(context.train), context.features(context.test)
    return train, test, None if context.validation is None else context.features(context.validation)
