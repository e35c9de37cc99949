"""Checkpoints that are whole or not there, and never silently of another configuration."""

from __future__ import annotations

import os
import pickle
import platform
import zipfile
from pathlib import Path
from typing import Any

import torch
import torch_geometric
from torch import nn

from skgraph.errors import CheckpointError

FORMAT_VERSION = 1
_KEYS = {"format", "step", "config", "content_hash", "encoder", "objective", "optimizer", "versions"}


def save_checkpoint(
    path: Path, step: int, objective: nn.Module, optimizer: torch.optim.Optimizer, config: dict, content_hash: str
) -> None:
    """Write a checkpoint beside ``path`` and rename it into place, so that a kill at any moment leaves a whole one.

    Random numbers need no place in it: every draw is a function of (seed, step, rank). The encoder stands on its own
    beside the objective; tensors that both share are stored once.

    Raises:
        CheckpointError: the disk is full or not writable; an earlier checkpoint is untouched.
    """
    content = {
        "format": FORMAT_VERSION,
        "step": step,
        "config": config,
        "content_hash": content_hash,
        "encoder": objective.encoder.state_dict(),
        "objective": objective.state_dict(),
        "optimizer": optimizer.state_dict(),
        "versions": versions(),
    }
    partial = path.with_name(f".{path.name}.partial")
    try:
        with open(partial, "wb") as file:
            torch.save(content, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    except (OSError, RuntimeError) as error:  # torch reports a failed write as a RuntimeError
        partial.unlink(missing_ok=True)
        raise CheckpointError(f"cannot write the checkpoint '{path}': {error}") from error


def read_checkpoint(path: Path, device: torch.device | str = "cpu") -> dict[str, Any]:
    """Read a checkpoint without executing anything that it holds.

    Raises:
        CheckpointError: the file is missing, corrupt or not one of ours.
    """
    try:
        content = torch.load(path, map_location=device, weights_only=True)
    except FileNotFoundError as error:
        raise CheckpointError(f"no checkpoint at '{path}'") from error
    except (OSError, RuntimeError, EOFError, ValueError, KeyError, zipfile.BadZipFile, pickle.UnpicklingError) as error:
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise CheckpointError(
            f"the checkpoint '{path}' is corrupt or not a checkpoint ({reason[0][:120]}): restore it, or delete the "
            "run folder to start anew"
        ) from error
    if not isinstance(content, dict) or (missing := _KEYS - set(content)):
        found = f"it lacks {', '.join(sorted(missing))}" if isinstance(content, dict) else f"found {type(content)}"
        raise CheckpointError(f"'{path}' is not a checkpoint of skgraph: {found}")
    if content["format"] != FORMAT_VERSION:
        raise CheckpointError(
            f"checkpoint '{path}' has format {content['format']}, this version reads {FORMAT_VERSION}"
        )
    return content


def load_weights(module: nn.Module, weights: dict[str, torch.Tensor], path: Path) -> None:
    """Load weights that must match exactly.

    Raises:
        CheckpointError: a name or a shape differs; the message quotes the first ones.
    """
    own = module.state_dict()
    problems = [f"'{name}' is missing" for name in own if name not in weights]
    problems += [f"'{name}' is not part of the model" for name in weights if name not in own]
    problems += [
        f"'{name}' has shape {[*weights[name].shape]}, the model's is {[*own[name].shape]}"
        for name in own
        if name in weights and weights[name].shape != own[name].shape
    ]
    if problems:
        more = f" and {len(problems) - 3} more" if len(problems) > 3 else ""
        raise CheckpointError(f"the checkpoint '{path}' does not match the model: {'; '.join(problems[:3])}{more}")
    module.load_state_dict(weights)


def check_same_config(path: Path, saved: dict, current: dict, ignored: tuple[str, ...]) -> None:
    """Compare the configuration of a checkpoint with the one that wants to resume it.

    Args:
        path: of the checkpoint, for the message.
        saved: configuration in the checkpoint.
        current: configuration of this command.
        ignored: dotted keys (or their prefixes) that may differ.

    Raises:
        CheckpointError: another value differs; the message lists each with both values.
    """
    before, now = _flat(saved), _flat(current)
    differing = [
        f"{key} was {before.get(key, 'absent')} and is now {now.get(key, 'absent')}"
        for key in sorted(before.keys() | now.keys())
        if before.get(key, "absent") != now.get(key, "absent") and not key.startswith(ignored)
    ]
    if differing:
        raise CheckpointError(
            f"'{path.parent}' holds a run of another configuration: {'; '.join(differing[:6])}"
            f"{' ...' if len(differing) > 6 else ''}. Give this run a name=..., or delete that folder"
        )


def versions() -> dict[str, str]:
    """Versions that a result depends on."""
    from skgraph import __version__

    return {
        "skgraph": __version__,
        "torch": str(torch.__version__),
        "torch_geometric": torch_geometric.__version__,
        "python": platform.python_version(),
    }


def _flat(tree: Any, prefix: str = "") -> dict[str, Any]:
    if isinstance(tree, dict) and tree:
        return {k: v for name, branch in tree.items() for k, v in _flat(branch, f"{prefix}{name}.").items()}
    return {prefix.rstrip("."): tree}
