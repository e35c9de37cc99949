"""Landmarks of the body, by which joints of different skeletons stand for each other.

``topologies/maps/landmarks.yaml`` holds the vocabulary and the stand-ins for landmarks that a skeleton lacks. A
topology declares the landmarks of its joints in its own file.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import yaml

from skgraph._internal.data_dir import data_dir


@cache
def _content() -> dict[str, Any]:
    return yaml.safe_load((data_dir("topologies") / "maps" / "landmarks.yaml").read_text(encoding="utf-8"))


@cache
def vocabulary() -> tuple[str, ...]:
    """Return all landmarks, each one on the left followed by its mirror image.

    >>> vocabulary()[:3]
    ('hip_center', 'spine_low', 'spine_mid')
    """
    return tuple(dict.fromkeys(image for word in _content()["landmarks"] for image in (word, mirrored(word))))


def mirrored(landmark: str) -> str:
    """Return the landmark on the other side of the body; one in the middle is its own mirror image.

    >>> mirrored("knee_left"), mirrored("nose")
    ('knee_right', 'nose')
    """
    for side, other in (("_left", "_right"), ("_right", "_left")):
        if landmark.endswith(side):
            return landmark.removesuffix(side) + other
    return landmark


def complete(landmarks: Mapping[str, str], mirror: Mapping[str, str]) -> dict[str, str]:
    """Add the mirror counterparts of joints whose landmarks are known.

    Args:
        landmarks: joint -> landmark.
        mirror: left -> right joint.

    >>> complete({"thigh_l": "hip_left"}, {"thigh_l": "thigh_r"})
    {'thigh_r': 'hip_right', 'thigh_l': 'hip_left'}
    """
    counterpart = {**mirror, **{right: left for left, right in mirror.items()}}
    added = {counterpart[joint]: mirrored(mark) for joint, mark in landmarks.items() if joint in counterpart}
    return {**added, **landmarks}


def joint_weights(landmark: str, joint_at: Mapping[str, str]) -> dict[str, float]:
    """Return the joints whose weighted mean is at a landmark, or stands in for it; empty if there are none.

    Args:
        landmark: one of :func:`vocabulary`.
        joint_at: landmark -> joint, of a skeleton.

    Returns:
        joint -> weight; the weights sum to 1.

    >>> joint_weights("hip_center", {"hip_left": "thigh_l", "hip_right": "thigh_r"})
    {'thigh_l': 0.5, 'thigh_r': 0.5}
    """
    return _joint_weights(landmark, joint_at, frozenset())


def _joint_weights(landmark: str, joint_at: Mapping[str, str], asked: frozenset[str]) -> dict[str, float]:
    if landmark in joint_at:
        return {joint_at[landmark]: 1.0}
    asked |= {landmark}  # a stand-in never asks for the landmark that it stands in for
    for stand_in in _stand_ins(landmark):
        means = [] if asked & set(stand_in) else [_joint_weights(other, joint_at, asked) for other in stand_in]
        if means and all(means):
            total: dict[str, float] = {}
            for mean, weight in zip(means, stand_in.values(), strict=True):
                for joint, share in mean.items():
                    total[joint] = total.get(joint, 0.0) + share * weight / sum(stand_in.values())
            return total
    return {}


def _stand_ins(landmark: str) -> list[dict[str, float]]:
    """Return the weights of other landmarks that stand in for one, in order of preference."""
    rules = _content()["stand_ins"]
    if landmark not in rules:
        return [{mirrored(other): weight for other, weight in rule.items()} for rule in _rules(mirrored(landmark))]
    return _rules(landmark)


def _rules(landmark: str) -> list[dict[str, float]]:
    return [
        rule if isinstance(rule, dict) else dict.fromkeys([rule] if isinstance(rule, str) else rule, 1)
        for rule in _content()["stand_ins"].get(landmark, [])
    ]
