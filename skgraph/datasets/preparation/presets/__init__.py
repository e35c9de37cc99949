"""What is made of a recording before it is stored: one function a preset, `Recording` to `RawClip`.

A preset has the name of the pipeline whose models it feeds. Pipelines differ in which bodies they keep, in when these
are there, and in what is subtracted, so that accuracies compare within a preset only; a store says by which it was
made, and so does every result.
"""

from __future__ import annotations

from collections.abc import Callable

from skgraph.datasets.formats.kinect_recording import Recording
from skgraph.datasets.preparation.presets.agcn import agcn
from skgraph.datasets.preparation.presets.mamp import mamp
from skgraph.datasets.preparation.presets.pyskl import pyskl
from skgraph.datasets.preparation.presets.true_times import true_times
from skgraph.datasets.raw_clip import RawClip
from skgraph.errors import ConfigError

PRESETS: dict[str, Callable[[Recording], RawClip]] = {
    "skgraph": true_times,
    "mamp": mamp,
    "agcn": agcn,
    "pyskl": pyskl,
}


def check_preset(name: str) -> None:
    """
    Raises:
        ConfigError: there is no such preset.
    """
    if name not in PRESETS:
        raise ConfigError(f"preset must be one of {', '.join(PRESETS)}, found '{name}'")
