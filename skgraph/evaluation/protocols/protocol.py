"""The base class of protocols, and their outcome."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection
from dataclasses import KW_ONLY, dataclass, field, fields
from typing import Any, ClassVar, Literal

from torch import Tensor

from skgraph.data import SkeletonDataset, SkeletonStore
from skgraph.errors import ConfigError
from skgraph.evaluation.context import EvaluationContext, Settings
from skgraph.evaluation.features.bodies import BodyRule


@dataclass
class Outcome:
    """Scores and metrics of an encoder by a protocol.

    Attributes:
        scores: scores of the test clips, ``[n, K]``; ``None`` for a protocol without scores of clips.
        validation: scores of the held-out training clips.
        kind: ``"logits"``, whose softmax is a probability; ``"similarities"``; or ``"votes"``, of which only the
            highest counts, since many are equal.
        features: features of the training clips, by a frozen encoder; their rank shows a collapse.
        metrics: metrics of the protocol, plain values; they replace those computed from the scores.
        texts: more files for the result folder, by name.
    """

    scores: Tensor | None
    validation: Tensor | None = None
    _: KW_ONLY
    kind: Literal["logits", "similarities", "votes"] = "logits"
    features: Tensor | None = None
    metrics: dict[str, Any] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)


class Protocol(ABC):
    """One way to evaluate an encoder. A subclass is a dataclass of its options.

    Attributes:
        name: in configurations and results.
        recipe: variant of the protocol.
        draws: whether the protocol depends on a seed.
        compares_raw: whether raw coordinates can stand in for the features of an encoder.
    """

    name: str
    recipe: str | None = None
    draws: ClassVar[bool] = True
    compares_raw: ClassVar[bool] = False

    @abstractmethod
    def evaluate(self, context: EvaluationContext) -> Outcome:
        """Evaluate the encoder of a context."""

    @property
    def pretrained(self) -> bool:
        """Evaluate the trained encoder, with a random one beside it; otherwise a random encoder alone."""
        return True

    def body_rule(self, store: SkeletonStore) -> BodyRule:
        """Return whether the protocol leaves absent bodies of a clip out or encodes them as zeros."""
        return "present"

    @property
    def label(self) -> str:
        """The protocol's file in ``configs/protocol``."""
        return self.name

    def options(self) -> dict[str, Any]:
        """Return the options of this instance, as plain values."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}  # type: ignore[arg-type]
        return {
            key: list(v) if isinstance(v, tuple) else v for key, v in values.items() if key not in ("name", "recipe")
        }

    def check_settings(self, settings: Settings) -> None:
        """Raise a ConfigError for a setting without effect."""
        if settings.seed is not None and not self.draws:
            raise ConfigError(f"seed={settings.seed}: nothing is drawn in protocol {self.label}, no seed changes it")

    def check(self, source_hashes: Collection[str], store: SkeletonStore) -> None:
        """Raise a ConfigError unless the protocol fits a store; ``source_hashes`` are those of the pre-training."""
        if len(store.class_names) < 2:
            raise ConfigError(f"'{store.path}' has one class, '{store.class_names[0]}': there is nothing to tell apart")
        if (store.y < 0).any():
            clip = f"'{store.name[int(store.y.argmin())]}' for instance"
            raise ConfigError(f"'{store.path}' holds recordings without one label each, {clip}: use protocol=detection")


def check_test_clips(store: SkeletonStore, split: str) -> None:
    """Raise a ConfigError for a split in which all clips train."""
    if not len(store.split(split, "test")):
        raise ConfigError(
            f"split '{split}' of '{store.path}' has no test clips: prepare it with split.by=subject or random"
        )


def labels(dataset: SkeletonDataset) -> Tensor:
    """Return the labels ``[N]`` of a dataset's clips."""
    return dataset.store.y[dataset.clips]
