"""The preset `agcn`: input of 2s-AGCN, CMD, HiCo and others, as 2s-AGCN's scripts prepare it."""

from __future__ import annotations

import numpy as np

from skgraph.datasets.formats.kinect_recording import Recording
from skgraph.datasets.raw_dataset import NO_FRAMES, NOBODY, RawClip

_CENTRE = 1
# SpineBase and SpineMid; the right and the left shoulder.
_BOTTOM, _TOP, _RIGHT, _LEFT = 0, 1, 8, 4
_SLOTS, _MOST_BODIES, _MOST_FRAMES = 4, 2, 300


def agcn(recording: Recording) -> RawClip:
    """Keep two slots of the tracker's list as bodies, centred in every frame and aligned with the first body.

    In this order: of the first four slots of each frame, whatever their ids, the two whose joints spread most are
    kept; the first 300 frames are kept; a slot that is empty in the first frame loses all its empty frames, which moves
    the others to earlier times; a slot that is empty to its end is filled by repetition; the first body's SpineMid of
    each frame is subtracted from both; both are rotated so that the first body's spine is along z and its shoulders are
    along x in the first frame. No body counts as spurious.

    Source: the preprocessing scripts of 2s-AGCN (after ST-GCN's), as described in its repository. There a file has 300
    frames, filled by repetition, and models crop by the number of frames; here a clip ends with that number.

    Returns:
        Joints in metres, z up; or an excluded clip, if nobody is in it.
    """
    slots = _slots(recording)
    order = np.argsort([_spread(slot) for slot in slots], kind="stable")[::-1][:_MOST_BODIES]
    joints = slots[order, :_MOST_FRAMES]
    if not joints.any():
        return RawClip.left_out(NOBODY if recording.frames else NO_FRAMES)
    joints = np.stack([_filled(slot) for slot in joints])
    present = (joints != 0).any(axis=(2, 3))
    joints = np.where(present[..., None, None], joints - joints[:1, :, _CENTRE, None], 0)
    return RawClip(align_to_first_body(joints, present).astype(np.float32), present)


def _slots(recording: Recording) -> np.ndarray:
    """Return joints by their slot in the tracker's list of each frame, `[4, T, V, 3]`, zero where a slot is empty."""
    num_joints = recording.tracks[0].joints.shape[1] if recording.tracks else 1
    slots = np.zeros((_SLOTS, recording.frames, num_joints, 3))
    for track in recording.tracks:
        kept = track.slot < _SLOTS
        slots[track.slot[kept], track.frame[kept]] = track.joints[kept]
    return slots


def _spread(slot: np.ndarray) -> float:
    """Compute the standard deviation over the joints of all frames that are not empty, summed over x, y, z."""
    present = slot.sum(axis=(1, 2)) != 0
    return float(slot[present].reshape(-1, 3).std(axis=0).sum()) if present.any() else 0.0


def _filled(slot: np.ndarray) -> np.ndarray:
    """Remove empty frames of a slot `[T, V, 3]` that starts empty, and replace those at its end by repetition."""
    present = slot.sum(axis=(1, 2)) != 0
    if not present.any():
        return slot
    slot = slot[: np.flatnonzero(present)[-1] + 1] if present[0] else slot[present]
    return np.resize(slot, (len(present), *slot.shape[1:]))


def align_to_first_body(joints: np.ndarray, present: np.ndarray) -> np.ndarray:
    """Rotate bodies `[M, T, V, 3]` so that in the first frame the first one's spine is along z, its shoulders along x.

    Frames in which a body is absent, by `present [M, T]`, stay as they are.
    """
    for start, end, axis in ((_BOTTOM, _TOP, (0.0, 0.0, 1.0)), (_LEFT, _RIGHT, (1.0, 0.0, 0.0))):
        direction = joints[0, 0, end] - joints[0, 0, start]
        joints = np.where(present[..., None, None], joints @ rotation(direction, np.array(axis)).T, joints)
    return joints


def rotation(direction: np.ndarray, axis: np.ndarray) -> np.ndarray:
    """Return the rotation `[3, 3]` by the smallest angle from a direction to an axis of length 1 (Rodrigues).

    It is the identity where the direction has no length, is the axis already, or is opposite and thus ambiguous.
    """
    normal, cosine = np.cross(direction, axis), float(direction @ axis)
    length, sine = float(np.linalg.norm(direction)), float(np.linalg.norm(normal))
    if sine < 1e-9 * max(length, 1e-9):
        return np.eye(3)
    x, y, z = normal / sine
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + sine / length * cross + (1 - cosine / length) * cross @ cross
