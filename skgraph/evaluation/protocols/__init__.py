"""Evaluation protocols."""

from __future__ import annotations

from collections.abc import Mapping
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
    if isinstance(name, str) and name.startswith("linear_"):  # the name of a file
        name, options = "linear", {"recipe": name.removeprefix("linear_"), **options}
    if not isinstance(name, str) or name not in _KINDS:
        raise ConfigError(f"protocol must be one of {', '.join(_KINDS)}, found '{name}'")
    published = name == "linear" and options.get("recipe", "exact") != "exact"
    kind = Supervised if published else _KINDS[name]
    defaults = dict(protocol_config(f"linear_{options['recipe']}" if published else name))
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
    folder = data_dir("configs") / "protocol"
    files = {path.stem: path for path in sorted(folder.glob("*.yaml"))}
    if not isinstance(name, str) or name not in files:
        raise ConfigError(f"protocol must be one of {', '.join(files)}, found '{name}'")
    values: Any = OmegaConf.to_container(OmegaConf.load(files[name]))
    return values
