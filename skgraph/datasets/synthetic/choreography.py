"""From the score of an action to the angles of those who perform it, each time a little different."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from skgraph.datasets.synthetic.actions import Action, Step
from skgraph.datasets.synthetic.performer import Performer
from skgraph.datasets.synthetic.postures import ANGLES, COLUMNS, FREE_ARM, NUM_ANGLES, STANDING, posture

_FPS = 30.0
_BEAT = 0.33  # seconds
_LEGS = {"right_leg", "left_leg", "path"}
_SEATED = {"right_leg": "sit", "left_leg": "sit"}
_SITS = 0.3

# Standard deviations, in degrees and seconds, of what changes from one performance to the next.
_AIM = {"right_arm": 9, "left_arm": 9, "torso": 2.5, "head": 4, "right_leg": 2.5, "left_leg": 2.5, "path": 0}
_SWAY = {"right_arm": 3, "left_arm": 3, "torso": 1.5, "head": 3, "right_leg": 0.4, "left_leg": 0.4, "path": 0}
_LAG = 0.06


def choreograph(action: Action, performers: Sequence[Performer], frames: int, rng: np.random.Generator) -> np.ndarray:
    """The poses of one performance: rest, the action somewhere in the clip, rest.

    A pose is reached from the one before along the minimum-jerk path of human point-to-point movements,
    ``s = 10 u^3 - 15 u^4 + 6 u^5`` (Flash and Hogan, J. Neurosci. 1985).

    Args:
        action: what is performed.
        performers: the one or two who do it; the first sets the tempo.
        frames: length T of the clip, at 30 frames a second.
        rng: source of the variation.

    Returns:
        angles [people, T, D] of right-handed performers, see `COLUMNS`.
    """
    tempo = performers[0].tempo * np.exp(rng.normal(0, 0.12))
    steps = _unroll(action, frames / _FPS / _BEAT * tempo, rng)
    beats = np.array([step.beats for step in steps]) * np.exp(rng.normal(0, 0.2, len(steps)))
    seconds = beats * _BEAT / tempo
    seconds *= min(1.0, 0.92 * frames / _FPS / seconds.sum())
    onset = rng.uniform(0.03, 0.97) * (frames / _FPS - seconds.sum())
    reached = onset + np.concatenate([[0], np.cumsum(seconds)])
    base, occupied = _base(action, rng)
    poses = []
    for person, performer in enumerate(performers):
        words = [STANDING | base[person]]
        for step in steps:
            words.append(words[-1] | (step.partner if person else step.moves))
        keys = np.stack([posture(word) for word in words])
        poses.append(_perform(keys, reached, performer, frames, rng))
    return np.stack(poses)


def _unroll(action: Action, beats: float, rng: np.random.Generator) -> list[Step]:
    """The steps with the loop repeated as often as fits into a number of beats."""
    once = sum(step.beats for step in (*action.begin, *action.end))
    loop = sum(step.beats for step in action.loop)
    least, most = action.repeats
    fits = int((0.9 * beats - once) / loop) if loop else least
    repeats = int(rng.integers(least, np.clip(fits, least, most) + 1))
    return [*action.begin, *action.loop * repeats, *action.end]
