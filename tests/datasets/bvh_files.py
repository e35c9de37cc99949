"""A small BVH file that a person can follow: a body of 180 units, y up, facing +z, its left at +x."""

from __future__ import annotations

BODY = {  # joint: parent, offset
    "Hips": (None, "0 0 0"),
    "Spine": ("Hips", "0 50 0"),
    "Head": ("Spine", "0 30 0"),
    "LeftArm": ("Spine", "20 0 0"),
    "LeftHand": ("LeftArm", "30 0 0"),
    "RightArm": ("Spine", "-20 0 0"),
    "RightHand": ("RightArm", "-30 0 0"),
    "LeftLeg": ("Hips", "10 0 0"),
    "LeftFoot": ("LeftLeg", "0 -90 0"),
    "RightLeg": ("Hips", "-10 0 0"),
    "RightFoot": ("RightLeg", "0 -90 0"),
}
CHANNELS = "3 Zrotation Xrotation Yrotation"
ROOT_CHANNELS = "6 Xposition Yposition Zposition Zrotation Xrotation Yrotation"


def bvh(frames=(), body=BODY, channels=CHANNELS, frame_time="0.0083333", said=None):
    """The text of a file; a frame maps the first numbers of joints to their values, and the others are 0."""
    lines = ["HIERARCHY", *_joint("Hips", body, channels, 0), "MOTION"]
    lines += [f"Frames: {len(frames) if said is None else said}", f"Frame Time: {frame_time}"]
    for frame in frames:
        lines.append(" ".join(_numbers(joint, frame, channels) for joint in _order("Hips", body)))
    return "\n".join(lines) + "\n"


def _children(joint, body):
    return [child for child, (parent, _) in body.items() if parent == joint]


def _order(joint, body):
    return [joint, *(name for child in _children(joint, body) for name in _order(child, body))]


def _joint(joint, body, channels, depth):
    parent, offset = body[joint]
    inside = [f"OFFSET {offset}", f"CHANNELS {channels if parent else ROOT_CHANNELS}"]
    for child in _children(joint, body):
        inside += _joint(child, body, channels, depth + 1)
    if not _children(joint, body):
        inside += ["End Site", "{", "\tOFFSET 0 10 0", "}"]
    return [f"{'JOINT' if parent else 'ROOT'} {joint}", "{", *("\t" + line for line in inside), "}"]


def _numbers(joint, frame, channels):
    count = 6 if joint == "Hips" else int(channels.split()[0])
    values = [*frame.get(joint, ())]
    return " ".join(map(str, values + [0] * (count - len(values))))
