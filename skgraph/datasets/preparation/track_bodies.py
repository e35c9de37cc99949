"""Tracking of bodies through detections in single frames."""

from __future__ import annotations

import numpy as np

_MAX_GAP = 30  # frames between two detections of a body
_GATE = 0.5  # fraction of its size that a body may move from a frame to the next


def track_bodies(
    frame: np.ndarray,
    joints: np.ndarray,
    seen: np.ndarray,
    confidence: np.ndarray,
    identity: np.ndarray,
    max_bodies: int = 2,
) -> np.ndarray:
    """Assign each detection of a clip to a body.

    Detections with the same identity are one body. The others are associated greedily, frame by frame: of all pairs of
    a detection and a body that was last seen at most 30 frames before, the one with the smallest distance is joined
    first. The distance is the mean over the joints seen in both. A pair further apart than half of the body's size (the
    diagonal of the box around its joints, in the larger of the two detections) is not joined; after a gap it may be
    twice as far, since people move on unseen. A detection that was not joined begins a body.

    Bodies are ranked by the sum over their detections of the mean confidence of their joints. Ties go to identities in
    their order, then to the earlier body, so that the result depends on the input only.

    Args:
        frame: number of the frame of each detection `[N]`, in any order.
        joints: `[N, V, C]`, in any unit; ignored where not seen.
        seen: `[N, V]` bool. A detection without a joint that was seen belongs to no body.
        confidence: `[N, V]` in 0 to 1.
        identity: `[N]` integers, -1 where unknown.
        max_bodies: largest number of bodies.

    Returns:
        `[N]` int64, the body of each detection, 0 the first in rank; -1 without a body or of one that was left out.
    """
    there = seen.any(axis=1)
    track = np.full(len(frame), -1)
    known = there & (identity >= 0)
    identities, track[known] = np.unique(identity[known], return_inverse=True)
    joints = np.where(seen[..., None], joints, 0)
    size = _sizes(joints, seen)

    # The last detection of each track that may continue, and the number of that track.
    last, number = np.zeros(0, np.int64), np.zeros(0, np.int64)
    tracks = len(identities)
    alone = np.flatnonzero(there & ~known)
    alone = alone[np.argsort(frame[alone], kind="stable")]
    for now in np.split(alone, np.flatnonzero(np.diff(frame[alone])) + 1) if len(alone) else ():
        gap = frame[now[0]] - frame[last]
        recent = gap <= _MAX_GAP
        last, number, gap = last[recent], number[recent], gap[recent]
        reach = _GATE * np.maximum(size[now][:, None], size[last]) * np.where(gap > 1, 2, 1)
        distance = _distances(joints, seen, now, last)
        distance[distance > reach] = np.inf
        while np.isfinite(distance.min(initial=np.inf)):
            i, k = np.unravel_index(distance.argmin(), distance.shape)
            last[k], track[now[i]] = now[i], number[k]
            distance[i], distance[:, k] = np.inf, np.inf
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
    """Compute the diagonal of the box around the seen joints of each detection, [N]; 0 where none was seen."""
    low = np.where(seen[..., None], joints, np.inf).min(axis=1)
    high = np.where(seen[..., None], joints, -np.inf).max(axis=1)
    return np.linalg.norm(np.where(np.any(seen, axis=1)[:, None], high - low, 0), axis=1)


def _distances(joints: np.ndarray, seen: np.ndarray, now: np.ndarray, last: np.ndarray) -> np.ndarray:
    """Compute the mean distance [n, k] of the joints seen in both of two detections, infinite where there is none."""
    means = np.full((len(now), len(last)), np.inf)
    for i, detection in enumerate(now):
        both = seen[detection] & seen[last]
        total = (np.linalg.norm(joints[detection] - joints[last], axis=-1) * both).sum(axis=-1)
        np.divide(total, both.sum(axis=-1), out=means[i], where=both.any(axis=-1))
    return means
