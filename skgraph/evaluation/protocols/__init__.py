"""Evaluation protocols."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from skgraph._internal.data_dir import data_dir
from skgraph._internal.options import check_kinds
from skgraph.errors import ConfigError
from skgraph.evaluation.protocols.detection import Detection
from skgraph.evaluation.protocols.frozen_features import KNN, Linear, Retrieval
from skgraph.evaluation.protocols.protocol import Outcome, Protocol
from skgraph.evaluation.protocols.semi import Semi
from skgraph.evaluation.protocols.supervised import Supervised

__all__ = ["Outcome", "Protocol", "build_protocol", "protocol_config"]

_KINDS: dict[str, type[Protocol]] = {kind.name: kind for kind in (KNN, Linear, Retrieval, Semi, Detection)}
_KINDS |= dict.fromkeys(("attentive", "finetune", "transfer", "scratch"), Supervised)


def build_protocol(config: Mapping[str, Any] | str) -> Protocol:
    """Build a protocol from its configuration.

    Args:
        config: ``name`` and any of its options, otherwise as in the protocol's file; or the name of a file in
            ``configs/protocol``.

    Raises:
        ConfigError: an unknown name or option, or a value that does not fit.
    """
    if not isinstance(config, Mapping):
        config = protocol_config(config)
    options = dict(config)
    name = options.pop("name", None)
    if isinstance(name, str) and (name in _files() or name.startswith("linear_")) and "_" in name:  # name of a file
        name, recipe = name.split("_", 1)
        options = {"recipe": recipe, **options}
    if not isinstance(name, str) or name not in _KINDS:
        raise ConfigError(f"protocol must be one of {', '.join(_KINDS)}, found '{name}'")
    recipe = options.get("recipe", "exact")
    published_linear = name == "linear" and recipe != "exact"  # if unknown, protocol_config names the known ones
    file = f"{name}_{recipe}" if published_linear or f"{name}_{recipe}" in _files() else name
    kind = Supervised if file.startswith("linear_") else _KINDS[name]
    defaults = dict(protocol_config(file))
    del defaults["name"]
    if unknown := [key for key in options if key not in defaults]:
        raise ConfigError(f"protocol {name} has no option '{unknown[0]}', only {', '.join(defaults) or 'none'}")
    check_kinds(kind, options, "protocol")
    if options.get("recipe", defaults.get("recipe")) != defaults.get("recipe"):
        raise ConfigError(f"protocol {name}: recipe={options['recipe']} names no hyper-parameters: leave it out")
    values: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in (defaults | options).items()
    }
    return kind(name=name, **values) if kind is Supervised else kind(**values)


def protocol_config(name: object) -> Mapping[str, Any]:
    """Read ``configs/protocol/<name>.yaml``, or raise a ConfigError with the names there are."""
    files = _files()
    if not isinstance(name, str) or name not in files:
        raise ConfigError(f"protocol must be one of {', '.join(files)}, found '{name}'")
    values: Any = OmegaConf.to_container(OmegaConf.load(files[name]))
    return values


def _files() -> dict[str, Path]:
    return {path.stem: path for path in sorted((data_dir("configs") / "protocol").glob("*.yaml"))}
