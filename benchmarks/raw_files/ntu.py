"""NTU RGB+D's `.skeleton` files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from skgraph.data import SkeletonStore
from skgraph.topology import Topology

# Kinect v2's depth camera: its focal length in pixels.
_FOCAL = 366.0
_LINE = "{:.7G} " * 11 + "{}"


def write_ntu_files(store: SkeletonStore, folder: str | Path, most: int | None = None) -> None:
    """Write the clips of a store as `NAME.skeleton`. The synthetic dataset names its clips as NTU RGB+D does.

    Args:
        store: on the skeleton `ntu_rgbd`, such as `write_synthetic` makes.
        folder: destination, created if missing.
        most: number of clips to write, from the first; all by default.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for i, name in enumerate(store.name[:most]):
        clip = store.clip(i)
        confidence = clip.confidence.numpy() if "confidence" in clip else None
        text = skeleton_text(clip.joints.double().numpy(), clip.frame_mask.numpy(), confidence)
        (folder / f"{name}.skeleton").write_text(text)


def skeleton_text(
    joints: np.ndarray, frame_mask: np.ndarray, confidence: np.ndarray | None = None, ids: Sequence[int] | None = None
) -> str:
    """Format a recording as the text of a `.skeleton` file.

    Numbers have seven digits, as in the dataset. The columns that a skeleton does not determine hold plausible values:
    pixels of the depth and colour images by pinhole cameras, rotations from the y axis to the bones, untracked hands.

    Args:
        joints: `[M, T, 25, 3]` metres in the sensor's coordinates.
        frame_mask: `[M, T]` bool.
        confidence: `[M, T, 25]`; 0 is written as not tracked, below 1 as inferred, 1 as tracked.
        ids: tracking ids of the bodies, arbitrary by default.
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
    """Project joints to pixels: x and y in the depth image, x and y in the colour image, `[M, T, V, 4]`."""
    x, y, z = np.moveaxis(joints, -1, 0)
    depth = np.where(np.abs(z) > 1e-3, z, 1e-3)
    across, down = _FOCAL * x / depth, -_FOCAL * y / depth
    return np.stack([258 + across, 204 + down, 960 + 2.9 * across, 540 + 2.9 * down], axis=-1)


def _rotations(joints: np.ndarray) -> np.ndarray:
    """Compute the smallest rotation from the y axis to the bone ending in each joint, (w, x, y, z), `[M, T, V, 4]`."""
    topology = Topology.load("ntu_rgbd")
    bones = joints - joints[:, :, topology.parents.clamp(min=0).numpy()]
    length = np.linalg.norm(bones, axis=-1, keepdims=True)
    x, y, z = np.moveaxis(np.divide(bones, length, out=np.zeros_like(bones), where=length > 0), -1, 0)
    quaternion = np.stack([1 + y, z, np.zeros_like(x), -x], axis=-1)
    length = np.linalg.norm(quaternion, axis=-1, keepdims=True)
    return np.divide(quaternion, length, out=np.zeros_like(quaternion), where=length > 0)
