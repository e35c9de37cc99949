"""Model folders: an encoder in safetensors, with a readable configuration and a model card.

    config.json           encoder, preparation of its input, topology, names of the classes
    model.safetensors     ``encoder.*``, and ``head.*`` of a model with a head
    README.md             the model card

Nothing in it is executed: there is no pickle, and its configuration may name classes of skgraph only.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from torch import Tensor

from skgraph._internal.atomic import atomic_folder
from skgraph._internal.files import read_json
from skgraph._internal.options import import_target
from skgraph.build import check_config
from skgraph.errors import CheckpointError, ConfigError, DataError, first_line
from skgraph.evaluation.classifiers.linear_probe import LinearProbe
from skgraph.evaluation.features.bodies import BodyRule, check_body_rule
from skgraph.evaluation.features.pooling import POOLS, Pool
from skgraph.evaluation.published_weights import is_slim, slim_encoder
from skgraph.topology import Topology
from skgraph.training.checkpoint import versions

FORMAT_VERSION = 1
WEIGHTS, CONFIG, CARD = "model.safetensors", "config.json", "README.md"
_KINDS = {"config": dict, "topology": dict, "step": int, "content_hash": str}
# Tensors of a head: kind and number of dimensions.
_HEAD = {key: (torch.float32, 1) for key in ("mean", "scale")}
_HEAD |= {"weight": (torch.float64, 2), "bias": (torch.float64, 1)}


@dataclass(frozen=True)
class Head:
    """A linear head on clip features, the names of its classes, and the index of the background class, if any.

    ``pool`` and ``bodies`` name the features that it takes, see :func:`~skgraph.evaluation.clip_features`.
    """

    probe: LinearProbe
    class_names: tuple[str, ...]
    background: int | None
    pool: Pool = "mean"
    bodies: BodyRule = "present"


def is_model_folder(folder: Path) -> bool:
    """Return whether a folder holds a model rather than a run."""
    return (folder / WEIGHTS).is_file() and not (folder / "checkpoint.pt").exists()


def is_replaceable(folder: Path) -> bool:
    """Return whether a folder holds only a model of skgraph."""
    if {path.name for path in folder.iterdir()} != {WEIGHTS, CONFIG, CARD}:
        return False
    try:
        content = read_json(folder / CONFIG, "model's")
    except DataError:
        return False
    return isinstance(content, dict) and {"format", "content_hash", "topology"} <= content.keys()


def save_model_folder(
    folder: Path,
    weights: Mapping[str, Tensor],
    config: Mapping[str, Any],
    topology: Topology,
    card: str,
    head: Head | None = None,
    trained_on: Sequence[str] = (),
    **metadata: Any,
) -> None:
    """Write a model folder, whole or not at all; an older one is replaced.

    Args:
        folder: to write.
        weights, topology: of the encoder.
        config: configuration of the run; written without the location of its data.
        card: text of the model card.
        head: linear head, if any.
        trained_on: names of the topologies of the pre-training.
        metadata: ``step``, ``content_hash``, ``preprocessing`` and ``origin`` of the run.
    """
    tensors = {f"encoder.{name}": value.detach().cpu().contiguous() for name, value in weights.items()}
    if head is not None:
        tensors |= {f"head.{key}": getattr(head.probe, key).contiguous() for key in _HEAD}
    data = {"root": "", **{key: config["dataset"].get(key) for key in ("name", "split")}}
    content = {
        "format": FORMAT_VERSION,
        **metadata,
        "versions": versions(),
        "topology": topology.to_dict(),
        "trained_on": list(trained_on),
        "class_names": None if head is None else list(head.class_names),
        "background": None if head is None else head.background,
        "pool": None if head is None else head.pool,
        "bodies": None if head is None else head.bodies,
        "config": {**config, "runs": "runs", "dataset": data},
    }
    with atomic_folder(folder) as partial:
        (partial / WEIGHTS).write_bytes(safetensors.torch.save(tensors))
        (partial / CONFIG).write_text(json.dumps(content, indent=1, allow_nan=False) + "\n", encoding="utf-8")
        (partial / CARD).write_text(card, encoding="utf-8")


def read_model_folder(folder: Path) -> dict[str, Any]:
    """Read the attributes of a :class:`~skgraph.evaluation.PretrainedRun` from a model folder, of skgraph or of SLiM.

    Raises:
        CheckpointError: a file is missing, damaged or does not fit the others.
        ConfigError: the configuration names a class outside skgraph.
    """
    path, weights = folder / CONFIG, folder / WEIGHTS
    content = read_json(path, "model's", CheckpointError, allow_nan=False)
    if is_slim(content):
        return slim_encoder(content, _load(weights), weights)
    if not isinstance(content, dict) or content.get("format") != FORMAT_VERSION:
        raise CheckpointError(f"'{path}' is not the configuration of a model of skgraph, format {FORMAT_VERSION}")
    for key, kind in _KINDS.items():
        if type(content.get(key)) is not kind:
            raise CheckpointError(f"'{path}': '{key}' must be of type {kind.__name__}, found '{content.get(key)}'")
    if content["step"] < 0:
        raise CheckpointError(f"'{path}': 'step' must be at least 0, found {content['step']}")
    check_config(content["config"])
    _check_classes(content["config"], path)
    tensors = _load(weights)
    texts = {key: content.get(key) for key in ("preprocessing", "origin")}
    return {
        **{key: content[key] for key in ("config", "step", "content_hash")},
        **{key: value if isinstance(value, str) else None for key, value in texts.items()},
        "topology": Topology.from_dict(content["topology"], source=str(path)),
        "weights": {key[len("encoder.") :]: value for key, value in tensors.items() if key.startswith("encoder.")},
        "weights_file": weights,
        "head": _head(content, tensors, path),
        "trained_on": _trained_on(content.get("trained_on"), path),
    }


def _trained_on(names: Any, path: Path) -> tuple[str, ...]:
    """Return the names of topologies, which the first versions did not write."""
    if names is not None and not (isinstance(names, list) and all(isinstance(name, str) for name in names)):
        raise CheckpointError(f"'{path}': 'trained_on' must be a list of names, found '{names}'")
    return tuple(names or ())


def _load(weights: Path) -> dict[str, Tensor]:
    try:
        return safetensors.torch.load_file(str(weights))
    except Exception as error:  # the library raises its own errors and OSError
        raise CheckpointError(f"the weights '{weights}' are damaged or no safetensors: {first_line(error)}") from error


def _head(content: dict[str, Any], tensors: dict[str, Tensor], path: Path) -> Head | None:
    names, background = content.get("class_names"), content.get("background")
    if names is None:
        return None
    found: dict[str, Any] = {key: tensors.get(f"head.{key}") for key in _HEAD}
    good = isinstance(names, list) and len(names) > 1 and all(isinstance(name, str) for name in names)
    good = good and all(x is not None and (x.dtype, x.dim()) == _HEAD[key] for key, x in found.items())
    # Logits of finite features must be finite; a feature that did not vary has an infinite scale.
    good = good and all(bool(found[key].isfinite().all()) for key in ("mean", "weight", "bias"))
    if not good or not bool((found["scale"] > 0).all()):
        raise CheckpointError(f"'{path}' names classes, but '{WEIGHTS}' holds no whole head for them")
    classes, shape, sizes = len(names), [*found["weight"].shape], [len(found[key]) for key in ("bias", "mean", "scale")]
    if [classes, shape[1], shape[1]] != sizes or shape[0] != classes:
        raise CheckpointError(
            f"the head in '{WEIGHTS}' has shape {shape}, '{path}' names {classes} classes of {sizes[1]} features"
        )
    if background is not None and (type(background) is not int or not 0 <= background < classes):
        raise CheckpointError(f"'{path}': 'background' must be the number of a class, found '{background}'")
    if (pool := content.get("pool", "mean")) not in POOLS:
        raise CheckpointError(f"'{path}': 'pool' must be one of {', '.join(POOLS)}, found '{pool}'")
    try:
        check_body_rule(bodies := content.get("bodies", "present"))
    except ConfigError as error:
        raise CheckpointError(f"'{path}': {error}") from error
    return Head(LinearProbe(**found), tuple(names), background, pool, bodies)


def _check_classes(node: Any, path: Path, top: bool = True) -> None:
    """Refuse classes outside skgraph: a downloaded model must not import other code."""
    if isinstance(node, Mapping):
        target = node.get("_target_")
        if node.get("_partial_") and top:
            raise ConfigError(f"'{path}': '{target}' must be whole, not partial")
        if target is not None and not _is_ours(str(target)):
            raise ConfigError(f"'{path}' names the class '{target}': a model folder may only name those of skgraph")
        for value in node.values():
            _check_classes(value, path, top="_target_" not in node)
    elif isinstance(node, list):
        for value in node:
            _check_classes(value, path)


def _is_ours(target: str) -> bool:
    """Return whether a dotted name leads to a class of skgraph, not just through one of its modules."""
    try:
        found = import_target({"_target_": target}, "config") if target.startswith("skgraph.") else None
    except ConfigError:
        return False
    return isinstance(found, type) and found.__module__.startswith("skgraph.")
