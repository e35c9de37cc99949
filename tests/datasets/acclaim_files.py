"""Small ASF and AMC files that a person can follow: a body of 32 units, y up, facing +z, its left at +x."""

from __future__ import annotations

BONES = {  # bone: parent, direction, length, axis, degrees of freedom
    "back": ("root", "0 1 0", 8, "0 0 0 XYZ", "rx ry rz"),
    "head": ("back", "0 1 0", 8, "0 0 0 XYZ", ""),
    "larm": ("back", "1 0 0", 6, "0 0 90 XYZ", "rx rz"),
    "rarm": ("back", "-1 0 0", 6, "0 0 -90 XYZ", "rx rz"),
    "lleg": ("root", "0 -1 0", 16, "0 0 0 XYZ", "rx"),
    "rleg": ("root", "0 -1 0", 16, "0 0 0 XYZ", "rx"),
}


def asf(bones=BONES, length="0.45", angle="deg", order="TX TY TZ RX RY RZ", root="", more=""):
    """The text of a skeleton."""
    lines = ["# made by hand", ":version 1.10", ":name VICON", ":units", "  mass 1.0", f"  length {length}"]
    lines += [f"  angle {angle}", ":documentation", "   any text", ":root", f"   order {order}", "   axis XYZ"]
    lines += [root or "   position 0 0 0\n   orientation 0 0 0", ":bonedata"]
    for i, (bone, (_, direction, size, axis, dof)) in enumerate(bones.items(), start=1):
        lines += ["  begin", f"     id {i}", f"     name {bone}", f"     direction {direction}", f"     length {size}"]
        lines += [
            f"     axis {axis}",
            *([f"    dof {dof}", "    limits (-160.0 20.0)", "           (-70 70)"] if dof else []),
        ]
        lines += ["  end"]
    children: dict[str, list[str]] = {}
    for bone, (parent, *_) in bones.items():
        children.setdefault(parent, []).append(bone)
    lines += [
        ":hierarchy",
        "  begin",
        *(f"    {parent} {' '.join(names)}" for parent, names in children.items()),
        "  end",
    ]
    return "\n".join([*lines, more]) + "\n"


def amc(frames, bones=BONES, first=1, head="#!OML:ASF a.ASF\n:FULLY-SPECIFIED\n:DEGREES\n"):
    """The text of a motion; a frame maps bones to their values, and the others are 0."""
    lines = []
    for number, frame in enumerate(frames, start=first):
        lines += [str(number), f"root {frame.get('root', '0 0 0 0 0 0')}"]
        lines += [
            f"{bone} {frame.get(bone, ' '.join('0' for _ in dof.split()))}" for bone, (*_, dof) in bones.items() if dof
        ]
    return head + "\n".join(lines) + "\n"
