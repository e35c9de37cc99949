"""The preset `pyskl`: input of PYSKL's and mmaction2's models, as PYSKL's script and transforms prepare it."""

from __future__ import annotations

import numpy as np

from skgraph.datasets.formats.kinect_recording import Recording
from skgraph.datasets.preparation.presets.agcn import align_to_first_body
from skgraph.datasets.preparation.presets.body_selection import is_short, ranked_by_motion, two_actors, without_spurious
from skgraph.datasets.raw_dataset import NOBODY, NOBODY_LONG_ENOUGH, RawClip

_CENTRE = 1


def pyskl(recording: Recording) -> RawClip:
    """Assign bodies to two actors at their own times, centred and aligned by the first one's first pose.

    In this order: bodies of fewer than 12 frames are dropped, and of several bodies the wide ones; they are ranked by
    motion and assigned to two actors; if the second is present for longer than the first, the two are swapped;
    frames without the first actor are dropped; its SpineMid in the first frame is subtracted everywhere; both are
    rotated so that its spine is along z and its shoulders are along x in that frame.

    Source: PYSKL's preparation script for NTU RGB+D and its transform for 3D skeletons, as described in its repository.

    Returns:
        Joints in metres, z up; or an excluded clip, if no body is present for 12 frames.
    """
    tracks = [track for track in recording.tracks if not is_short(track)]
    if not tracks:
        return RawClip.left_out(NOBODY_LONG_ENOUGH if recording.tracks else NOBODY)
    tracks = ranked_by_motion(without_spurious(tracks))
    joints = two_actors(tracks, recording.frames)
    present = (joints != 0).any(axis=(2, 3))
    if present[1].sum() > present[0].sum():
        joints, present = joints[::-1], present[::-1]
    if not present[0].any():
        return RawClip.left_out(NOBODY)
    joints, present = joints[:, present[0]], present[:, present[0]]
    joints = np.where(present[..., None, None], joints - joints[0, 0, _CENTRE], 0)
    return RawClip(align_to_first_body(joints, present).astype(np.float32), present)
