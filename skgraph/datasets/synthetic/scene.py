"""Scenes: people who perform actions in a room, as joint positions without measurement errors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from skgraph.datasets.synthetic.actions import Action, load_actions
from skgraph.datasets.synthetic.animation import animate, animate_recording
from skgraph.datasets.synthetic.kinematics import forward_kinematics
from skgraph.datasets.synthetic.limbs import Performer
from skgraph.topology import Topology

RECORDINGS = 3
"""Recordings into which the actions for one person are divided."""

_FRAMES = (42, 107)  # frames of an action, from and to
_HEADING = {1: (0, 50), 2: (90, 35)}  # number of people -> mean and spread in degrees; two stand across the front view
_OFFSET = 0.8  # metres from the middle of the room, at most
_OTHER_HAND = 0.15  # probability to use the hand that is not the dominant one
# Places of the partner: direction (x, z) from the first person, who looks along z, and the factor on x and z that turns
# the partner.
_PLACES = {
    "opposite": ((0, 1), -1),  # face to face
    "back_to_back": ((0, -1), -1),
    "behind": ((0, -1), 1),
    "beside": ((1, 0), 1),
}


def plan_recordings(rng: np.random.Generator) -> list[list[int]]:
    """Divide the labels of the actions for one person, in random order, into `RECORDINGS` lists.

    An action that does not start standing directly follows one that ends in its posture: stand up after sit down.
    """
    actions = load_actions()
    order = [i for i in rng.permutation(len(actions)).tolist() if actions[i].gap is None]
    followers = [i for i in order if actions[i].start]
    units = [[i] for i in order if not actions[i].start]
    for unit in units:
        if end := actions[unit[0]].end_posture():
            unit.append(next(i for i in followers if actions[i].start == end))
            followers.remove(unit[1])
    # Interleaved, so that the recordings are about as long as each other.
    return [[i for unit in units[number::RECORDINGS] for i in unit] for number in range(RECORDINGS)]


def perform(
    action: Action, performers: Sequence[Performer], topology: Topology, rng: np.random.Generator
) -> np.ndarray:
    """Return the joints [M, T, V, 3] of people who perform an action, in metres in the room, floor at y = 0.

    A left-handed first performer mirrors the whole scene, by the topology's left-right pairs. Bodies come in random
    order.
    """
    frames = int(rng.integers(*_FRAMES, endpoint=True))
    joints = _bodies(animate(action, performers, frames, rng), performers, topology)
    if action.gap is not None:
        gap = action.gap * np.mean([performer.scale["arm"] for performer in performers]) * rng.uniform(0.92, 1.12)
        (x, z), turn = _PLACES[action.partner_stands]
        joints[1] *= (turn, 1, turn)
        joints += np.array([-1, 1])[:, None, None, None] * gap / 2 * np.array([x, 0, z])
    return _place_in_room(joints, performers, topology, rng)[rng.permutation(len(performers))]


def perform_recording(
    actions: Sequence[Action], performer: Performer, topology: Topology, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return the joints [1, T, V, 3] of one person who performs actions one after the other, as `perform`.

    Also return the first frame of each action and the frame after its last, [S, 2] int64.
    """
    frames = rng.integers(*_FRAMES, len(actions), endpoint=True)
    pose, spans = animate_recording(actions, performer, frames.tolist(), rng)
    return _place_in_room(_bodies([pose], [performer], topology), [performer], topology, rng), spans


def _bodies(poses: Sequence[dict[str, np.ndarray]], performers: Sequence[Performer], topology: Topology) -> np.ndarray:
    """Return the joints [M, T, V, 3] of people who all stand at the origin and face z."""
    bodies = [forward_kinematics(pose, performer.scale) for pose, performer in zip(poses, performers, strict=True)]
    return np.stack([np.stack([body[joint] for joint in topology.joints], axis=1) for body in bodies])


def _place_in_room(
    joints: np.ndarray, performers: Sequence[Performer], topology: Topology, rng: np.random.Generator
) -> np.ndarray:
    """Mirror a scene for the hand of its first performer, rotate it, and move it to a random position in the room."""
    if performers[0].left_handed != (rng.random() < _OTHER_HAND):
        joints = joints[:, :, topology.mirror.numpy()] * (-1, 1, 1)
    middle, spread = _HEADING[len(performers)]
    heading = np.deg2rad(middle * rng.choice([-1, 1]) + rng.uniform(-spread, spread))
    sine, cosine = np.sin(heading), np.cos(heading)
    joints = joints @ np.array([[cosine, 0, -sine], [0, 1, 0], [sine, 0, cosine]])
    joints += (rng.uniform(-_OFFSET, _OFFSET), 0, rng.uniform(-_OFFSET, _OFFSET))
    return joints
