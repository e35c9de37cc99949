"""Protocols on fixed features of a frozen encoder: nearest neighbours, retrieval, exact linear probe."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from skgraph._internal.options import at_least
from skgraph.errors import ConfigError
from skgraph.evaluation.context import EvaluationContext
from skgraph.evaluation.features import Features
from skgraph.evaluation.knn import knn_scores
from skgraph.evaluation.linear import linear_scores
from skgraph.evaluation.protocols.protocol import Outcome, Protocol, labels
from skgraph.evaluation.results.metrics import top_k
from skgraph.evaluation.retrieval import retrieve


@dataclass(frozen=True)
class KNN(Protocol):
    """Nearest neighbours by cosine similarity.

    Attributes:
        k: neighbours of the headline figure; the card has 1, 5, 10 and 20 beside it.

    Raises:
        ConfigError: ``k`` is below 1.
    """

    name: ClassVar[str] = "knn"
    draws: ClassVar[bool] = False
    k: int = 1

    def __post_init__(self) -> None:
        at_least("protocol knn", 1, k=self.k)

    def evaluate(self, context: EvaluationContext) -> Outcome:
        train, test = context.features(context.train), context.features(context.test)
        by_k = {k: _scores(train, test, context, k) for k in sorted({self.k, 1, 5, 10, 20})}
        held_out = None
        if context.validation is not None:
            held_out = _scores(train, context.features(context.validation), context, self.k)
        at = {str(k): top_k(scores, test.y) for k, scores in by_k.items()}
        return Outcome(by_k[self.k], "votes", validation=held_out, features=train.x, facts={"top1_by_k": at})


def _scores(train: Features, test: Features, context: EvaluationContext, k: int) -> Tensor:
    return knn_scores(train.x, train.y, test.x, context.num_classes, k)


@dataclass(frozen=True)
class Retrieval(Protocol):
    """Test clips look for training clips of their class: see :func:`~skgraph.evaluation.retrieval.retrieve`."""

    name: ClassVar[str] = "retrieval"
    draws: ClassVar[bool] = False

    def evaluate(self, context: EvaluationContext) -> Outcome:
        train, test = context.features(context.train), context.features(context.test)
        scores, facts = retrieve(train.x, train.y, test.x, test.y, context.num_classes)
        held_out = None
        if (dataset := context.validation) is not None:
            unseen = context.features(dataset)
            held_out, _ = retrieve(train.x, train.y, unseen.x, labels(dataset), context.num_classes)
        return Outcome(scores, "similarities", validation=held_out, features=train.x, facts=facts)


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
        train, test = context.features(context.train), context.features(context.test)
        unseen = [test.x] if context.validation is None else [test.x, context.features(context.validation).x]
        scores = linear_scores(train.x, train.y, unseen, context.num_classes, self.c, self.iterations)
        return Outcome(scores[0], validation=scores[1] if len(scores) > 1 else None, features=train.x)
