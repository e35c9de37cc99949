"""The preset `mamp`: what CTR-GCN's scripts feed to CTR-GCN, MAMP, S-JEPA and GFP."""

from __future__ import annotations

import numpy as np

from skgraph.datasets.formats.kinect_recording import Recording
from skgraph.datasets.preparation.presets.actors import two_actors, without_empty_frames, without_gaps
from skgraph.datasets.preparation.presets.spurious import motion, without_spurious
from skgraph.datasets.raw_clip import RawClip

_CENTRE = 1
_MOST_FRAMES = 300


def mamp(recording: Recording) -> RawClip:
    """Two actors as CTR-GCN and MAMP have them, gaps closed, centred once, neither turned nor scaled.

    In this order: frames without anybody are dropped; a body that vanishes and returns is moved together, so that its
    later frames stand at too early times; of several bodies, those of fewer than 12 frames are dropped, then the flat
    ones; they are ranked by motion and shared out between two actors; frames in which both actors are zero are dropped;
    the first actor's SpineMid in its first frame is subtracted everywhere; the first 300 frames are kept. A recording
    of one body starts with its first frame.

    Source: the preprocessing scripts that CTR-GCN took from SGN and MAMP from CTR-GCN, as described in their
    repositories. There a file has 300 frames, zero at the end; here it ends where they begin. On NTU RGB+D 120 they
    copy a single body into the second place, which `bodies=padded` does not; the mean over bodies is the same.

    Returns:
        Joints in metres; or a clip that is left out, because nobody is in it.
    """
    packed = without_empty_frames(recording)
    tracks = [without_gaps(track) for track in packed.tracks]
    if not tracks:
        return RawClip.left_out("nobody in any frame" if recording.frames else "no frames")
    tracks = sorted(without_spurious(tracks), key=motion, reverse=True)
    if len(tracks) == 1:
        joints = tracks[0].joints[None]
    else:
        joints = two_actors(tracks, packed.frames)
        joints = joints[:, joints.sum(axis=(0, 2, 3)) != 0]
    there = (joints != 0).any(axis=(2, 3))
    if not there.any():
        return RawClip.left_out("nobody in any frame")
    actor = 0 if there[0].any() else 1
    origin = joints[actor, int(np.argmax(there[actor])), _CENTRE]
    joints = np.where(there[..., None, None], joints - origin, 0)[:, :_MOST_FRAMES]
    return RawClip(joints.astype(np.float32), there[:, :_MOST_FRAMES])
