"""The preset `agcn`: what 2s-AGCN's scripts feed to 2s-AGCN, CMD, HiCo and others."""

from __future__ import annotations

import numpy as np

from skgraph.datasets.formats.kinect_recording import Recording
from skgraph.datasets.preparation.presets.turning import turned
from skgraph.datasets.raw_clip import RawClip

_CENTRE = 1
_SLOTS, _MOST_BODIES, _MOST_FRAMES = 4, 2, 300


def agcn(recording: Recording) -> RawClip:
    """Two bodies by their place in the file, centred in every frame, turned by the first.

    In this order: of the first four bodies of each frame, whatever their ids, the two places whose joints spread most
    are kept; the first 300 frames are kept; a place that is empty in the first frame loses all its empty frames, so
    that what is there moves to earlier times; a place that is empty to its end is filled by repeating what came before;
    the first body's SpineMid of each frame is subtracted from both; both are turned so that the first body's spine is
    along z and its shoulders are along x in the first frame. No body is recognised as spurious.

    Source: the preprocessing scripts of 2s-AGCN (after ST-GCN's), as described in its repository. There a file has 300
    frames, filled by repetition, and models crop by the number of frames; here it ends with that number.

    Returns:
        Joints in metres, z up; or a clip that is left out, because nobody is in it.
    """
    places = _places(recording)
    spread = [_spread(place) for place in places]
    order = np.argsort(spread, kind="stable")[::-1][:_MOST_BODIES]
    joints = places[order, :_MOST_FRAMES]
    if not joints.any():
        return RawClip.left_out("nobody in any frame" if recording.frames else "no frames")
    joints = np.stack([_filled(place) for place in joints])
    there = (joints != 0).any(axis=(2, 3))
    joints = np.where(there[..., None, None], joints - joints[:1, :, _CENTRE, None], 0)
    return RawClip(turned(joints, there).astype(np.float32), there)


def _places(recording: Recording) -> np.ndarray:
    """Bodies by their place in the list of each frame, `[4, T, V, 3]`, zero where there is none."""
    num_joints = recording.tracks[0].joints.shape[1] if recording.tracks else 1
    places = np.zeros((_SLOTS, recording.frames, num_joints, 3))
    for track in recording.tracks:
        kept = track.slot < _SLOTS
        places[track.slot[kept], track.frame[kept]] = track.joints[kept]
    return places


def _spread(place: np.ndarray) -> float:
    """Standard deviation over joints and frames in which somebody is there, summed over x, y, z."""
    there = place.sum(axis=(1, 2)) != 0
    return float(place[there].reshape(-1, 3).std(axis=0).sum()) if there.any() else 0.0


def _filled(place: np.ndarray) -> np.ndarray:
    """A place `[T, V, 3]` without empty frames at its start, and with repetitions in place of those at its end."""
    there = place.sum(axis=(1, 2)) != 0
    if not there.any():
        return place
    if not there[0]:
        place = place[there]
        last = len(place)
    else:
        last = int(np.flatnonzero(there)[-1]) + 1
    return place[:last][np.arange(len(there)) % last]
