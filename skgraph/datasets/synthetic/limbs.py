"""Limbs, with their angles, named postures and variation (`limbs.yaml`), and performers, who have habits.

Angles are anatomical and in degrees, displacements in metres. The shoulder follows the recommendation of the
International Society of Biomechanics (Wu et al., J. Biomech. 2005): the plane in which the upper arm is raised, how
far, and its roll about itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml


@dataclass(frozen=True)
class Limb:
    """A group of A angles that move together, with standard deviations of their variation."""

    angles: list[str]  # names
    habit: list[float]  # of a person's offset from all postures
    aim: list[float]  # of the offset from a posture in one performance
    sway: list[float]  # of the idle sway
    postures: dict[str, list[float]]  # name -> angles; the first is that of a standing person


_LIMBS = yaml.safe_load(Path(__file__).with_name("limbs.yaml").read_text(encoding="utf-8"))
_SIDES = {"right_arm": "arm", "left_arm": "arm", "right_leg": "leg", "left_leg": "leg"}
_ORDER = ("right_arm", "left_arm", "torso", "head", "right_leg", "left_leg", "path")
LIMBS = {name: Limb(**_LIMBS[_SIDES.get(name, name)]) for name in _ORDER}
STANDING = {name: next(iter(limb.postures)) for name, limb in LIMBS.items()}
# Postures of an arm without a task, and their probabilities.
IDLE_ARM = {"hang": 0.5, "hip": 0.14, "belly": 0.16, "pocket": 0.12, "back": 0.08}
PARTS = ("trunk", "width", "arm", "leg")
"""Body parts that have a size of their own."""


@dataclass(frozen=True)
class Performer:
    """One person."""

    scale: dict[str, float]  # body part -> factor on its bone lengths
    tempo: float  # factor on the speed of the movements
    amplitude: float  # factor on their size
    habit: dict[str, np.ndarray]  # limb -> offset of its angles from all postures, in degrees
    left_handed: bool  # performs the mirrored motions

    @classmethod
    def draw(cls, rng: np.random.Generator, left_handed: bool = False) -> Performer:
        """Draw a random adult, about 1.45 to 1.95 m tall, with body parts up to 10 % off average proportions."""
        height = np.clip(rng.normal(1.0, 0.055), 0.853, 1.147)
        scale = {part: float(height * np.clip(rng.normal(1, 0.04), 0.9, 1.1)) for part in PARTS}
        return cls(
            scale=scale,
            tempo=float(np.exp(rng.normal(0, 0.2))),
            amplitude=float(np.clip(rng.normal(1, 0.08), 0.82, 1.15)),
            habit={name: rng.normal(0, limb.habit) for name, limb in LIMBS.items()},
            left_handed=left_handed,
        )
