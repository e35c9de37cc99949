"""Performers: bodies and habits that make people do the same action differently."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skgraph.datasets.synthetic.kinematics import PARTS

# Standard deviation of a person's habitual offset from a posture, in degrees, for the angles of each limb.
_HABIT = {
    "right_arm": (14, 6, 11, 11, 6),
    "left_arm": (14, 6, 11, 11, 6),
    "torso": (4, 3, 7, 3),
    "head": (5, 4),
    "right_leg": (1.5, 1.5, 2, 1),
    "left_leg": (1.5, 1.5, 2, 1),
    "path": (0, 0, 0, 0),
}


@dataclass(frozen=True)
class Performer:
    """One person.

    Args:
        scale: factors on the bone lengths of each body part.
        tempo: factor on the speed of the movements.
        amplitude: factor on their size.
        habit: limb -> angles added to its postures.
        left_handed: performs the mirrored motions.
    """

    scale: dict[str, float]
    tempo: float
    amplitude: float
    habit: dict[str, np.ndarray]
    left_handed: bool

    @classmethod
    def draw(cls, rng: np.random.Generator, left_handed: bool = False) -> Performer:
        """Draw a random adult, about 1.45 to 1.95 m tall, body parts up to a tenth off that height's proportions."""
        height = np.clip(rng.normal(1.0, 0.055), 0.853, 1.147)
        scale = {part: float(height * np.clip(rng.normal(1, 0.04), 0.9, 1.1)) for part in PARTS}
        return cls(
            scale=scale,
            tempo=float(np.exp(rng.normal(0, 0.2))),
            amplitude=float(np.clip(rng.normal(1, 0.08), 0.82, 1.15)),
            habit={limb: rng.normal(0, spread) for limb, spread in _HABIT.items()},
            left_handed=left_handed,
        )
