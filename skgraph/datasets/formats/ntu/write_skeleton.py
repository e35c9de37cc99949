"""Writes recordings in the format of NTU RGB+D's `.skeleton` files."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from skgraph.topology import Topology

# Kinect v2's depth camera: its focal length in pixels.
_FOCAL = 366.0
_LINE = "{:.7G} " * 11 + "{}"


def skeleton_text(
    joints: np.ndarray, frame_mask: np.ndarray, confidence: np.ndarray | None = None, ids: Sequence[int] | None = None
) -> str:
    """A recording as the text of a `.skeleton` file.

    Numbers are printed with seven digits, as in the dataset. The columns that skeletons do not have hold what a sensor
    would say: places in the depth and in the colour image by pinhole cameras, rotations that turn the y axis into the
    bones, hands that are not tracked.

    Args:
        joints: `[M, T, 25, 3]` metres in the sensor's coordinates.
        frame_mask: `[M, T]` bool.
        confidence: `[M, T, 25]`, of which 0 is written as not tracked, less than 1 as inferred, 1 as tracked.
        ids: tracking ids of the bodies; by default made up.
    """
    bodies, frames = frame_mask.shape
    ids = [72057594037927936 + 1000 * body for body in range(bodies)] if ids is None else ids
    state = np.full(joints.shape[:3], 2) if confidence is None else np.where(confidence == 1, 2, (confidence > 0) * 1)
    columns = np.concatenate([joints, _images(joints), _rotations(joints)], axis=-1).tolist()
    lines = [str(frames)]
    for frame in range(frames):
        there = np.flatnonzero(frame_mask[:, frame])
        lines.append(str(len(there)))
        for body in there:
            lines += [f"{ids[body]} 0 1 1 1 1 0 0.02764709 0.05745083 2", str(joints.shape[2])]
            lines += [
                _LINE.format(*values, own)
                for values, own in zip(columns[body][frame], state[body, frame].tolist(), strict=True)
            ]
    return "\n".join(lines) + "\n"


def _images(joints: np.ndarray) -> np.ndarray:
    """x and y in the depth image and in the colour image, which is about three times as large, `[M, T, V, 4]`."""
    x, y, z = np.moveaxis(joints, -1, 0)
    depth = np.where(np.abs(z) > 1e-3, z, 1e-3)
    across, down = _FOCAL * x / depth, -_FOCAL * y / depth
    return np.stack([258 + across, 204 + down, 960 + 2.9 * across, 540 + 2.9 * down], axis=-1)


def _rotations(joints: np.ndarray) -> np.ndarray:
    """The smallest rotations from the y axis to the bones that end in the joints, (w, x, y, z), `[M, T, V, 4]`."""
    topology = Topology.load("ntu_rgbd")
    bones = joints - joints[:, :, topology.parents.clamp(min=0).numpy()]
    length = np.linalg.norm(bones, axis=-1, keepdims=True)
    x, y, z = np.moveaxis(np.divide(bones, length, out=np.zeros_like(bones), where=length > 0), -1, 0)
    quaternion = np.stack([1 + y, z, np.zeros_like(x), -x], axis=-1)
    length = np.linalg.norm(quaternion, axis=-1, keepdims=True)
    return np.divide(quaternion, length, out=np.zeros_like(quaternion), where=length > 0)
