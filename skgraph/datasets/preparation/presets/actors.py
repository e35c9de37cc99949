"""Tracks shared out between two actors, as CTR-GCN, MAMP and PYSKL do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from skgraph.datasets.formats.kinect_recording import Recording, Track


def without_empty_frames(recording: Recording) -> Recording:
    """The recording without the frames in which nobody is: later ones move up."""
    there = np.unique(np.concatenate([track.frame for track in recording.tracks] or [np.zeros(0, np.int64)]))
    tracks = [replace(track, frame=np.searchsorted(there, track.frame)) for track in recording.tracks]
    return Recording(len(there), tracks)


def without_gaps(track: Track) -> Track:
    """The track with its frames one after the other from its first: what came after a gap moves to earlier times."""
    return replace(track, frame=track.frame[0] + np.arange(len(track)))


def two_actors(tracks: list[Track], frames: int) -> np.ndarray:
    """Places the bodies in two rows by whether they overlap in time.

    The first body is the first actor. Each further one, in order, joins the first actor if their spans of time share at
    most one frame, else the second under the same condition, whose span starts at frame 0; else it is dropped. Where a
    row has two bodies, the later one in the list wins.

    Args:
        tracks: bodies in the order of their rank.
        frames: length of the result.

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
