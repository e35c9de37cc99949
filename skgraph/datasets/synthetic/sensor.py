"""What a skeleton tracker makes of people: its noise, the joints it loses, the frames it misses."""

from __future__ import annotations

import numpy as np

from skgraph.topology import Topology

# Part of the position error that changes from frame to frame: by default 1 mm in the trunk and 4 mm at a finger tip,
# about what the Kinect v2 recordings of IntelliRehabDS show. The rest wanders, to a new value every so many frames.
_WHITE, _WANDER = 0.12, 12
# Kinect sees a hand's joints and a foot worse than the trunk.
_VAGUE = {"HandTip": 2.5, "Thumb": 2.5, "Hand": 1.5, "Wrist": 1.2, "Foot": 1.5, "Ankle": 1.2}
# Frames that a joint is lost, from and to, and how far away it is then believed (standard deviation, metres).
_LOST, _ASTRAY = (3, 15), 0.12
# How often a body appears late, or is lost early, and by how many frames at most.
_LATE, _LATE_FRAMES = 0.12, 5


class Sensor:
    """Adds a tracker's errors to clean joints.

    Args:
        topology: names the joints.
        noise: standard deviation of a trunk joint's position error, in metres: most of it wanders slowly.
        dropout: part of the joints and frames in which a joint is lost: it freezes or strays for some frames.
    """

    def __init__(self, topology: Topology, noise: float, dropout: float) -> None:
        vague = [joint.removesuffix("Left").removesuffix("Right") for joint in topology.joints]
        self.error = noise * np.array([_VAGUE.get(joint, 1.0) for joint in vague])[:, None]
        self.dropout = dropout

    def track(self, joints: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Clean joints [M, T, V, 3] -> tracked joints and the frames [M, T] in which a body is seen at all."""
        bodies, frames, num_joints, _ = joints.shape
        knots = rng.standard_normal((bodies, frames // _WANDER + 2, num_joints, 3), dtype=np.float32)
        at = (np.arange(frames) / _WANDER + rng.random())[:, None, None]
        low = np.minimum(at.astype(int).ravel(), knots.shape[1] - 2)
        wander = knots[:, low] + (at - low[:, None, None]) * (knots[:, low + 1] - knots[:, low])
        white = rng.standard_normal(joints.shape, dtype=np.float32)
        tracked = joints + self.error * (np.sqrt(1 - _WHITE**2) * wander + _WHITE * white)
        for body in tracked:
            self._lose_joints(body, rng)
        seen = np.ones((bodies, frames), bool)
        for there in seen:
            late, early = rng.random(2) < _LATE
            first, last = rng.integers(1, _LATE_FRAMES + 1, 2)
            there[: first * late] = False
            there[frames - last * early :] = False
        return tracked, seen

    def _lose_joints(self, body: np.ndarray, rng: np.random.Generator) -> None:
        """Freeze or misplace joints of a body [T, V, 3], in place."""
        frames, num_joints, _ = body.shape
        weight = (self.error / self.error.sum()).ravel() if self.error.any() else None
        for _ in range(rng.poisson(self.dropout * num_joints * frames / np.mean(_LOST))):
            joint = rng.choice(num_joints, p=weight)
            start, length = rng.integers(frames), rng.integers(*_LOST, endpoint=True)
            lost = body[start : start + length, joint]
            if rng.random() < 0.5:
                lost[:] = lost[0]
            else:
                lost += rng.normal(0, _ASTRAY, 3)
