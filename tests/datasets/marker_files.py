"""Small TRC and C3D files: five markers of a person of 1.7 m, y up in TRC, z up in C3D."""

from __future__ import annotations

import io

import numpy as np

MARKERS = {
    "SACR": (0.0, 0.9, 0.0),
    "HEAD": (0.0, 1.7, 0.0),
    "LANK": (0.1, 0.1, 0.0),
    "RANK": (-0.1, 0.1, 0.0),
    "CUP": (1.0, 1.0, 1.0),
}
NAMED = {  # as Pose2Sim and OpenCap name markers
    "RHip": (-0.1, 0.9, 0),
    "RKnee": (-0.1, 0.5, 0),
    "RAnkle": (-0.1, 0.1, 0),
    "LHip": (0.1, 0.9, 0),
    "LKnee": (0.1, 0.5, 0),
    "LAnkle": (0.1, 0.1, 0),
    "Neck": (0, 1.4, 0),
    "Nose": (0, 1.6, 0.1),
    "CUP": (1, 1, 1),
    "RShoulder": (-0.2, 1.4, 0),
    "RElbow": (-0.2, 1.1, 0),
    "RWrist": (-0.2, 0.9, 0),
    "LShoulder": (0.2, 1.4, 0),
    "LElbow": (0.2, 1.1, 0),
    "LWrist": (0.2, 0.9, 0),
}
TOPOLOGY = {
    "name": "markers",
    "dim": 3,
    "joints": {"SACR": None, "HEAD": "SACR", "LANK": "SACR", "RANK": "SACR"},
    "mirror": {"LANK": "RANK"},
    "parts": {"all": ["SACR", "HEAD", "LANK", "RANK"]},
    "center": "SACR",
}


def motion(frames=4, markers=MARKERS):
    """A person who walks along z, in metres, `[T, K, 3]`."""
    return np.array(list(markers.values())) + np.arange(frames)[:, None, None] * [0, 0, 0.1]


def trc(positions=None, names=tuple(MARKERS), rate=50, units="m", said=None):
    """The text of a TRC file; NaN is a blank."""
    positions = motion() if positions is None else positions
    keys = "DataRate CameraRate NumFrames NumMarkers Units OrigDataRate OrigDataStartFrame OrigNumFrames".split()
    frames = len(positions) if said is None else said
    values = [rate, rate, frames, len(names), units, rate, 1, frames]
    lines = ["PathFileType\t4\t(X/Y/Z)\twalk.trc", "\t".join(keys), "\t".join(map(str, values))]
    lines.append("Frame#\tTime\t" + "\t\t\t".join(names) + "\t\t")
    lines += ["\t\t" + "\t".join(f"{axis}{i}" for i in range(1, len(names) + 1) for axis in "XYZ"), ""]
    for t, frame in enumerate(positions):
        cells = ["" if np.isnan(value) else f"{value:.6f}" for value in frame.ravel()]
        lines.append("\t".join([str(t + 1), f"{t / 50:.3f}", *cells]))
    return "\n".join(lines) + "\n"


def c3d(positions=None, names=tuple(MARKERS), rate=50.0, units="mm", screen=("+X", "+Z"), scale=-1.0):
    """The bytes of a C3D file; NaN was not seen. Positions are in metres, y up."""
    from c3d import Writer

    positions = motion() if positions is None else positions
    writer = Writer(point_rate=rate, point_scale=scale)
    writer.set_point_labels(list(names))
    writer.point_group.add_str("UNITS", "of length", units, len(units))
    if screen:
        writer.set_screen_axis(*screen)
    factor = {"mm": 1000.0, "cm": 100.0}.get(units, 1.0)
    frames = []
    for frame in positions:
        x, y, z = (frame * factor).T
        turned = np.stack([x, y, z] if screen and screen[1] == "+Y" else [x, -z, y], axis=1)
        points = np.zeros((len(frame), 5), np.float32)
        points[:, :3] = np.nan_to_num(turned)
        points[np.isnan(turned).any(axis=1), 3:] = -1
        frames.append((points, np.array([[]])))
    writer.add_frames(frames)
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()
