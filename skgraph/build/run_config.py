"""The types of a run's configuration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any

from skgraph._internal.options import at_least, check_kinds
from skgraph.errors import ConfigError

_MOST_FRAMES = 10_000  # six minutes at 30 Hz: more would take minutes and gigabytes before it fails


@dataclass
class RunConfig:
    """Types of the values in a run's configuration (the resolved ``configs/pretrain.yaml``)."""

    name: str | int | float
    runs: str | int | float
    seed: int
    frames: int
    patch_length: int
    crop: tuple[float, float]
    min_frames: int
    normalise: Mapping[str, Any]
    device: Any
    precision: Any
    evaluate: Sequence[Any]
    dataset: Mapping[str, Any]
    encoder: Mapping[str, Any]
    objective: Mapping[str, Any]
    mask: Mapping[str, Any]
    stream: Mapping[str, Any]
    augment: Mapping[str, Any]
    trainer: Mapping[str, Any]
    extend: int | None = None
    resampling: str = "linear"
    bodies: str = "present"
    pool: str = "mean"


def check_config(config: Mapping[str, Any]) -> None:
    """Raise a ConfigError for a value of a run's configuration that no constructor checks, or a missing key."""
    keys = [field.name for field in fields(RunConfig)]
    if missing := [field.name for field in fields(RunConfig) if field.default is MISSING and field.name not in config]:
        raise ConfigError(f"the configuration lacks {', '.join(missing)}")
    check_kinds(RunConfig, {key: config[key] for key in keys if key in config})
    at_least("configuration", 1, **{key: config[key] for key in ("frames", "patch_length", "min_frames")})
    if config["frames"] > _MOST_FRAMES:
        raise ConfigError(f"frames must be at most {_MOST_FRAMES}, found {config['frames']}")
    if not 0 <= config["seed"] < 2**63:
        raise ConfigError(f"seed must be from 0 to 2 ** 63 - 1, found {config['seed']}")
    name = Path(str(config["name"]))
    if name.is_absolute() or not name.parts or ".." in name.parts:
        raise ConfigError(f"name must be that of a folder below runs, found '{name}'")
