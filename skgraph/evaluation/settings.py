"""Settings of an evaluation that hold for every protocol."""

from __future__ import annotations

from dataclasses import dataclass, fields

from skgraph._internal.options import at_least, check_kinds
from skgraph.errors import ConfigError
from skgraph.evaluation.features.bodies import BodyRule, check_crops


@dataclass(frozen=True)
class Settings:
    """Settings of an evaluation that hold for every protocol.

    Attributes:
        crop: proportion of a clip that is encoded; ``None`` for that of the protocol.
        crops: windows of each clip, evenly from its start to its end.
        bodies: ``"present"`` or ``"padded"``; see :func:`~skgraph.evaluation.clip_features`.
        validation: share of the training people held out; 0 for none.
        random_init: evaluate a random encoder beside the trained one.
        joint_map: see :meth:`~skgraph.evaluation.PretrainedRun.views`.
        batch_size: clips encoded at once.
        cache: keep features in the run folder.
        seed: seed of the protocol's draws; by default that of the run.
    """

    crop: float | None = None
    crops: int = 1
    bodies: BodyRule = "present"
    validation: float = 0.0
    random_init: bool = True
    joint_map: str | None = None
    batch_size: int = 128
    cache: bool = True
    seed: int | None = None

    def __post_init__(self) -> None:
        check_kinds(type(self), {f.name: getattr(self, f.name) for f in fields(self)}, "evaluate")
        check_crops(self.crop, self.crops)
        at_least("evaluate", 1, batch_size=self.batch_size)
        at_least("evaluate", 0, seed=self.seed)
        if not 0 <= self.validation < 1:
            raise ConfigError(f"validation must be a share of the training people in [0, 1), found {self.validation}")
