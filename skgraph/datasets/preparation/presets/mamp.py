"""The preset `mamp`: input of CTR-GCN, MAMP, S-JEPA and GFP, as CTR-GCN's scripts prepare it."""

from __future__ import annotations

import numpy as np

from skgraph.datasets.formats.kinect_recording import Recording
from skgraph.datasets.preparation.presets.body_selection import (
    ranked_by_motion,
    two_actors,
    without_empty_frames,
    without_gaps,
    without_spurious,
)
from skgraph.datasets.raw_dataset import NO_FRAMES, NOBODY, RawClip

_CENTRE = 1
_MOST_FRAMES = 300


def mamp(recording: Recording) -> RawClip:
    """Assign bodies to two actors, close gaps, centre once; neither rotate nor scale.

    In this order: frames without anybody are dropped; the gaps of a body that vanishes and returns are closed,
    which moves its later frames to too early times; of several bodies, those of fewer than 12 frames are dropped, then
    the wide ones; the others are ranked by motion and assigned to two actors; frames without both actors are dropped;
    the first actor's SpineMid in its first frame is subtracted everywhere; the first 300 frames are kept. A recording
    of one body starts with its first frame.

    Source: the preprocessing scripts that CTR-GCN took from SGN and MAMP from CTR-GCN, as described in their
    repositories. There a file has 300 frames, zero at the end; here a clip ends before them. On NTU RGB+D 120 they
    copy a single body to the second actor, which `bodies=padded` does not; the mean over bodies is the same.

    Returns:
        Joints in metres; or an excluded clip, if nobody is in it.
    """
    packed = without_empty_frames(recording)
    tracks = [without_gaps(track) for track in packed.tracks]
    if not tracks:
        return RawClip.left_out(NOBODY if recording.frames else NO_FRAMES)
    tracks = ranked_by_motion(without_spurious(tracks))
    if len(tracks) == 1:
        joints = tracks[0].joints[None]
    else:
        joints = two_actors(tracks, packed.frames)
        joints = joints[:, joints.sum(axis=(0, 2, 3)) != 0]
    present = (joints != 0).any(axis=(2, 3))
    if not present.any():
        return RawClip.left_out(NOBODY)
    actor = 0 if present[0].any() else 1
    origin = joints[actor, int(np.argmax(present[actor])), _CENTRE]
    joints = np.where(present[..., None, None], joints - origin, 0)
    return RawClip(joints[:, :_MOST_FRAMES].astype(np.float32), present[:, :_MOST_FRAMES])
