"""From the score of an action to the angles of those who perform it, each time a little different."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from skgraph.datasets.synthetic.actions import Action, Step
from skgraph.datasets.synthetic.performer import Performer
from skgraph.datasets.synthetic.postures import ANGLES, IDLE_ARM, POSTURES, STANDING

FPS = 30.0
_BEAT = 0.28  # seconds
_ARMS = ("right_arm", "left_arm")
# How often one sits where the action allows it, and how often an arm without a task changes its posture in a step.
_SITS, _FIDGETS = 0.4, 0.2

# Standard deviations, in degrees, of how a posture is taken in one performance, and of the idle sway on top of it.
_AIM = {
    "right_arm": (11, 9, 11, 11, 8),
    "left_arm": (11, 9, 11, 11, 8),
    "torso": (4, 3, 6, 4),
    "head": (4, 6),
    "right_leg": (5, 4, 6, 2),
    "left_leg": (5, 4, 6, 2),
    "path": (0, 0, 0, 0),
}
_SWAY = {
    "right_arm": (5, 3, 5, 5, 4),
    "left_arm": (5, 3, 5, 5, 4),
    "torso": (3, 2, 7, 2),
    "head": (4, 8),
    "right_leg": (0.4, 0.4, 0.6, 0),
    "left_leg": (0.4, 0.4, 0.6, 0),
    "path": (0, 0, 0, 5),
}
# An arm takes a posture that has a purpose more carefully than an idle one, by this factor.
_CARE = 0.5
# Seconds of rest before, between and after the actions of a recording.
_REST = (0.7, 2.5)
# Of the seconds by which a limb is ahead of or behind the beat, and of the logarithms of a step's and a clip's tempo.
_LAG, _RHYTHM, _TEMPO = 0.08, 0.3, 0.2


def choreograph(
    action: Action, performers: Sequence[Performer], frames: int, rng: np.random.Generator
) -> list[dict[str, np.ndarray]]:
    """The poses of one performance: rest, the action somewhere in the clip, rest.

    A posture is reached from the one before along the minimum-jerk path of human point-to-point movements,
    `s = 10 u^3 - 15 u^4 + 6 u^5` (Flash and Hogan, J. Neurosci. 1985).

    Args:
        action: what is performed.
        performers: the one or two who do it; the first sets the tempo.
        frames: length T of the clip, at `FPS`.
        rng: source of the variation.

    Returns:
        for each performer limb -> angles [T, A] as named in `ANGLES`; all are right-handed.
    """
    length = frames / FPS
    steps, seconds = _paced(action, performers[0], length, rng)
    onset = rng.uniform(0.04, 0.96) * (length - seconds.sum())
    times = onset + np.concatenate([[0.0], np.cumsum(seconds)])
    scores = [_score(action, steps, person, rng) for person in range(len(performers))]
    return [_perform(score, times, who, frames, rng) for score, who in zip(scores, performers, strict=True)]


def choreograph_recording(
    actions: Sequence[Action], performer: Performer, frames: Sequence[int], rng: np.random.Generator
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """The poses of one person who performs several actions one after the other, with rest before, between and after.

    The person stands at rest, or stays as the action before left them if the next one starts so; idle arms change their
    posture meanwhile, along the same minimum-jerk path. Who turned around goes on with that heading. Nobody sits but to
    sit down and stand up, because the ways there and back would be those actions without their labels.

    Args:
        actions: what is performed, actions of one person.
        performer: who does it.
        frames: for each action a number of frames that it fits in.
        rng: source of the variation.

    Returns:
        limb -> angles [T, A] as named in `ANGLES`, and the actions' first frames and the frames after their last,
        [S, 2] int64.
    """
    score: list[dict[str, str]] = []
    times: list[float] = []
    headings: list[float] = []
    spans = []
    now = heading = 0.0
    for action, room in zip(actions, frames, strict=True):
        steps, seconds = _paced(action, performer, room / FPS, rng)
        words = _score(action, steps, 0, rng, may_sit=False)
        onset = now + rng.uniform(*_REST)
        reached = onset + np.concatenate([[0.0], np.cumsum(seconds)])
        now = float(reached[-1])
        spans.append((onset, now))
        score += words
        times += reached.tolist()
        headings += [heading] * len(words)
        heading += POSTURES["path"][words[-1]["path"]][ANGLES["path"].index("turn")]
    total = int(np.ceil((now + rng.uniform(*_REST)) * FPS))
    pose = _perform(score, np.array(times), performer, total, rng, np.array(headings))
    return pose, np.rint(np.array(spans) * FPS).astype(np.int64)


def _paced(
    action: Action, performer: Performer, length: float, rng: np.random.Generator
) -> tuple[list[Step], np.ndarray]:
    """The steps of an action that fits into some seconds, and how many seconds each takes."""
    beat = _BEAT / (performer.tempo * np.exp(rng.normal(0, _TEMPO)))
    steps = _unroll(action, length / beat, rng)
    seconds = beat * np.array([step.beats for step in steps]) * np.exp(rng.normal(0, _RHYTHM, len(steps)))
    return steps, seconds * min(1.0, 0.92 * length / seconds.sum())


def _unroll(action: Action, beats: float, rng: np.random.Generator) -> list[Step]:
    """The steps, with the loop repeated at random but not more often than fits into a number of beats."""
    least, most = action.repeats
    if most > least:
        loop = sum(step.beats for step in action.loop)
        once = sum(step.beats for step in (*action.begin, *action.end))
        most = int(np.clip((0.9 * beats - once) / loop, least, most))
    return [*action.begin, *action.loop * int(rng.integers(least, most + 1)), *action.end]


def _score(
    action: Action, steps: list[Step], person: int, rng: np.random.Generator, may_sit: bool = True
) -> list[dict[str, str]]:
    """The postures of a person before the first step and after each: limb -> name.

    What the action leaves open differs: whether one sits or stands, what hanging arms do meanwhile.
    """
    used = action.limbs(person)
    words = STANDING | (action.start if person == 0 else {})
    if rng.random() < _SITS and may_sit and action.gap is None and not used & {"right_leg", "left_leg", "path"}:
        words |= {"right_leg": "sit", "left_leg": "sit"}
    idle = dict(zip(_ARMS, rng.choice(list(IDLE_ARM), 2, p=list(IDLE_ARM.values())), strict=True))
    score = []
    for moves in ({}, *(step.partner if person else step.moves for step in steps)):
        words = words | moves
        for arm in idle:
            if arm not in used and rng.random() < _FIDGETS:
                idle[arm] = rng.choice(list(IDLE_ARM), p=list(IDLE_ARM.values()))
        score.append(words | {arm: str(word) for arm, word in idle.items() if words[arm] == "hang"})
    return score


def _perform(
    score: list[dict[str, str]],
    times: np.ndarray,
    performer: Performer,
    frames: int,
    rng: np.random.Generator,
    headings: np.ndarray | None = None,
) -> dict[str, np.ndarray]:
    """Limb -> angles [T, A] that pass through the postures of a score at given times.

    Each posture's turn may be counted from another heading, in degrees, as many as postures.
    """
    now = np.arange(frames) / FPS
    pose = {}
    for limb, names in ANGLES.items():
        words = [postures[limb] for postures in score]
        rest = np.array(POSTURES[limb][STANDING[limb]], float)
        taken = {}
        for word in dict.fromkeys(words):
            style = performer.habit[limb] + rng.normal(0, _AIM[limb])
            care = _CARE if limb in _ARMS and word not in IDLE_ARM else 1.0
            # Where one goes is no matter of style.
            amplitude = 1.0 if limb == "path" else performer.amplitude
            taken[word] = rest + amplitude * (POSTURES[limb][word] - rest) + care * style
        keys = np.stack([taken[word] for word in words])
        if limb == "path" and headings is not None:
            keys[:, names.index("turn")] += headings
        u = np.interp(now - rng.normal(0, _LAG), times, np.arange(len(times)))
        step = np.minimum(u.astype(int), len(times) - 2)
        u = (u - step)[:, None]
        s = u**3 * (10 - 15 * u + 6 * u**2)
        angles = keys[step] + s * (keys[step + 1] - keys[step]) + _sway(now, len(names), rng) * _SWAY[limb]
        # Elbows and knees bend one way only.
        pose[limb] = np.maximum(angles, [0 if name in ("elbow", "knee") else -np.inf for name in names])
    return pose


def _sway(now: np.ndarray, angles: int, rng: np.random.Generator) -> np.ndarray:
    """Slow aimless movement [T, angles] of about unit standard deviation: three sines of 0.1 to 0.6 Hz."""
    hertz, phase = rng.uniform(0.1, 0.6, (3, angles)), rng.uniform(0, 2 * np.pi, (3, angles))
    return np.sin(2 * np.pi * hertz * now[:, None, None] + phase).sum(axis=1) * np.sqrt(2 / 3)
