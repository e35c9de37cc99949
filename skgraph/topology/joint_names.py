"""What a joint is, by its name: its side, its mirror counterpart, and its landmark.

``topologies/maps/joint_names.yaml`` lists how software and datasets name the joints of a body.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

import yaml

from skgraph._internal.data_dir import data_dir
from skgraph.topology.landmarks import mirrored
from skgraph.topology.topology_file import read_topology_file

_RIGHT = {"left": "right", "Left": "Right", "LEFT": "RIGHT", "l": "r", "L": "R"}
# Sides as a word (LeftArm), a letter (L_Arm, Arm.L, Bip01 L Arm), a prefix (lfemur, LHipJoint), a suffix (ShoulderL).
_LEFT = (
    r"left|Left|LEFT",
    r"(?<![^\W_])[lL](?![^\W_])",
    r"(?<![^\W_])[lL](?=[^\W\d_])",
    r"(?<=[^\W_])[lL](?![^\W_])",
)
_PREFIX = re.compile(r".*[:|]|mixamorig\d*|(valvebiped\.)?bip\d+|cc_base_|j_bip_(c_)?|(def|org)-|k4abt_joint_", re.I)
_FEWEST = 0.5  # share of a scheme's landmarks that a skeleton must name


def mirror_pairs(names: Iterable[str]) -> dict[str, str]:
    """Find the pairs of names that differ only in their side, as ``{left: right}``.

    A side is ``left`` or ``right`` anywhere in a name, or ``l`` or ``r`` as a prefix, a suffix or a single letter, each
    also in capitals. Both names must be present, so that ``lowerback`` has no counterpart.

    >>> mirror_pairs(["Hips", "UpperArm_L", "UpperArm_R", "lowerback"])
    {'UpperArm_L': 'UpperArm_R'}
    """
    unpaired = dict.fromkeys(names)
    pairs = {}
    for left in list(unpaired):
        for pattern in _LEFT:
            right = re.sub(pattern, lambda found: _RIGHT[found[0]], left)
            if right != left and left in unpaired and right in unpaired:
                pairs[left] = right
                del unpaired[left], unpaired[right]
                break
    return pairs


def landmarks_by_name(joints: Iterable[str]) -> dict[str, str]:
    """Return joint -> landmark of the joints of a skeleton, by the naming scheme that knows most of its joints.

    Args:
        joints: names of all joints of the skeleton.

    Returns:
        The landmarks of the joints that the scheme names; empty if every scheme lacks half of its landmarks or more.

    >>> joints = ["pelvis", *(f"{bone}_{side}" for side in "lr" for bone in ("thigh", "calf", "foot", "ball"))]
    >>> joints += [f"{bone}_{side}" for side in "lr" for bone in ("clavicle", "upperarm", "lowerarm", "hand")]
    >>> landmarks_by_name(joints)["lowerarm_r"]
    'elbow_right'
    """
    pairs = mirror_pairs(joints := list(joints))
    left_of = {right: left for left, right in pairs.items()}
    joint_of: dict[tuple[str, str], str] = {}  # side, key: joint
    for joint in joints:
        side = "right" if joint in left_of else "left" if joint in pairs else ""
        joint_of.setdefault((side, _key(left_of.get(joint, joint), bool(side))), joint)
    best: dict[str, str] = {}
    best_rank = (0, 0.0)
    for scheme in _schemes():
        found: dict[str, str] = {}  # landmark: joint
        for (side, key), landmark in scheme.items():
            if (side, key) in joint_of:
                found.setdefault(landmark, joint_of[side, key])
        share = len(found) / len(set(scheme.values()))
        if share > _FEWEST and (len(found), share) > best_rank:
            best, best_rank = {joint: landmark for landmark, joint in found.items()}, (len(found), share)
    return {joint: best[joint] for joint in joints if joint in best}


def _key(name: str, sided: bool) -> str:
    """Reduce the name of a joint, in the middle or on the left, to the part that naming schemes compare."""
    name = name[match.end() :] if (match := _PREFIX.match(name)) else name
    if sided:
        name = next(stem for pattern in _LEFT if (stem := re.sub(pattern, "", name, count=1)) != name)
    return re.sub(r"[\W_]", "", name).casefold()


@cache
def _schemes() -> list[dict[tuple[str, str], str]]:
    """Return side and key -> landmark of every naming scheme; those of topologies that ship come last."""
    folder = data_dir("topologies")
    listed = yaml.safe_load((folder / "maps" / "joint_names.yaml").read_text(encoding="utf-8"))
    shipped = [read_topology_file(path).get("landmarks", {}) for path in sorted(folder.glob("*.yaml"))]
    schemes = []
    for landmarks in [*(scheme["joints"] for scheme in listed.values()), *filter(None, shipped)]:
        scheme: dict[tuple[str, str], str] = {}
        for joint, landmark in landmarks.items():
            if sided := landmark.endswith("_left"):
                scheme["right", _key(joint, sided)] = mirrored(landmark)
            scheme["left" if sided else "", _key(joint, sided)] = landmark
        schemes.append(scheme)
    return schemes
