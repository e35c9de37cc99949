"""Geometry of bodies: the pose that normalisation is relative to, the axis that they stand along, bone lengths."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from skgraph.data.store import SkeletonStore
from skgraph.topology import Topology

STRETCHED = 0.5
"""Variation of the length of a bone above which no tracker is right."""

_BODIES = 256
_CLIPS = 2**16
_LEAST = 0.7  # mean component of the spines' directions along the axis: people sit, lie and bend too


def reference_pose(joints: Tensor, frame_mask: Tensor) -> Tensor:
    """Return each graph's first body at its first present frame.

    Where the first body never appears it is the first body that does, and zeros where none does.

    Args:
        joints: ``[*, M, T, V, C]``.
        frame_mask: ``[*, M, T]`` bool.

    Returns:
        ``[*, V, C]``.
    """
    # argmax returns the first of equal maxima: here the first in (body, frame) order.
    first = frame_mask.flatten(-2).int().argmax(dim=-1)
    poses = joints.flatten(-4, -3)  # [*, M * T, V, C]
    # Not take_along_dim, whose broadcasting keeps a program for any batch size from being exported.
    index = first[..., None, None, None].expand(*first.shape, 1, *poses.shape[-2:])
    return poses.gather(-3, index).squeeze(-3)


def upright_axis(store: SkeletonStore) -> str | None:
    """Return the axis that spines point along in most recordings, ``x``, ``y`` or ``z``, up or down.

    One frame each of bodies spread evenly through the store is measured, in the middle of its track.

    Returns:
        None in two dimensions, for a topology without an upward direction, or where spines share no axis.
    """
    if store.topology.dim != 3 or store.topology.up is None:
        return None
    tracks = torch.linspace(0, len(store.track_row) - 1, min(_BODIES, len(store.track_row))).round().long()
    middle = store.track_first[tracks] + store.track_length[tracks] // 2
    joints, there = store.gather(tracks, middle[:, None].float())
    spine = (joints[:, 0] * store.topology.up[:, None]).sum(dim=1)[there[:, 0]]
    direction = torch.nn.functional.normalize(spine, dim=1).mean(dim=0).abs()
    if not len(spine) or direction.max() < _LEAST:
        return None
    return "xyz"[int(direction.argmax())]


def heading_spread(store: SkeletonStore, clips: Tensor) -> float | None:
    """Measure how differently people face: the circular standard deviation of their headings about y, in radians.

    The main body of each of ``clips [n]`` counts, at its first frame; of more than 65,536 clips as many at most, spread
    evenly. None in two dimensions, for a topology without a direction across, or where no clip shows one.
    """
    if store.topology.dim != 3 or store.topology.across is None:
        return None
    tracks = store.body_ptr[clips[:: max(1, math.ceil(len(clips) / _CLIPS))]]
    joints, there = store.gather(tracks, store.track_first[tracks, None].float())
    across = (joints[:, 0] * store.topology.across[:, None]).sum(dim=1)[there[:, 0]].double()
    angle = torch.atan2(across[:, 2], across[:, 0])[across.norm(dim=1) > 0]
    if not len(angle):
        return None
    concentration = torch.stack([angle.cos().mean(), angle.sin().mean()]).norm().clamp(1e-6, 1)
    return float((-2 * concentration.log()).sqrt())


def bone_lengths(joints: np.ndarray, start: np.ndarray, topology: Topology) -> tuple[np.ndarray, np.ndarray]:
    """Compute mean and coefficient of variation (standard deviation / mean) of every bone length of every body.

    Tracked skeletons vary by a few percent; much more means broken tracking or joints in a wrong order.

    Args:
        joints: `[C, V, n]`, frames of all bodies one after the other, without frames in which a body is absent.
        start: first frame of each body `[k]`, rising from 0.
        topology: gives the bones.

    Returns:
        Means and variations, `[k, E]` float64. The variation of a bone of length 0 (two joints that the sensor reports
        as one) is NaN.
    """
    parent, child = topology.edges.T.numpy()
    frames = np.diff(start, append=joints.shape[2])
    with np.errstate(over="ignore", invalid="ignore"):  # coordinates of 1e30 have no finite lengths
        bones = joints[:, child] - joints[:, parent]
        lengths = np.sqrt(np.einsum("cen,cen->en", bones, bones))
        mean = np.add.reduceat(lengths, start, axis=1, dtype=np.float64) / frames
        lengths -= np.repeat(mean.astype(lengths.dtype), frames, axis=1)
        deviation = np.sqrt(np.add.reduceat(np.square(lengths, out=lengths), start, axis=1, dtype=np.float64) / frames)
        variation = np.where(mean > 0, deviation / np.where(mean > 0, mean, 1), np.nan)
    return mean.T, variation.T
