"""Performers: bodies and habits that make people do the same action differently."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skgraph.datasets.synthetic.kinematics import PARTS
from skgraph.datasets.synthetic.limbs import LIMBS


@dataclass(frozen=True)
class Performer:
    """One person.

    Args:
        scale: factors on the bone lengths of each body part.
        tempo: factor on the speed of the movements.
        amplitude: factor on their size.
        habit: limb -> offset of its angles from all postures, in degrees.
        left_handed: performs the mirrored motions.
    """

    scale: dict[str, float]
    tempo: float
    amplitude: float
    habit: dict[str, np.ndarray]
    left_handed: bool

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
