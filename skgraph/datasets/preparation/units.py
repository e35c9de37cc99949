"""Units of length: conversion to metres, and a check by the height of bodies."""

from __future__ import annotations

import math

import numpy as np

from skgraph.errors import ConfigError, DataError
from skgraph.topology import Topology

METRES = {"m": 1.0, "cm": 0.01, "mm": 0.001}
"""Metres in each unit of length."""

PLAUSIBLE_HEIGHT = (0.3, 3.0)
"""Median body height in metres, from a crouching child to a tall adult with the arms up."""


def store_unit(unit: str, topology: Topology) -> tuple[float, str]:
    """Return the factor from `unit` to the unit of a store, and that unit.

    Args:
        unit: `m`, `cm` or `mm`, which become metres; `normalised`, or `px` in 2D, which stay as they are.

    Raises:
        ConfigError: another unit, or pixels in 3D.
    """
    if unit in METRES:
        return METRES[unit], "m"
    others = ("px", "normalised") if topology.dim == 2 else ("normalised",)
    if unit in others:
        return 1.0, unit
    expected = ", ".join([*METRES, *others])
    raise ConfigError(f"unit of the {topology.dim}D topology '{topology.name}' must be {expected}; found '{unit}'")


class HeightCheck:
    """Check of a unit by the size of bodies.

    The height of a body in a frame is its largest extent along an axis, whichever is vertical; that of a clip is the
    median over bodies and frames, and that of a dataset the median over clips.

    Args:
        unit: unit of the files, for the message.
    """

    def __init__(self, unit: str) -> None:
        self.unit = unit
        self._heights: list[float] = []

    def add(self, joints: np.ndarray, frame_mask: np.ndarray) -> None:
        """Measure a clip: `joints [M, T, V, C]` in metres, `frame_mask [M, T]` bool with a True in it."""
        bodies = joints[frame_mask]
        self._heights.append(float(np.median((bodies.max(axis=1) - bodies.min(axis=1)).max(axis=1))))

    def check(self) -> None:
        """Raise a `DataError` if the median height is implausible, with the unit that makes it plausible."""
        height = float(np.median(self._heights))
        low, high = PLAUSIBLE_HEIGHT
        if low <= height <= high:
            return
        in_file = height / METRES[self.unit]
        others = [unit for unit in METRES if low <= in_file * METRES[unit] <= high]
        # If two units fit, choose the one nearer to a standing adult.
        best = min(others, key=lambda unit: abs(math.log(in_file * METRES[unit] / 1.5)), default=None)
        advice = f"say unit={best}" if best else "no unit of m, cm, mm explains it"
        raise DataError(
            f"bodies are {height:.3g} m tall with unit={self.unit} (median of {len(self._heights)} clips), expected "
            f"{low:g} to {high:g} m: {advice}, or check_height=false if they really are"
        )
