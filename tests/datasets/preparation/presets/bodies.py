"""Bodies that tests put into recordings."""

import numpy as np

from skgraph.datasets.formats.kinect_recording import Recording, Track

# A standing body of 25 joints: 1 high, less than 0.8 wide; SpineMid (1) above SpineBase (0), shoulders (4, 8) along x.
POSE = np.random.default_rng(0).uniform(-0.2, 0.2, (25, 3))
POSE[0], POSE[1], POSE[3] = (0, -0.4, 0), (0, 0, 0), (0, 0.6, 0)
POSE[4], POSE[8] = (-0.2, 0.3, 0), (0.2, 0.3, 0)


def body(frames, at=(0.0, 0.0, 3.0), speed=0.0, slot=0, wide=1.0):
    """A body at some frames; it walks along x at a speed per frame. Joint 20 shows the frame in its z."""
    frame = np.array(list(frames))
    joints = POSE * (wide, 1, 1) + np.array(at) + speed * frame[:, None, None] * np.array([1.0, 0, 0])
    joints[:, 20, 2] = at[2] + frame / 1000
    slots = np.full(len(frame), slot)
    return Track(frame, slots, joints, np.full((len(frame), 25), 1.0))


def recording(frames, *tracks):
    return Recording(frames, list(tracks))


def frame_shown(joints, there):
    """The frames that joint 20 shows, of each body where it is there, given joints [M, T, V, 3] relative to z 3."""
    return [np.rint(joints[m, there[m], 20, 2] * 1000).astype(int).tolist() for m in range(len(joints))]
