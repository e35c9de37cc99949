"""Models that travel: a folder of safetensors, a readable configuration and a model card.

    config.json           what the encoder is, how its input is prepared, the topology, the names of the classes
    model.safetensors     ``encoder.*``, and ``head.*`` where it recognises
    README.md             the model card

Nothing in it is executed: no pickle, and only classes of skgraph are built from its configuration.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from hydra.utils import get_class
from torch import Tensor

from skgraph._internal.atomic import atomic_folder
from skgraph.build import check_config
from skgraph.errors import CheckpointError, ConfigError, first_line
from skgraph.evaluation.linear import LinearProbe
from skgraph.topology import Topology
from skgraph.training.checkpoint import versions

FORMAT_VERSION = 1
WEIGHTS, CONFIG, CARD = "model.safetensors", "config.json", "README.md"
_KINDS = {"config": dict, "topology": dict, "step": int, "content_hash": str}
_HEAD = ("mean", "scale", "weight", "bias")
_PARTS = ((torch.float32, 1), (torch.float32, 1), (torch.float64, 2), (torch.float64, 1))


@dataclass(frozen=True)
class Head:
    """A linear head, and the names of its classes.

    Attributes:
        probe: on clip features.
        class_names: of its logits.
        background: the class that is none, or ``None``.
    """

    probe: LinearProbe
    class_names: tuple[str, ...]
    background: int | None


def is_model_folder(folder: Path) -> bool:
    """Whether a folder holds a model rather than a run."""
    return (folder / WEIGHTS).is_file() and not (folder / "checkpoint.pt").exists()


def is_replaceable(folder: Path) -> bool:
    """Whether a folder is empty, or holds a model of skgraph and nothing else."""
    if not folder.is_dir():
        return False
    names = {path.name for path in folder.iterdir()}
    if names != {WEIGHTS, CONFIG, CARD}:
        return not names
    try:
        content = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(content, dict) and {"format", "content_hash", "topology"} <= content.keys()


def save_model_folder(
    folder: Path,
    weights: Mapping[str, Tensor],
    config: Mapping[str, Any],
    topology: Topology,
    card: str,
    head: Head | None = None,
    **facts: Any,
) -> None:
    """Write a model folder, whole or not at all.

    Args:
        folder: replaced if it is there.
        weights: of the encoder.
        config: of the run; where its data lay is left out.
        topology: that it was trained on.
        card: the text of the model card.
        head: of a model that recognises.
        facts: ``step``, ``content_hash`` and ``preprocessing`` of the run.
    """
    tensors = {f"encoder.{name}": value.detach().cpu().contiguous() for name, value in weights.items()}
    if head is not None:
        tensors |= {f"head.{key}": getattr(head.probe, key).contiguous() for key in _HEAD}
    data = {"root": "", **{key: config["dataset"].get(key) for key in ("name", "split")}}
    content = {
        "format": FORMAT_VERSION,
        **facts,
        "versions": versions(),
        "topology": topology.to_dict(),
        "class_names": None if head is None else list(head.class_names),
        "background": None if head is None else head.background,
        "config": {**config, "runs": "runs", "dataset": data},
    }
    with atomic_folder(folder) as place:
        (place / WEIGHTS).write_bytes(_safetensors().save(tensors))
        (place / CONFIG).write_text(json.dumps(content, indent=1, allow_nan=False) + "\n", encoding="utf-8")
        (place / CARD).write_text(card, encoding="utf-8")


def read_model_folder(folder: Path) -> dict[str, Any]:
    """What :class:`~skgraph.evaluation.pretrained.PretrainedRun` holds, from a model folder.

    Raises:
        CheckpointError: a file is missing, damaged or does not fit the others.
        ConfigError: the configuration names a class outside skgraph.
    """
    path = folder / CONFIG
    try:
        content = json.loads(path.read_text(encoding="utf-8"), parse_constant=_no_number)
    except (OSError, ValueError, RecursionError) as error:
        raise CheckpointError(f"the model's '{path}' cannot be read: {first_line(error)}") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT_VERSION:
        raise CheckpointError(f"'{path}' is not the configuration of a model of skgraph, format {FORMAT_VERSION}")
    for key, kind in _KINDS.items():
        if not isinstance(content.get(key), kind) or isinstance(content[key], bool):
            raise CheckpointError(f"'{path}': '{key}' must be of type {kind.__name__}, found '{content.get(key)}'")
    if content["step"] < 0:
        raise CheckpointError(f"'{path}' is from step {content['step']}, which cannot be")
    check_config(content["config"])
    _check_own(content["config"], path)
    weights = folder / WEIGHTS
    try:
        tensors = _safetensors().load_file(str(weights))
    except Exception as error:  # the library raises its own errors and OSError
        if isinstance(error, ConfigError):
            raise
        raise CheckpointError(f"the weights '{weights}' are damaged or no safetensors: {first_line(error)}") from error
    done = content.get("preprocessing")
    return {
        "config": content["config"],
        "topology": Topology.from_dict(content["topology"], source=str(path)),
        "weights": {key[len("encoder.") :]: value for key, value in tensors.items() if key.startswith("encoder.")},
        "step": content["step"],
        "content_hash": content["content_hash"],
        "preprocessing": done if isinstance(done, str) else None,
        "weights_file": weights,
        "head": _head(content, tensors, path),
    }


def _head(content: dict[str, Any], tensors: dict[str, Tensor], path: Path) -> Head | None:
    names, background = content.get("class_names"), content.get("background")
    if names is None:
        return None
    parts = [tensors.get(f"head.{key}") for key in _HEAD]
    whole = all(
        part is not None and part.dtype == kind and part.dim() == dim
        for part, (kind, dim) in zip(parts, _PARTS, strict=True)
    )
    listed = isinstance(names, list) and len(names) > 1 and all(isinstance(n, str) and _writable(n) for n in names)
    if not whole or not listed or not _usable(*parts):
        raise CheckpointError(f"'{path}' names classes, but '{WEIGHTS}' holds no whole head for them")
    mean, _, weight, bias = parts
    if weight.shape != (len(names), len(mean)) or bias.shape != (len(names),) or parts[1].shape != mean.shape:
        raise CheckpointError(
            f"the head in '{WEIGHTS}' has shape {[*weight.shape]}, '{path}' names {len(names)} classes of "
            f"{len(mean)} features"
        )
    if background is not None and (type(background) is not int or not 0 <= background < len(names)):
        raise CheckpointError(f"'{path}': 'background' must be the number of a class, found '{background}'")
    return Head(LinearProbe(*parts), tuple(names), background)


def _usable(mean: Tensor, scale: Tensor, weight: Tensor, bias: Tensor) -> bool:
    """Whether logits of finite features are finite; a feature that did not vary has an infinite scale."""
    finite = all(bool(part.isfinite().all()) for part in (mean, weight, bias))
    return finite and bool((scale > 0).all())


def _writable(text: str) -> bool:
    """Whether a text can be written: half a surrogate pair can be escaped in JSON, and encoded nowhere."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is no number of JSON")


def _is_own(target: str) -> bool:
    """Whether a dotted name leads to a class of skgraph, not just through one of its modules."""
    if not target.startswith("skgraph."):
        return False
    try:
        return get_class(target).__module__.startswith("skgraph.")
    except Exception:  # hydra raises ImportError, ValueError and others for names that lead nowhere
        return False


def _check_own(node: Any, path: Path, top: bool = True) -> None:
    """A stranger's model must not import a stranger's code."""
    if isinstance(node, Mapping):
        target = node.get("_target_")
        if node.get("_partial_") and top:
            raise ConfigError(f"'{path}': '{target}' must be whole, not partial")
        if target is not None and not _is_own(str(target)):
            raise ConfigError(f"'{path}' names the class '{target}': a model folder may only name those of skgraph")
        for value in node.values():
            _check_own(value, path, top="_target_" not in node)
    elif isinstance(node, list):
        for value in node:
            _check_own(value, path)


def from_hub(name: str) -> Path:
    """The folder of a model of the Hugging Face Hub, downloaded once and kept in the Hub's own cache.

    Args:
        name: ``owner/model``.

    Raises:
        ConfigError: ``huggingface_hub`` is not installed, or there is no such model to be had.
    """
    try:
        from huggingface_hub import snapshot_download
    except ImportError as error:
        raise ConfigError(f"'hf:{name}' is a model of the Hugging Face Hub: pip install huggingface_hub") from error
    try:
        return Path(snapshot_download(repo_id=name, allow_patterns=[WEIGHTS, CONFIG, CARD]))
    except Exception as error:  # of the network and of the Hub, each its own
        raise ConfigError(f"'hf:{name}' is not to be had from the Hugging Face Hub: {first_line(error)}") from error


def _safetensors() -> ModuleType:
    try:
        import safetensors.torch
    except ImportError as error:
        raise ConfigError("model folders need safetensors: pip install 'skgraph[export]'") from error
    return safetensors.torch
