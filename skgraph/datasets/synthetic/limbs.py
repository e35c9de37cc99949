"""Limbs: their angles, named postures and variation (`limbs.yaml`).

Angles are anatomical and in degrees, displacements in metres. The shoulder follows the recommendation of the
International Society of Biomechanics (Wu et al., J. Biomech. 2005): the plane in which the upper arm is raised, how
far, and its roll about itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml


@dataclass(frozen=True)
class Limb:
    """A group of angles that move together.

    Args:
        angles: names of the angles [A].
        habit: standard deviations [A] of a person's offset from all postures.
        aim: standard deviations [A] of the offset from a posture in one performance.
        sway: standard deviations [A] of the idle sway.
        postures: name -> angles [A]; the first is that of a standing person.
    """

    angles: list[str]
    habit: list[float]
    aim: list[float]
    sway: list[float]
    postures: dict[str, list[float]]


_LIMBS = yaml.safe_load(Path(__file__).with_name("limbs.yaml").read_text(encoding="utf-8"))
_SIDES = {"right_arm": "arm", "left_arm": "arm", "right_leg": "leg", "left_leg": "leg"}
_ORDER = ("right_arm", "left_arm", "torso", "head", "right_leg", "left_leg", "path")
LIMBS = {name: Limb(**_LIMBS[_SIDES.get(name, name)]) for name in _ORDER}
STANDING = {name: next(iter(limb.postures)) for name, limb in LIMBS.items()}
# Postures of an arm without a task, and their probabilities.
IDLE_ARM = {"hang": 0.5, "hip": 0.14, "belly": 0.16, "pocket": 0.12, "back": 0.08}
