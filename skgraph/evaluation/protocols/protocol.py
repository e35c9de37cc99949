"""What all protocols have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Literal

from torch import Tensor

from skgraph.data import SkeletonDataset, SkeletonStore
from skgraph.errors import ConfigError
from skgraph.evaluation.context import EvaluationContext
from skgraph.evaluation.settings import Settings


@dataclass
class Outcome:
    """What a protocol found out about an encoder.

    Attributes:
        scores: of the test clips, ``[n, K]``; ``None`` where the protocol does not name clips.
        kind: ``"logits"``, whose softmax is meant as a probability; ``"similarities"``; or ``"votes"``, many of which
            are equal, so that they say which class is first and little more.
        validation: scores of the held-out training clips, where there are some.
        features: of the training clips, where the encoder is frozen and they are kept: their rank shows a collapse.
        facts: more figures for the card, plain values; they replace those that come from the scores.
        texts: more files for the result's folder, by name.
    """

    scores: Tensor | None
    kind: Literal["logits", "similarities", "votes"] = "logits"
    validation: Tensor | None = None
    features: Tensor | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)


class Protocol(ABC):
    """One way to evaluate an encoder. A subclass is a dataclass of its options.

    Attributes:
        name: in configurations and on cards.
        recipe: which of several ways, where a protocol has some.
        pretrained: whether the trained encoder is what is evaluated, with a random one beside it; otherwise a random
            encoder alone.
        draws: whether anything in it is random, so that a seed of its own has a meaning.
    """

    name: ClassVar[str]
    recipe: str | None = None
    pretrained: ClassVar[bool] = True
    draws: ClassVar[bool] = True

    @abstractmethod
    def evaluate(self, context: EvaluationContext) -> Outcome:
        """Evaluate the context's encoder."""

    @property
    def label(self) -> str:
        """The protocol's file in ``configs/protocol``."""
        return self.name

    def options(self) -> dict[str, Any]:
        """The options of this instance, as plain values."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}  # type: ignore[arg-type]
        return {key: list(v) if isinstance(v, tuple) else v for key, v in values.items() if key != "recipe"}

    def check_settings(self, settings: Settings) -> None:
        """Raise a ConfigError where a setting would change nothing, and only seem to."""
        if settings.seed is not None and not self.draws:
            raise ConfigError(f"seed={settings.seed}: nothing is drawn in protocol {self.label}, no seed changes it")

    def check(self, source_hash: str, store: SkeletonStore) -> None:
        """Raise a ConfigError unless the protocol is meant for a store.

        Args:
            source_hash: of the content that the encoder was trained on.
            store: to evaluate on.
        """
        if len(store.class_names) < 2:
            raise ConfigError(f"'{store.path}' has one class, '{store.class_names[0]}': there is nothing to tell apart")
        if (store.y < 0).any():
            raise ConfigError(
                f"'{store.path}' holds recordings without one label each, '{store.name[int(store.y.argmin())]}' for "
                "instance: use protocol=detection"
            )


def labels(dataset: SkeletonDataset) -> Tensor:
    """Labels ``[N]`` of a dataset's clips."""
    return dataset.store.y[dataset.clips]
