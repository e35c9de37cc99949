"""One performance, or several in a row: who, where in the room, and the clean positions of every joint."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from skgraph.datasets.synthetic.actions import Action
from skgraph.datasets.synthetic.choreography import choreograph, choreograph_recording
from skgraph.datasets.synthetic.kinematics import forward_kinematics
from skgraph.datasets.synthetic.performer import Performer
from skgraph.topology import Topology

_FRAMES = (42, 107)
# Performers of two stand across the view of the front camera.
_HEADING = {1: (0, 50), 2: (90, 35)}
_AWAY = 0.8
_OTHER_HAND = 0.15


def perform(
    action: Action, performers: Sequence[Performer], topology: Topology, rng: np.random.Generator
) -> np.ndarray:
    """Act out an action: joints [M, T, V, 3] in metres in the room, floor at y = 0, without any error of measurement.

    A left-handed first performer mirrors the whole scene, by the topology's left-right pairs. Bodies come in random
    order.
    """
    frames = int(rng.integers(*_FRAMES, endpoint=True))
    poses = choreograph(action, performers, frames, rng)
    joints = _bodies(poses, performers, topology)
    if action.gap is not None:
        gap = action.gap * np.mean([performer.scale["arm"] for performer in performers]) * rng.uniform(0.92, 1.12)
        joints[1] *= (-1, 1, -1)  # the partner faces the performer
        joints[0, ..., 2] -= gap / 2
        joints[1, ..., 2] += gap / 2
    return _place(joints, performers, topology, rng)[rng.permutation(len(performers))]


def perform_recording(
    actions: Sequence[Action], performer: Performer, topology: Topology, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Act out actions of one person one after the other, at one place: joints [1, T, V, 3] as `perform` makes them.

    Also returns the actions' first frames and the frames after their last, [S, 2] int64. In what hand a recording is
    performed does not change within it.
    """
    frames = rng.integers(*_FRAMES, len(actions), endpoint=True)
    pose, spans = choreograph_recording(actions, performer, frames.tolist(), rng)
    return _place(_bodies([pose], [performer], topology), [performer], topology, rng), spans


def _bodies(poses: Sequence[dict[str, np.ndarray]], performers: Sequence[Performer], topology: Topology) -> np.ndarray:
    """Joints [M, T, V, 3] of people who all stand at the origin and face z."""
    bodies = [forward_kinematics(pose, performer.scale) for pose, performer in zip(poses, performers, strict=True)]
    return np.stack([np.stack([body[joint] for joint in topology.joints], axis=1) for body in bodies])


def _place(
    joints: np.ndarray, performers: Sequence[Performer], topology: Topology, rng: np.random.Generator
) -> np.ndarray:
    """The scene in the hand of its first performer, turned and moved to somewhere in the room."""
    if performers[0].left_handed != (rng.random() < _OTHER_HAND):
        joints = joints[:, :, topology.mirror.numpy()] * (-1, 1, 1)
    middle, spread = _HEADING[len(performers)]
    heading = np.deg2rad(middle * rng.choice([-1, 1]) + rng.uniform(-spread, spread))
    sine, cosine = np.sin(heading), np.cos(heading)
    joints = joints @ np.array([[cosine, 0, -sine], [0, 1, 0], [sine, 0, cosine]])
    joints += (rng.uniform(-_AWAY, _AWAY), 0, rng.uniform(-_AWAY, _AWAY))
    return joints
