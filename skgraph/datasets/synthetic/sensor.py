"""What a depth camera makes of people in a room: its point of view, its noise and its lost joints."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skgraph.topology import Topology

# Azimuth in degrees: as in NTU RGB+D camera 2 looks from the front, 1 and 3 from the sides, but from farther round.
AZIMUTHS = {1: 60.0, 2: 0.0, 3: -60.0}
# Of each setup: distance and height in metres; every camera looks at a point this high over the middle of the room.
SETUPS = {1: (3.0, 1.4), 2: (3.5, 0.9), 3: (3.8, 1.8), 4: (3.3, 1.2)}
_AIMED_AT = 0.95

# Part of the position error that changes from frame to frame; the rest wanders, with a new value every so many frames.
_WHITE, _WANDER = 0.2, 12
# Kinect sees a hand's joints and a foot worse than the trunk.
_VAGUE = {"HandTip": 2.5, "Thumb": 2.5, "Hand": 1.5, "Wrist": 1.2, "Foot": 1.5, "Ankle": 1.2}
# Frames that a joint is lost, and how far away the sensor then believes it (standard deviation, metres).
_LOST, _ASTRAY = (3, 16), 0.12
_LATE, _LATE_FRAMES = 0.12, 6


@dataclass(frozen=True)
class Camera:
    """A camera that looks at the middle of the room; camera frames are those of Kinect: x to the camera's left, y up in
    its image, z away from it.

    Args:
        azimuth: where it stands, in degrees; 0 in front of a performer of heading 0.
        distance, height: of the camera, in metres, over the floor.
    """

    azimuth: float
    distance: float
    height: float

    def see(self, joints: np.ndarray) -> np.ndarray:
        """Positions [..., 3] in the room, y up from the floor, as positions in the camera's frame."""
        azimuth = np.deg2rad(self.azimuth)
        at = np.array([self.distance * np.sin(azimuth), self.height, self.distance * np.cos(azimuth)])
        z = np.array([0, _AIMED_AT, 0]) - at
        z /= np.linalg.norm(z)
        x = np.cross([0, 1, 0], z)
        x /= np.linalg.norm(x)
        return (joints - at) @ np.stack([x, np.cross(z, x), z], axis=-1)


class Sensor:
    """Adds a tracker's errors to clean joints.

    Args:
        topology: names the joints.
        noise: standard deviation of a trunk joint's position error, in metres: most of it wanders slowly.
        dropout: part of the joints and frames in which a joint is lost: it freezes or strays for a fraction of a second.
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
            first, last = rng.integers(1, _LATE_FRAMES, 2)
            there[: first * late] = False
            there[frames - last * early :] = False
        return tracked, seen

    def _lose_joints(self, body: np.ndarray, rng: np.random.Generator) -> None:
        """Freeze or misplace joints of a body [T, V, 3], in place."""
        frames, num_joints, _ = body.shape
        weight = (self.error / self.error.sum()).ravel() if self.error.any() else None
        for _ in range(rng.poisson(self.dropout * num_joints * frames / np.mean(_LOST))):
            joint = rng.choice(num_joints, p=weight)
            start, length = rng.integers(frames), rng.integers(*_LOST)
            lost = body[start : start + length, joint]
            if rng.random() < 0.5:
                lost[:] = lost[0]
            else:
                lost += rng.normal(0, _ASTRAY, 3)
