"""Units of length: conversion to metres, and a check by the height of bodies."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from skgraph.errors import ConfigError, DataError
from skgraph.topology import Topology

METRES = {"m": 1.0, "cm": 0.01, "mm": 0.001, "inch": 0.0254, "cmu": 0.0254 / 0.45}
"""Metres in each unit of length; `cmu` is that of the CMU Motion Capture Database, http://mocap.cs.cmu.edu/faqs.php."""

_GUESSED = ("m", "cm", "mm", "cmu")  # not inch: 80 is a child in centimetres and a tall person in inches

PLAUSIBLE_HEIGHT = (0.3, 3.0)
"""Median body height in metres, from a crouching child to a tall adult with the arms up."""


def unit_factor(unit: str, topology: Topology) -> float:
    """Return the factor from a unit of files to that of a store.

    Args:
        unit: one of `METRES`, which become metres; `normalised`, or `px` in 2D, which stay as they are.

    Raises:
        ConfigError: another unit, or pixels in 3D.
    """
    if unit in METRES:
        return METRES[unit]
    others = ("px", "normalised") if topology.dim == 2 else ("normalised",)
    if unit in others:
        return 1.0
    expected = ", ".join([*METRES, *others])
    raise ConfigError(f"unit of the {topology.dim}D topology '{topology.name}' must be {expected}; found '{unit}'")


def body_height(joints: np.ndarray, frame_mask: np.ndarray) -> float:
    """Return the height of bodies, the median over bodies and frames of the largest extent along an axis.

    Args:
        joints: `[M, T, V, C]`.
        frame_mask: `[M, T]` bool with a True in it.
    """
    bodies = joints[frame_mask]
    return float(np.median((bodies.max(axis=1) - bodies.min(axis=1)).max(axis=1)))


def fitting_unit(height: float) -> str | None:
    """Return the unit of length in which a number is the height of a person, or None."""
    low, high = PLAUSIBLE_HEIGHT
    units = [unit for unit in _GUESSED if low <= height * METRES[unit] <= high]
    # If two units fit, choose the one nearer to a standing adult.
    return min(units, key=lambda unit: abs(math.log(height * METRES[unit] / 1.5)), default=None)


def check_heights(heights: Sequence[float], unit: str) -> None:
    """Raise a DataError if the median of `heights` in metres is implausible, with the unit that makes it plausible.

    Args:
        heights: the `body_height` of each clip.
        unit: unit of the files.
    """
    height = float(np.median(heights))
    low, high = PLAUSIBLE_HEIGHT
    if low <= height <= high:
        return
    best = fitting_unit(height / METRES[unit])
    advice = f"say unit={best}" if best else f"no unit of {', '.join(METRES)} explains it"
    raise DataError(
        f"bodies are {height:.3g} m tall with unit={unit} (median of {len(heights)} clips), expected "
        f"{low:g} to {high:g} m: {advice}, or check_height=false if they really are"
    )
