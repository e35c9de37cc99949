"""Topologies of BVH files, with symmetry and body parts from names and the rest pose."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from skgraph.datasets.formats.bvh_file import BvhFile
from skgraph.errors import ConfigError, DataError
from skgraph.topology import Topology

_RIGHT = {"left": "right", "Left": "Right", "LEFT": "RIGHT", "l": "r", "L": "R"}
# Sides as a word (LeftArm), a letter (L_Arm, Arm.L, Bip01 L Arm), a prefix (lfemur, LHipJoint), a suffix (ShoulderL).
_LEFT = (
    r"left|Left|LEFT",
    r"(?<![^\W_])[lL](?![^\W_])",
    r"(?<![^\W_])[lL](?=[^\W\d_])",
    r"(?<=[^\W_])[lL](?![^\W_])",
)
_APART = 0.05  # fraction of the skeleton's size: least distance of joints that give a direction
_STEEP = 0.5  # least cosine of the angle between a spine and the vertical


def mirror_pairs(names: Iterable[str]) -> dict[str, str]:
    """Find the pairs of names that differ only in their side, as ``{left: right}``.

    A side is ``left`` or ``right`` anywhere in a name, or ``l`` or ``r`` as a prefix, a suffix or a single letter, each
    also in capitals. Both names must be present, so that ``lowerback`` has no counterpart.
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


def bvh_topology(source: str | Path | BvhFile, end_sites: bool = False, up: str = "y") -> Topology:
    """Derive a topology from the hierarchy of a BVH file.

    Joints and parents are those of the file. Names give mirror counterparts (`mirror_pairs`); a pair is in the mirror
    if it maps bones to bones, so that a finger of only one hand removes that arm from the mirror. A limb begins at a
    joint with a counterpart whose parent has none, and is a body part named after its first joint; all other joints are
    the part ``torso``. In a file without pairs every branch of the root is a part. The center is the root.

    The rest pose gives directions. ``across`` joins the first separate pair in the largest limbs that branch off above
    the lowest ones (the arms above the legs), or else in the lowest; ``up`` leads from the joint where the lowest limbs
    branch off to that of the former, if it is within 60 degrees of the vertical. Directions that the file does not
    determine are left out.

    ``yaml.safe_dump(bvh_topology("walk.bvh").to_dict(), sort_keys=False)`` is the text of a topology file to edit.

    Args:
        source: the file.
        end_sites: whether End Sites become joints, named ``<Joint>End``.
        up: the file's vertical axis, `y` or `z`.

    Raises:
        ConfigError: the axis is another one.
        DataError: the file is not a BVH file, or an End Site has the name of a joint.
    """
    if up not in ("y", "z"):
        raise ConfigError(f"up must be y or z, the axis of the file that points up, found '{up}'")
    file = source if isinstance(source, BvhFile) else BvhFile.open(source)
    kept = [i for i, joint in enumerate(file.joints) if end_sites or not joint.is_end]
    parents: dict[str, str | None] = {}
    for joint in (file.joints[i] for i in kept):
        if joint.name in parents:
            raise DataError(f"'{file.path}': an End Site and a joint would both have the name '{joint.name}'")
        parents[joint.name] = None if joint.parent < 0 else file.joints[joint.parent].name
    pairs = mirror_pairs(joint.name for joint in file.joints if not joint.is_end)
    if end_sites:  # End Sites are named after their joints, and have their sides
        ends = {file.joints[joint.parent].name: joint.name for joint in file.joints if joint.is_end}
        pairs |= {ends[left]: ends[right] for left, right in pairs.items() if left in ends and right in ends}
    limbs = _limbs(parents, pairs)
    rest = dict(zip(parents, file.rest[kept], strict=True))
    root = next(iter(parents))
    torso = root if "torso" in limbs else "torso"
    in_limbs = {joint for limb in limbs.values() for joint in limb}
    mapping = {
        "name": f"bvh_{len(parents)}",
        "dim": 3,
        "joints": parents,
        "mirror": _symmetric(parents, pairs),
        "parts": {torso: [joint for joint in parents if joint not in in_limbs], **limbs},
        "center": root,
        **_directions(parents, pairs, limbs, rest, "xyz".index(up)),
    }
    return Topology.from_dict(mapping, str(file.path))


def _symmetric(parents: Mapping[str, str | None], pairs: Mapping[str, str]) -> dict[str, str]:
    """Drop the pairs that do not map bones to bones."""
    pairs = dict(pairs)
    while True:
        image: dict[Any, Any] = {**pairs, **{right: left for left, right in pairs.items()}}
        broken = {
            child if child in image else parent
            for child, parent in parents.items()
            if parents[image.get(child, child)] != image.get(parent, parent)
        }
        if not broken:
            return pairs
        pairs = {left: right for left, right in pairs.items() if not broken & {left, right}}


def _limbs(parents: Mapping[str, str | None], pairs: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the joints of each limb by its first one, in the order of the file; the root is in none."""
    sided = {*pairs, *pairs.values()}
    limbs: dict[str, list[str]] = {}
    limb_of: dict[str, list[str]] = {}
    for joint, parent in parents.items():
        if parent in limb_of:
            limb_of[joint] = limb_of[parent]
        elif parent is not None and (joint in sided or (not sided and parents[parent] is None)):
            limb_of[joint] = limbs[joint] = []
        if joint in limb_of:
            limb_of[joint].append(joint)
    return limbs


def _directions(
    parents: Mapping[str, str | None],
    pairs: Mapping[str, str],
    limbs: Mapping[str, list[str]],
    rest: Mapping[str, np.ndarray],
    vertical: int,
) -> dict[str, Any]:
    """Return ``across`` and ``up`` of a topology file, if the rest pose gives them."""
    depth: dict[str | None, int] = {None: 0}
    for joint, parent in parents.items():
        depth[joint] = depth[parent] + 1
    # Limbs that branch off the same joint, with its distance from the root.
    branches = [
        (depth[parents[left]], left)
        for left, right in pairs.items()
        if left in limbs and right in limbs and parents[left] == parents[right]
    ]
    if not branches:
        return {}
    lowest, low_limb = min(branches, key=lambda branch: branch[0])
    higher = [left for level, left in branches if level > lowest]
    high_limb = max(higher, key=lambda left: len(limbs[left]), default=None)
    positions = np.stack(list(rest.values()))
    apart = _APART * float(np.ptp(positions, axis=0).max())
    directions: dict[str, Any] = {}
    for left in limbs[high_limb or low_limb]:
        if left in pairs and np.linalg.norm(rest[left] - rest[pairs[left]]) > apart:
            directions["across"] = {"from": pairs[left], "to": left}
            break
    if high_limb is not None:
        bottom, top = sorted((str(parents[low_limb]), str(parents[high_limb])), key=lambda joint: rest[joint][vertical])
        spine = rest[top] - rest[bottom]
        if np.linalg.norm(spine) > apart and spine[vertical] > _STEEP * np.linalg.norm(spine):
            directions["up"] = {"from": bottom, "to": top}
    return directions
