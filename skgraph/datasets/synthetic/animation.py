"""Keyframe animation of the steps of actions, with random variation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from skgraph.datasets.synthetic.actions import Action, Step
from skgraph.datasets.synthetic.limbs import IDLE_ARM, LIMBS, STANDING, Performer

FPS = 30.0
_BEAT = 0.28  # seconds
_ARMS = ("right_arm", "left_arm")
# Probability to sit where the action allows it, and of an arm without a task to change its posture in a step.
_SITS, _FIDGETS = 0.4, 0.2
# Factor on the variation of an arm that has a task.
_TASK_VARIATION = 0.5
# Seconds of rest before, between and after the actions of a recording.
_REST = (0.7, 2.5)
# Standard deviations of a limb's lag behind the beat in seconds, and of the logarithms of a step's and a clip's tempo.
_LAG, _RHYTHM, _TEMPO = 0.08, 0.3, 0.2


def animate(
    action: Action, performers: Sequence[Performer], frames: int, rng: np.random.Generator
) -> list[dict[str, np.ndarray]]:
    """Animate one performance: rest, the action somewhere in the clip, rest.

    Limbs move from posture to posture along the minimum-jerk path of human point-to-point movements,
    `s = 10 u^3 - 15 u^4 + 6 u^5` (Flash and Hogan, J. Neurosci. 1985).

    Args:
        action: action to perform.
        performers: one or two people; the first sets the tempo.
        frames: length T of the clip, at `FPS`.
        rng: source of the variation.

    Returns:
        limb -> angles [T, A] as named in `LIMBS`, right-handed, for each performer.
    """
    length = frames / FPS
    steps, seconds = _timed_steps(action, performers[0], length, rng)
    onset = rng.uniform(0.04, 0.96) * (length - seconds.sum())
    times = onset + np.concatenate([[0.0], np.cumsum(seconds)])
    keyframes = [_keyframes(action, steps, person, rng) for person in range(len(performers))]
    return [_interpolate(own, times, who, frames, rng) for own, who in zip(keyframes, performers, strict=True)]


def animate_recording(
    actions: Sequence[Action], performer: Performer, frames: Sequence[int], rng: np.random.Generator
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Animate one person who performs several actions one after the other, with rest before, between and after.

    The person rests standing, or in the posture in which one action ends and the next starts; idle arms change their
    posture meanwhile. After turning around, the person keeps that heading. Other actions are never performed sitting,
    because sitting down and standing up would then occur without their labels.

    Args:
        actions: actions of one person, to perform.
        performer: the person.
        frames: number of frames for each action.
        rng: source of the variation.

    Returns:
        limb -> angles [T, A] as named in `LIMBS`, and the actions' first frames and the frames after their last,
        [S, 2] int64.
    """
    keyframes: list[dict[str, str]] = []
    times: list[float] = []
    headings: list[float] = []
    spans = []
    now = heading = 0.0
    path = LIMBS["path"]
    for action, room in zip(actions, frames, strict=True):
        steps, seconds = _timed_steps(action, performer, room / FPS, rng)
        postures = _keyframes(action, steps, 0, rng, may_sit=False)
        onset = now + rng.uniform(*_REST)
        reached = (onset + np.concatenate([[0.0], np.cumsum(seconds)])).tolist()
        now = reached[-1]
        spans.append((onset, now))
        keyframes += postures
        times += reached
        headings += [heading] * len(postures)
        heading += path.postures[postures[-1]["path"]][path.angles.index("turn")]
    total = int(np.ceil((now + rng.uniform(*_REST)) * FPS))
    pose = _interpolate(keyframes, np.array(times), performer, total, rng, np.array(headings))
    return pose, np.rint(np.array(spans) * FPS).astype(np.int64)


def _timed_steps(
    action: Action, performer: Performer, length: float, rng: np.random.Generator
) -> tuple[list[Step], np.ndarray]:
    """Draw the steps of an action and their durations in seconds, to fit into `length` seconds."""
    beat = _BEAT / (performer.tempo * np.exp(rng.normal(0, _TEMPO)))
    least, most = action.repeats
    if most > least:  # repeat as often as fits
        loop = sum(step.beats for step in action.loop)
        once = sum(step.beats for step in (*action.begin, *action.end))
        most = int(np.clip((0.9 * length / beat - once) / loop, least, most))
    steps = [*action.begin, *action.loop * int(rng.integers(least, most + 1)), *action.end]
    seconds = beat * np.array([step.beats for step in steps]) * np.exp(rng.normal(0, _RHYTHM, len(steps)))
    return steps, seconds * min(1.0, 0.92 * length / seconds.sum())


def _keyframes(
    action: Action, steps: list[Step], person: int, rng: np.random.Generator, may_sit: bool = True
) -> list[dict[str, str]]:
    """Return limb -> posture of a person before the first step and after each.

    Sitting or standing, and the postures of idle arms, are drawn at random where the action leaves them open.
    """
    used = action.limbs(person)
    postures = STANDING | (action.start if person == 0 else {})
    if rng.random() < _SITS and may_sit and action.gap is None and not used & {"right_leg", "left_leg", "path"}:
        postures |= {"right_leg": "sit", "left_leg": "sit"}
    idle = dict(zip(_ARMS, rng.choice(list(IDLE_ARM), 2, p=list(IDLE_ARM.values())), strict=True))
    keyframes = []
    for moves in ({}, *(step.moves[person] for step in steps)):
        postures = postures | moves
        for arm in idle:
            if arm not in used and rng.random() < _FIDGETS:
                idle[arm] = rng.choice(list(IDLE_ARM), p=list(IDLE_ARM.values()))
        keyframes.append(postures | {arm: str(own) for arm, own in idle.items() if postures[arm] == "hang"})
    return keyframes


def _interpolate(
    keyframes: list[dict[str, str]],
    times: np.ndarray,
    performer: Performer,
    frames: int,
    rng: np.random.Generator,
    headings: np.ndarray | float = 0.0,
) -> dict[str, np.ndarray]:
    """Return limb -> angles [T, A] that pass through the postures of keyframes at given times.

    `headings`, in degrees, one a keyframe, are added to the turn of the path.
    """
    now = np.arange(frames) / FPS
    pose = {}
    for name, limb in LIMBS.items():
        words = [postures[name] for postures in keyframes]
        rest = np.array(limb.postures[STANDING[name]], float)
        amplitude = 1.0 if name == "path" else performer.amplitude
        angles_of = {}
        for word in dict.fromkeys(words):
            style = performer.habit[name] + rng.normal(0, limb.aim)
            variation = _TASK_VARIATION if name in _ARMS and word not in IDLE_ARM else 1.0
            angles_of[word] = rest + amplitude * (limb.postures[word] - rest) + variation * style
        keys = np.stack([angles_of[word] for word in words])
        if name == "path":
            keys[:, limb.angles.index("turn")] += headings
        u = np.interp(now - rng.normal(0, _LAG), times, np.arange(len(times)))
        step = np.minimum(u.astype(int), len(times) - 2)
        u = (u - step)[:, None]
        s = u**3 * (10 - 15 * u + 6 * u**2)
        angles = keys[step] + s * (keys[step + 1] - keys[step]) + _sway(now, len(limb.angles), rng) * limb.sway
        # Elbows and knees do not bend backwards.
        pose[name] = np.maximum(angles, [0 if angle in ("elbow", "knee") else -np.inf for angle in limb.angles])
    return pose


def _sway(now: np.ndarray, angles: int, rng: np.random.Generator) -> np.ndarray:
    """Draw a slow sway [T, angles] of about unit standard deviation: three sines of 0.1 to 0.6 Hz."""
    hertz, phase = rng.uniform(0.1, 0.6, (3, angles)), rng.uniform(0, 2 * np.pi, (3, angles))
    return np.sin(2 * np.pi * hertz * now[:, None, None] + phase).sum(axis=1) * np.sqrt(2 / 3)
