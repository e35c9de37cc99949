"""Cache of features, keyed by everything that they depend on."""

from __future__ import annotations

import hashlib
import inspect
import json
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from skgraph import __version__
from skgraph._internal.atomic import atomic_file
from skgraph.data import SkeletonDataset
from skgraph.errors import BROKEN_ARCHIVE
from skgraph.evaluation.features.clip_features import Features

# Raise this number when the same inputs give other features.
FORMAT_VERSION = 2


def weights_hash(module: nn.Module) -> str:
    """Return the SHA-256 of a module's parameters and buffers, names included."""
    digest = hashlib.sha256()
    for name, value in sorted(module.state_dict().items()):
        value = value.detach().cpu().contiguous()
        digest.update(f"{name} {value.dtype} {list(value.shape)}".encode())
        digest.update(value.flatten().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def code_hash(module: nn.Module) -> str:
    """Return the version of skgraph, or for a custom class the hash of its source file."""
    kind = type(module)
    if kind.__module__.partition(".")[0] == "skgraph":
        return __version__
    try:
        return hashlib.sha256(inspect.getsource(sys.modules[kind.__module__]).encode()).hexdigest()
    except (OSError, TypeError, KeyError):  # a class of an interactive session: not cached
        return os.urandom(16).hex()


def cached_features(
    folder: Path | None, depends_on: Mapping[str, Any], dataset: SkeletonDataset, compute: Callable[[], Features]
) -> Features:
    """Read features from the cache in ``folder``, or compute them and write them there.

    The name of a file is the hash of ``depends_on``, all inputs of the computation as plain values, so that nothing
    stale is read; a damaged file, or one of other clips, is replaced. Labels come from the dataset, never from a file.
    """
    if folder is None:
        return compute()
    key = hashlib.sha256(json.dumps([FORMAT_VERSION, depends_on], sort_keys=True).encode()).hexdigest()
    path = folder / f"{key[:32]}.npz"
    if (x := _read(path, dataset.clips)) is not None:
        return Features(x, dataset.store.y[dataset.clips], dataset.clips)
    features = compute()
    folder.mkdir(parents=True, exist_ok=True)
    with atomic_file(path) as file:
        np.savez(file, x=features.x.numpy(), clip=features.clip.numpy())
    return features


def _read(path: Path, clips: Tensor) -> Tensor | None:
    try:
        with np.load(path, allow_pickle=False) as file:
            x, clip = torch.from_numpy(file["x"]), torch.from_numpy(file["clip"])
    except BROKEN_ARCHIVE:
        return None
    fits = x.dtype == torch.float32 and x.dim() == 2 and torch.equal(clip, clips) and len(x) == len(clip)
    return x if fits and x.size(1) and x.isfinite().all() else None
