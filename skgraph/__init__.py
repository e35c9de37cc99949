"""Graph-native self-supervised learning on 3D skeleton sequences."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from skgraph.data import SkeletonData, SkeletonDataset, SkeletonStore
    from skgraph.topology import Topology

__version__ = "0.1.0"
__all__ = ["SkeletonData", "SkeletonDataset", "SkeletonStore", "Topology"]


def __getattr__(name: str) -> Any:
    """Import a public class at its first use, so that a command prints its help without importing PyTorch."""
    if name not in __all__:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    return getattr(importlib.import_module("skgraph.topology" if name == "Topology" else "skgraph.data"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
