"""The preset `pyskl`: what PYSKL's annotations and its 3D normalisation feed to PYSKL's and mmaction2's models."""

from __future__ import annotations

import numpy as np

from skgraph.datasets.formats.kinect_recording import Recording
from skgraph.datasets.preparation.presets.actors import two_actors
from skgraph.datasets.preparation.presets.spurious import is_flat, is_short, motion
from skgraph.datasets.preparation.presets.turning import turned
from skgraph.datasets.raw_clip import RawClip

_CENTRE = 1


def pyskl(recording: Recording) -> RawClip:
    """Two actors at their own times, relative to the first one's first pose, turned by it.

    In this order: bodies of fewer than 12 frames are dropped, and of several bodies the flat ones; they are ranked by
    motion and shared out between two actors; if the second is there for longer than the first, the two change places;
    frames without the first actor are dropped; its SpineMid in the first frame is subtracted everywhere; both are
    turned so that its spine is along z and its shoulders are along x in that frame.

    Source: PYSKL's preparation script for NTU RGB+D and its transform for 3D skeletons, as described in its repository.

    Returns:
        Joints in metres, z up; or a clip that is left out, because no body is there for 12 frames.
    """
    tracks = [track for track in recording.tracks if not is_short(track)]
    if not tracks:
        return RawClip.left_out("no body in 12 frames" if recording.tracks else "nobody in any frame")
    if len(tracks) > 1:
        tracks = [track for track in tracks if not is_flat(track)] or tracks
    tracks.sort(key=motion, reverse=True)
    joints = two_actors(tracks, recording.frames)
    there = (joints != 0).any(axis=(2, 3))
    if there[1].sum() > there[0].sum():
        joints, there = joints[::-1], there[::-1]
    kept = there[0]
    joints, there = joints[:, kept], there[:, kept]
    joints = np.where(there[..., None, None], joints - joints[0, 0, _CENTRE], 0)
    return RawClip(turned(joints, there).astype(np.float32), there)
