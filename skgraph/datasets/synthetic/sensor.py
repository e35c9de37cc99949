"""Depth cameras: their viewpoints, and the errors of the skeleton tracker behind them."""

from __future__ import annotations

import numpy as np

from skgraph.topology import Topology

# Azimuths in degrees. As in NTU RGB+D, camera 2 looks from the front, 1 and 3 from the sides; at its 45 degrees, the
# nearest clip in raw coordinates is too often the same performance in another view.
AZIMUTHS = {1: 60.0, 2: 0.0, 3: -60.0}
# Distance and height of the cameras of each setup, and the height of the point that they look at, in metres.
SETUPS = {1: (3.0, 1.4), 2: (3.5, 0.9), 3: (3.8, 1.8), 4: (3.3, 1.2)}
_AIM_HEIGHT = 0.95

# Share of the position error that is new in every frame: by default 1 mm in the trunk and 4 mm at a finger tip, about
# as in the Kinect v2 recordings of IntelliRehabDS. The rest drifts to a new value every 12 frames.
_WHITE, _DRIFT_FRAMES = 0.12, 12
# Error of a joint relative to the trunk's.
_RELATIVE_ERROR = {"HandTip": 2.5, "Thumb": 2.5, "Hand": 1.5, "Wrist": 1.2, "Foot": 1.5, "Ankle": 1.2}
# Frames that a joint is lost, from and to, and its displacement then (standard deviation, metres).
_LOST, _DISPLACEMENT = (3, 15), 0.12
# Probability that a body appears late, or is lost early, and by how many frames at most.
_LATE, _LATE_FRAMES = 0.12, 5


def to_camera(joints: np.ndarray, azimuth: float, distance: float, height: float) -> np.ndarray:
    """Transform positions [..., 3] from the room, y up from the floor, to the coordinates of a camera.

    These are Kinect's: x to the camera's left, y up in its image, z away from it. The camera looks at the middle of the
    room.

    Args:
        joints: positions in metres.
        azimuth: direction to the camera in degrees, 0 in front of a performer of heading 0.
        distance, height: of the camera, in metres, over the floor.
    """
    angle = np.deg2rad(azimuth)
    camera = np.array([distance * np.sin(angle), height, distance * np.cos(angle)])
    z = np.array([0, _AIM_HEIGHT, 0]) - camera
    z /= np.linalg.norm(z)
    x = np.cross([0, 1, 0], z)
    x /= np.linalg.norm(x)
    return (joints - camera) @ np.stack([x, np.cross(z, x), z], axis=-1)


class Sensor:
    """A simulated skeleton tracker, which adds errors to clean joints.

    Args:
        topology: names the joints.
        noise: standard deviation of a trunk joint's position error, in metres; most of it drifts slowly.
        dropout: share of joints and frames in which a joint is lost: it freezes or is displaced for some frames.
    """

    def __init__(self, topology: Topology, noise: float, dropout: float) -> None:
        names = [joint.removesuffix("Left").removesuffix("Right") for joint in topology.joints]
        self.error = noise * np.array([_RELATIVE_ERROR.get(joint, 1.0) for joint in names])[:, None]
        self.dropout = dropout

    def track(self, joints: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Add errors to clean joints [M, T, V, 3]; also return where bodies are seen, [M, T] bool."""
        bodies, frames, num_joints, _ = joints.shape
        knots = rng.standard_normal((bodies, frames // _DRIFT_FRAMES + 2, num_joints, 3), dtype=np.float32)
        at = (np.arange(frames) / _DRIFT_FRAMES + rng.random())[:, None, None]
        low = np.minimum(at.astype(int).ravel(), knots.shape[1] - 2)
        drift = knots[:, low] + (at - low[:, None, None]) * (knots[:, low + 1] - knots[:, low])
        white = rng.standard_normal(joints.shape, dtype=np.float32)
        tracked = joints + self.error * (np.sqrt(1 - _WHITE**2) * drift + _WHITE * white)
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
        """Freeze or displace joints of a body [T, V, 3], in place."""
        frames, num_joints, _ = body.shape
        weight = (self.error / self.error.sum()).ravel() if self.error.any() else None
        for _ in range(rng.poisson(self.dropout * num_joints * frames / np.mean(_LOST))):
            joint = rng.choice(num_joints, p=weight)
            start, length = rng.integers(frames), rng.integers(*_LOST, endpoint=True)
            lost = body[start : start + length, joint]
            if rng.random() < 0.5:
                lost[:] = lost[0]
            else:
                lost += rng.normal(0, _DISPLACEMENT, 3)
