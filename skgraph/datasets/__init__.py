"""Readers of raw files, and the preparation of stores.

A reader, `read_<source>`, turns files into a `RawDataset`, and `write_store` turns that into a store. The contract of
readers is in :mod:`skgraph.datasets.readers`.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_SOURCES = (
    *("asf_amc", "bvh", "c3d", "coco_keypoints", "ctrgcn", "kinetics_skeleton", "mediapipe", "msr_action3d", "npy"),
    *("npz", "ntu", "nw_ucla", "openpose", "pku", "pyskl", "stgcn", "store", "trc", "utd_mhad", "yolo"),
)
_MODULES = {
    "RawClip": "raw_dataset",
    "RawDataset": "raw_dataset",
    "open_recordings": "recordings",
    "write_store": "preparation.write_store",
    **{f"read_{source}": f"readers.{source}" for source in _SOURCES},
}
__all__ = sorted(_MODULES)


def __getattr__(name: str) -> Any:
    """Import an exported name at its first use: no reader needs the others."""
    if name not in _MODULES:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    value = globals()[name] = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
