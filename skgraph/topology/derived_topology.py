"""Topologies of skeletons that say no more than names, bones and a rest pose."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from skgraph.errors import ConfigError
from skgraph.topology.joint_names import landmarks_by_name, mirror_pairs
from skgraph.topology.topology import Topology

_APART = 0.05  # fraction of the skeleton's size: least distance of joints that give a direction
_STEEP = 0.5  # least cosine of the angle between a spine and the vertical


def derive_topology(
    name: str,
    parents: Mapping[str, str | None],
    rest: np.ndarray,
    up: str = "y",
    pairs: Mapping[str, str] | None = None,
    source: str = "",
) -> Topology:
    """Derive symmetry, body parts and directions of a skeleton from the names of its joints and its rest pose.

    Names give mirror counterparts (`mirror_pairs`); a pair is in the mirror if it maps bones to bones, so that a finger
    of only one hand removes that arm from the mirror. A limb begins at a joint with a counterpart whose parent has
    none, and is a body part named after its first joint; all other joints are the part ``torso``. In a skeleton without
    pairs every branch of the root is a part. The center is the root.

    The rest pose gives directions. ``across`` joins the first separate pair in the largest limbs that branch off above
    the lowest ones (the arms above the legs), or else in the lowest. ``up`` leads, bottom to top, from the joint where
    the lowest limbs branch off to the joint where these largest limbs do, if it is within 60 degrees of the vertical;
    else from the hips to the neck by their names. Directions that cannot be determined are left out.

    Args:
        name: name of the topology.
        parents: joint -> its parent, None of the root, which comes first; parents before their children.
        rest: positions ``[V, 3]`` of the joints in the rest pose.
        up: vertical axis of the rest pose, `y` or `z`.
        pairs: left -> right joint, if names do not tell them.
        source: origin of the skeleton, quoted in errors.

    Raises:
        ConfigError: the axis is another one.
        TopologyError: the bones are not a tree.
    """
    if up not in ("y", "z"):
        raise ConfigError(f"up must be y or z, the axis of the file that points up, found '{up}'")
    pairs = mirror_pairs(parents) if pairs is None else pairs
    limbs = _limbs(parents, pairs)
    root = next(iter(parents))
    torso = root if "torso" in limbs else "torso"
    in_limbs = {joint for limb in limbs.values() for joint in limb}
    mapping = {
        "name": name,
        "dim": 3,
        "joints": dict(parents),
        "mirror": _symmetric(parents, pairs),
        "parts": {torso: [joint for joint in parents if joint not in in_limbs], **limbs},
        "center": root,
        **_directions(parents, pairs, limbs, dict(zip(parents, rest, strict=True)), "xyz".index(up)),
    }
    return Topology.from_dict(mapping, source)


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
    joint_at = {landmark: joint for joint, landmark in landmarks_by_name(parents).items()}
    if "up" not in directions and {"hip_center", "shoulder_center"} <= set(joint_at):
        directions["up"] = {"from": joint_at["hip_center"], "to": joint_at["shoulder_center"]}
    return directions
