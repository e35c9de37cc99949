"""Presets: functions from a `Recording` to the `RawClip` of a store, named after the preparation that they reproduce.

They differ in the bodies that they keep, in their times and in the origin, so that accuracies compare within a preset
only; every store and every result names its preset.
"""

from __future__ import annotations

from collections.abc import Callable

from skgraph.datasets.formats.kinect_recording import Recording
from skgraph.datasets.preparation.presets.agcn import agcn
from skgraph.datasets.preparation.presets.mamp import mamp
from skgraph.datasets.preparation.presets.pyskl import pyskl
from skgraph.datasets.preparation.presets.skgraph_preset import skgraph_preset
from skgraph.datasets.raw_dataset import RawClip

PRESETS: dict[str, Callable[[Recording], RawClip]] = {
    "skgraph": skgraph_preset,
    "mamp": mamp,
    "agcn": agcn,
    "pyskl": pyskl,
}
