"""Checkpoints: written whole or not at all, compared with the configuration that resumes them."""

from __future__ import annotations

import errno
import hashlib
import platform
import shutil
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

import torch
import torch_geometric
from torch import nn

from skgraph._internal.atomic import atomic_file
from skgraph._internal.files import check_file
from skgraph._internal.options import flat
from skgraph.data import SkeletonStore
from skgraph.errors import CheckpointError, first_three
from skgraph.topology import Topology
from skgraph.training.trainer_config import RESUMABLE

FORMAT_VERSION = 1
_FULL_DISK = 2**20  # bytes free
# Values of newer options that keep the behaviour of older versions.
_AS_BEFORE = (None, False, "linear", "present", "view")
_KINDS = {
    "format": int,
    "step": int,
    "global_batch": int,
    "config": dict,
    "content_hash": str,
    "topology": dict,
    "encoder": dict,
    "objective": dict,
    "optimizer": dict,
    "versions": dict,
}


def save_checkpoint(
    path: Path,
    step: int,
    global_batch: int,
    objective: Any,
    optimizer: torch.optim.Optimizer,
    config: dict,
    stores: Sequence[SkeletonStore],
) -> None:
    """Write a checkpoint, whole or not at all.

    It needs no random state: every draw is a function of (seed, step, rank). The encoder is saved beside the objective;
    tensors that both share are stored once.

    Args:
        path: checkpoint to write.
        step: optimiser steps done.
        global_batch: bodies a step on all processes; a resumed training must agree.
        objective: the module that trains, with its ``encoder``.
        optimizer: optimiser of the training.
        config: configuration of the run.
        stores: training data; topologies, preprocessing, content hash and time of writing are kept.

    Raises:
        CheckpointError: a weight is not finite, or the disk is full or not writable; an earlier checkpoint is
            untouched.
    """
    for name, value in objective.state_dict().items():
        if not torch.isfinite(value).all():
            raise CheckpointError(
                f"'{name}' is not finite after step {step}: no checkpoint is written; try a smaller trainer.lr"
            )
    content = {
        "format": FORMAT_VERSION,
        "step": step,
        "global_batch": global_batch,
        "config": config,
        "content_hash": content_hash(stores),
        "content_hashes": [store.content_hash for store in stores],
        "frames_written": frames_written(stores),
        "preprocessing": stores[0].meta.get("preprocessing", "none"),
        "topology": stores[0].topology.to_dict(),
        "other_topologies": [store.topology.to_dict() for store in stores[1:]],
        "encoder": objective.encoder.state_dict(),
        "objective": objective.state_dict(),
        "optimizer": optimizer.state_dict(),
        "versions": versions(),
    }
    try:
        with atomic_file(path) as file:
            _save(content, file, path)
    except (OSError, RuntimeError) as error:
        raise CheckpointError(f"cannot write the checkpoint '{path}': {error}") from error


def content_hash(stores: Sequence[SkeletonStore]) -> str:
    """Return the content hash of a store, or one of several stores in their order."""
    hashes = [store.content_hash for store in stores]
    return hashes[0] if len(hashes) == 1 else hashlib.sha256(" ".join(hashes).encode()).hexdigest()


def frames_written(stores: Sequence[SkeletonStore]) -> int:
    """Return the time of the last write to the frames of any store, in nanoseconds."""
    return max(store.frames_written for store in stores)


def _save(content: dict[str, Any], file: IO[Any], path: Path) -> None:
    try:
        torch.save(content, file)
    except RuntimeError as error:  # torch tells of a failed write without its reason
        if shutil.disk_usage(path.parent).free < _FULL_DISK:
            raise OSError(errno.ENOSPC, "the disk is full") from error
        raise


def read_checkpoint(path: Path, device: torch.device | str = "cpu") -> dict[str, Any]:
    """Read a checkpoint without executing anything in it.

    Raises:
        CheckpointError: the file is missing, corrupt or not a checkpoint of skgraph.
    """
    check_file(path, CheckpointError)
    try:
        with zipfile.ZipFile(path) as archive:
            if damaged := archive.testzip():
                raise zipfile.BadZipFile(f"'{damaged}' does not match its checksum")
        content = torch.load(path, map_location=device, weights_only=True)
    except FileNotFoundError as error:
        raise CheckpointError(f"no checkpoint at '{path}'") from error
    except Exception as error:  # torch raises almost anything for a damaged file
        why = str(error) if isinstance(error, zipfile.BadZipFile) else type(error).__name__
        raise CheckpointError(
            f"the checkpoint '{path}' is corrupt or not a checkpoint ({why}): restore it, or delete the run folder"
        ) from error
    if not isinstance(content, dict):
        raise CheckpointError(f"'{path}' is not a checkpoint of skgraph: it holds a {type(content).__name__}")
    if content.get("format", FORMAT_VERSION) != FORMAT_VERSION:
        raise CheckpointError(
            f"checkpoint '{path}' has format {content['format']}, this version reads {FORMAT_VERSION}"
        )
    if missing := _KINDS.keys() - content.keys():
        raise CheckpointError(f"'{path}' is not a checkpoint of skgraph: it lacks {', '.join(sorted(missing))}")
    for key, kind in _KINDS.items():
        if not isinstance(content[key], kind):
            found = type(content[key]).__name__
            raise CheckpointError(f"checkpoint '{path}': '{key}' must be of type {kind.__name__}, found {found}")
    if content["step"] < 0:
        raise CheckpointError(f"checkpoint '{path}' is from step {content['step']}, expected at least 0")
    return content


def load_weights(module: nn.Module, weights: dict[str, torch.Tensor], path: Path) -> None:
    """Load weights that must match a module exactly.

    Raises:
        CheckpointError: a name or a shape differs; the message quotes the first ones.
    """
    own = module.state_dict()
    problems = [f"'{name}' is missing" for name in own if name not in weights]
    problems += [f"'{name}' is not part of the model" for name in weights if name not in own]
    for name, value in weights.items():
        plain = isinstance(value, torch.Tensor) and value.layout == torch.strided
        if not plain or value.is_meta or value.is_quantized or not torch.isfinite(value).all():
            raise CheckpointError(f"the checkpoint '{path}' is damaged: '{name}' is not a tensor of finite numbers")
        if name in own and value.shape != own[name].shape:
            problems.append(f"'{name}' has shape {[*value.shape]}, the model's is {[*own[name].shape]}")
        elif name in own and value.dtype != own[name].dtype:
            problems.append(f"'{name}' is {value.dtype}, the model's is {own[name].dtype}")
    if problems:
        raise CheckpointError(f"the checkpoint '{path}' does not match the model: {first_three(problems, '; ')}")
    module.load_state_dict(weights)


def load_optimizer(optimizer: torch.optim.Optimizer, state: dict, path: Path) -> None:
    """Load the running averages of an optimiser, not its hyper-parameters.

    Every entry is compared with its parameter first: a fused optimiser writes without looking at shapes.

    Raises:
        CheckpointError: an entry is missing or does not fit its parameter.
    """
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    entries = state.get("state")
    if not isinstance(entries, dict) or entries.keys() != set(range(len(parameters))):
        raise CheckpointError(f"the checkpoint '{path}' does not hold the state of the {len(parameters)} parameters")
    for i, parameter in enumerate(parameters):
        for key, shape in {"step": (), "exp_avg": parameter.shape, "exp_avg_sq": parameter.shape}.items():
            value: Any = entries[i].get(key) if isinstance(entries[i], dict) else None
            fits = isinstance(value, torch.Tensor) and value.shape == shape and value.dtype == torch.float32
            if not fits or not torch.isfinite(value).all():
                raise CheckpointError(f"the checkpoint '{path}' is damaged: '{key}' of parameter {i} does not fit it")
    optimizer.load_state_dict({"state": entries, "param_groups": optimizer.state_dict()["param_groups"]})


def check_resumable(
    path: Path,
    content: dict[str, Any],
    config: dict,
    stores: Sequence[SkeletonStore],
    total_steps: int,
    global_batch: int,
) -> None:
    """Compare a checkpoint with the training that resumes it.

    Args:
        path: path of the checkpoint.
        content: content of the checkpoint.
        config: configuration of the resuming run.
        stores: training data of the resuming run.
        total_steps: steps of the resuming run.
        global_batch: bodies a step of the resuming run, on all processes.

    Raises:
        CheckpointError: the data, the configuration or the batch differs, or the checkpoint is beyond the end.
    """

    def expect(same: bool, how: str) -> None:
        if not same:
            raise CheckpointError(f"'{path}' was trained {how}")

    store = stores[0]
    saved, current = Topology.from_dict(content["topology"], source=str(path)), store.topology
    expect(
        saved == current,
        f"on topology '{saved.name}' ({saved.num_joints} joints), '{store.path}' has '{current.name}' "
        f"({current.num_joints} joints): give this run a name=..., or make a store with other joints by "
        "`python -m skgraph.prepare dataset=store source=STORE topology_map=NAME`",
    )
    check_same_config(path, content["config"], config, RESUMABLE)
    other = f"on other data than '{store.path}' has now: give this run a name=..., or delete its folder"
    expect(content["content_hash"] == content_hash(stores), other)
    expect(content["step"] <= total_steps, f"for {content['step']} steps, this command has {total_steps}")
    other = f"with {content['global_batch']} bodies a step, this command has {global_batch}"
    expect(content["global_batch"] == global_batch, f"{other}: keep trainer.batch_size x processes the same")


def check_same_config(path: Path, saved: dict, current: dict, ignored: tuple[str, ...]) -> None:
    """Compare the configuration of a checkpoint with the one that resumes it.

    A key that one of them lacks counts as null, and a new option that changes nothing does not hold up an old run.

    Args:
        path: path of the checkpoint, for the message.
        saved: configuration in the checkpoint.
        current: configuration of this command.
        ignored: dotted keys (or their prefixes) that may differ.

    Raises:
        CheckpointError: another value differs; the message lists each with both values.
    """
    before, now = flat(saved), flat(current)
    differing = [
        f"{key} was {before.get(key, 'absent')} and is now {now.get(key, 'absent')}"
        for key in sorted(before.keys() | now.keys())
        if before.get(key) != now.get(key)
        and not key.startswith(ignored)
        and not (key not in before and now[key] in _AS_BEFORE)
    ]
    if differing:
        raise CheckpointError(
            f"'{path.parent}' holds a run of another configuration: {first_three(differing, '; ')}. Give this run a "
            "name=..., or delete that folder"
        )


def versions() -> dict[str, str]:
    """Return the versions that a result depends on."""
    from skgraph import __version__

    return {
        "skgraph": __version__,
        "torch": str(torch.__version__),
        "torch_geometric": torch_geometric.__version__,
        "python": platform.python_version(),
    }
