"""Protocols on frozen features: each turns training and test features into test scores."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from skgraph.errors import ConfigError
from skgraph.evaluation.features import Features
from skgraph.evaluation.knn import knn_scores
from skgraph.evaluation.linear import linear_scores

# A scorer is called as scorer(train_x, train_y, test_x, num_classes, **options) and returns scores [n, num_classes].
_SCORERS: dict[str, Callable[..., Tensor]] = {"knn": knn_scores, "linear": linear_scores}


@dataclass(frozen=True)
class Protocol:
    """One way to evaluate frozen features.

    Attributes:
        name: ``"knn"`` or ``"linear"``.
        options: of :func:`~skgraph.evaluation.knn.knn_scores` or :func:`~skgraph.evaluation.linear.linear_scores`.

    Raises:
        ConfigError: an unknown name or option, or a value that is not positive.
    """

    name: str
    options: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or self.name not in _SCORERS:
            raise ConfigError(f"protocol must be one of {', '.join(_SCORERS)}, found '{self.name}'")
        defaults = self.defaults()
        if not isinstance(self.options, dict):
            raise ConfigError(f"the options of protocol {self.name} must be a mapping, found '{self.options}'")
        for key, value in self.options.items():
            if key not in defaults:
                raise ConfigError(f"{self.name} has no option '{key}', only {', '.join(defaults)}")
            whole = isinstance(defaults[key], int)
            right = isinstance(value, int if whole else (int, float)) and not isinstance(value, bool)
            if not right or not 0 < value < math.inf:
                raise ConfigError(
                    f"protocol {self.name}: {key} must be {'at least 1' if whole else 'positive'}, found {value}"
                )

    def defaults(self) -> dict[str, Any]:
        """The options that the protocol has, and their defaults."""
        parameters = inspect.signature(_SCORERS[self.name]).parameters.values()
        return {p.name: p.default for p in parameters if p.default is not inspect.Parameter.empty}

    def scores(self, train: Features, test: Features, num_classes: int) -> Tensor:
        """Scores ``[n, num_classes]`` of the test features."""
        return _SCORERS[self.name](train.x, train.y, test.x, num_classes, **self.options)


def top_k(scores: Tensor, y: Tensor, k: int = 1) -> float:
    """Share of rows whose label is among the ``k`` highest scores, in per cent."""
    best = scores.topk(min(k, scores.size(1)), dim=1).indices
    return 100 * float((best == y[:, None]).any(dim=1).double().mean())
