"""Features that have been computed before, found again by what they depend on."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from skgraph.atomic import atomic_file
from skgraph.evaluation.features import Features

# Rises when the same inputs give other features.
FORMAT_VERSION = 1


def weights_hash(module: nn.Module) -> str:
    """SHA-256 of a module's parameters and buffers, names included."""
    digest = hashlib.sha256()
    for name, value in sorted(module.state_dict().items()):
        value = value.detach().cpu().contiguous()
        digest.update(f"{name} {value.dtype} {list(value.shape)}".encode())
        digest.update(value.flatten().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def cached_features(folder: Path | None, depends_on: Mapping[str, Any], compute: Callable[[], Features]) -> Features:
    """Features from the folder, or computed and left there.

    A file is found by the hash of ``depends_on`` alone, so that nothing stale is ever read; one that is damaged is
    computed and written again.

    Args:
        folder: of the cache; ``None`` for none.
        depends_on: everything that the features are a function of, as plain values.
        compute: makes them.
    """
    if folder is None:
        return compute()
    key = hashlib.sha256(json.dumps([FORMAT_VERSION, depends_on], sort_keys=True).encode()).hexdigest()
    path = folder / f"{key[:32]}.npz"
    if (found := _read(path)) is not None:
        return found
    features = compute()
    folder.mkdir(parents=True, exist_ok=True)
    with atomic_file(path) as file:
        np.savez(file, x=features.x.numpy(), y=features.y.numpy(), clip=features.clip.numpy())
    return features


def _read(path: Path) -> Features | None:
    try:
        with np.load(path, allow_pickle=False) as file:
            x, y, clip = (torch.from_numpy(file[key]) for key in ("x", "y", "clip"))
    except (OSError, ValueError, EOFError, KeyError, TypeError, zipfile.BadZipFile):
        return None
    fits = x.dtype == torch.float32 and x.dim() == 2 and y.dtype == clip.dtype == torch.int64
    return Features(x, y, clip) if fits and y.shape == clip.shape == x.shape[:1] else None
