"""Tracking: from detections in single frames to bodies."""

from __future__ import annotations

import numpy as np


def track_bodies(
    frame: np.ndarray,
    joints: np.ndarray,
    seen: np.ndarray,
    confidence: np.ndarray,
    identity: np.ndarray,
    max_bodies: int = 2,
    max_gap: int = 30,
    gate: float = 0.5,
) -> np.ndarray:
    """Assign each detection of a clip to a body.

    Detections with the same identity are one body. The others are associated greedily,
    frame by frame: of all pairs of a detection and a body that was last seen at most `max_gap` frames before, the one
    with the smallest distance is joined first. The distance is the mean over the joints seen in both. A pair further
    apart than `gate` times the body's size (the diagonal of the box around its joints, in the larger of the two
    detections) is not joined; after a gap it may be twice as far, since people move on unseen. A detection that was
    not joined begins a body.

    Bodies are ranked by the sum over their detections of the mean confidence of their joints, that is, by how much of
    the clip they cover times how sure the estimator was; those beyond `max_bodies` are left out. Ties go to identities
    in their order, then to who came first, so that the result depends on nothing but the input.

    Args:
        frame: number of the frame of each detection `[N]`, in any order.
        joints: `[N, V, C]`, in any unit; ignored where not seen.
        seen: `[N, V]` bool. A detection without a joint that was seen belongs to no body.
        confidence: `[N, V]` in 0 to 1.
        identity: `[N]` integers, -1 where the estimator does not say who it is.
        max_bodies: how many are kept.
        max_gap: the most frames between two detections of a body.
        gate: fraction of its size that a body may move from a frame to the next.

    Returns:
        `[N]` int64, the body of each detection, 0 the first in rank; -1 of none, or of one that was left out.
    """
    there = seen.any(axis=1)
    track = np.full(len(frame), -1)
    known = there & (identity >= 0)
    identities, track[known] = np.unique(identity[known], return_inverse=True)
    joints = np.where(seen[..., None], joints, 0)
    size = _sizes(joints, seen)

    # The last detection of each track that may go on, and the number of that track.
    last, number = np.zeros(0, np.int64), np.zeros(0, np.int64)
    tracks = len(identities)
    alone = np.flatnonzero(there & ~known)
    alone = alone[np.argsort(frame[alone], kind="stable")]
    for now in np.split(alone, np.flatnonzero(np.diff(frame[alone])) + 1) if len(alone) else ():
        recent = frame[now[0]] - frame[last] <= max_gap
        last, number = last[recent], number[recent]
        distance = _distances(joints, seen, now, last)
        reach = gate * np.maximum(size[now][:, None], size[last])
        reach *= np.where(frame[now[0]] - frame[last] > 1, 2, 1)
        for i, k in _greedy(np.where(distance <= reach, distance, np.inf)):
            last[k] = now[i]
            track[now[i]] = number[k]
        new = now[track[now] < 0]
        track[new] = tracks + np.arange(len(new))
        tracks += len(new)
        last, number = np.concatenate([last, new]), np.concatenate([number, track[new]])

    weight = np.bincount(track[there], confidence[there].mean(axis=1), tracks)
    kept = np.argsort(-weight, kind="stable")[:max_bodies]
    body = np.full(tracks + 1, -1)  # the last entry is that of track -1, none
    body[kept] = np.arange(len(kept))
    return body[track]


def _sizes(joints: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Diagonal of the box around the joints of each detection that were seen, [N]; 0 where none was."""
    low = np.where(seen[..., None], joints, np.inf).min(axis=1)
    high = np.where(seen[..., None], joints, -np.inf).max(axis=1)
    return np.linalg.norm(np.where(seen.any(axis=1)[:, None], high - low, 0), axis=1)


def _distances(joints: np.ndarray, seen: np.ndarray, now: np.ndarray, last: np.ndarray) -> np.ndarray:
    """Mean distance [n, k] of the joints seen in both of two detections, infinite where there is none."""
    total, count = np.zeros((len(now), len(last))), np.zeros((len(now), len(last)))
    if len(now) * len(last) <= 64:  # a few people: all joints at once
        both = seen[now][:, None] & seen[last]
        distance = np.linalg.norm(joints[now][:, None] - joints[last], axis=-1)
        total, count = (distance * both).sum(axis=-1), both.sum(axis=-1)
    else:  # a crowd: joint by joint, so that memory holds a matrix of pairs and no more
        for v in range(joints.shape[1]):
            both = seen[now, v][:, None] & seen[last, v]
            total += both * np.linalg.norm(joints[now, v][:, None] - joints[last, v], axis=-1)
            count += both
    return np.where(count > 0, total / np.maximum(count, 1), np.inf)


def _greedy(distance: np.ndarray) -> list[tuple[int, int]]:
    """Pairs (row, column) of a matrix, the smallest entry first, each row and column at most once, no infinite one."""
    pairs: list[tuple[int, int]] = []
    rows, columns = set(), set()
    order = np.argsort(distance, axis=None, kind="stable")[: np.isfinite(distance).sum()]
    for i, k in zip(*(index.tolist() for index in np.unravel_index(order, distance.shape)), strict=True):
        if i not in rows and k not in columns:
            pairs.append((i, k))
            rows.add(i)
            columns.add(k)
    return pairs
