"""Selection of bodies: spurious tracks, ranking by motion and two actors, as in CTR-GCN, MAMP and PYSKL."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from skgraph.datasets.formats.kinect_recording import Recording, Track

# Thresholds of the preparations of NTU RGB+D by SGN, CTR-GCN, MAMP and PYSKL.
_MIN_FRAMES = 12
_WIDE, _WIDE_SHARE = 0.8, 0.69754


def is_short(track: Track) -> bool:
    """Return whether a body is present for fewer than 12 frames."""
    return len(track) < _MIN_FRAMES


def wide_frames(track: Track) -> np.ndarray:
    """Return the frames in which a body is wider than 0.8 of its height, as furniture is: `[frames]` bool."""
    extent = np.ptp(track.joints, axis=1)
    return extent[:, 0] > _WIDE * extent[:, 1]


def without_spurious(tracks: list[Track]) -> list[Track]:
    """Drop short bodies, then those that are wide in 69.754 % of their frames or more, but not the last one."""
    if len(tracks) > 1:
        tracks = [track for track in tracks if not is_short(track)] or tracks
    if len(tracks) > 1:
        tracks = [track for track in tracks if wide_frames(track).mean() < _WIDE_SHARE] or tracks[-1:]
    return tracks


def ranked_by_motion(tracks: list[Track]) -> list[Track]:
    """Sort bodies by their motion, largest first.

    Motion is the variance of the joint positions over joints and frames, summed over x, y, z. Where it is smaller
    without the wide frames, that value counts.
    """
    return sorted(tracks, key=_motion, reverse=True)


def _motion(track: Track) -> float:
    upright = track.joints[~wide_frames(track)]
    return min(float(part.reshape(-1, 3).var(axis=0).sum()) for part in (track.joints, upright) if len(part))


def without_empty_frames(recording: Recording) -> Recording:
    """Drop the frames without anybody."""
    present = np.unique(np.concatenate([np.zeros(0, np.int64), *(track.frame for track in recording.tracks)]))
    tracks = [replace(track, frame=np.searchsorted(present, track.frame)) for track in recording.tracks]
    return Recording(len(present), tracks)


def without_gaps(track: Track) -> Track:
    """Number the frames of a track consecutively, from its first."""
    return replace(track, frame=track.frame[0] + np.arange(len(track)))


def two_actors(tracks: list[Track], frames: int) -> np.ndarray:
    """Assign ranked bodies to two actors by whether they overlap in time.

    The first body is the first actor. Each further one, in order, joins the first actor if their spans of time share at
    most one frame, else the second under the same condition, whose span starts at frame 0; else it is dropped. Where
    two bodies of an actor overlap, the later one in the list wins.

    Returns:
        joints `[2, frames, V, 3]`, zero where an actor is absent.
    """
    joints = np.zeros((2, frames, *tracks[0].joints.shape[1:]))
    spans = [(int(tracks[0].frame[0]), int(tracks[0].frame[-1])), (0, 0)]
    joints[0, tracks[0].frame] = tracks[0].joints
    for track in tracks[1:]:
        start, end = int(track.frame[0]), int(track.frame[-1])
        for actor, (first, last) in enumerate(spans):
            if min(last, end) - max(first, start) <= 0:
                joints[actor, track.frame] = track.joints
                spans[actor] = min(first, start), max(last, end)
                break
    return joints
