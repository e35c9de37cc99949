"""Places of the body in common words, so that joints of different skeletons can stand for each other.

``topologies/maps/places.yaml`` holds the words (*places*), what each joint of the shipped topologies is in them, and
which places stand in for one that a skeleton lacks. A topology of one's own says it under the key ``means``.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

import yaml

from skgraph._internal.data_dir import data_dir

if TYPE_CHECKING:
    from skgraph.topology import Topology


@cache
def _table() -> dict[str, Any]:
    return yaml.safe_load((data_dir("topologies") / "maps" / "places.yaml").read_text(encoding="utf-8"))


@cache
def vocabulary() -> tuple[str, ...]:
    """The words, each one on the left followed by its mirror image."""
    words = _table()["places"]
    return tuple(dict.fromkeys(image for word in words for image in (word, mirrored(word))))


def mirrored(place: str) -> str:
    """The place on the other side; a place in the middle is its own."""
    for side, other in (("_left", "_right"), ("_right", "_left")):
        if place.endswith(side):
            return place.removesuffix(side) + other
    return place


def with_twins(means: Mapping[str, str], mirror: Mapping[str, str]) -> dict[str, str]:
    """Some joints' places, and the mirrored ones of their twins.

    Args:
        means: joint -> place.
        mirror: left -> right joint.
    """
    twin = {**mirror, **{right: left for left, right in mirror.items()}}
    return {**{twin[joint]: mirrored(place) for joint, place in means.items() if joint in twin}, **means}


def places_of(topology: Topology) -> dict[str, str]:
    """The place of each joint that has one: as its file declares it, else as it ships, else by a name that is one.

    Args:
        topology: the skeleton, also a shipped one in another dimension.
    """
    means = topology.means
    shipped = _table()["joints"].get(topology.base_name, {})
    if not means and all(joint in topology.joints for joint in shipped):
        pairs = zip(topology.joints, topology.mirror.tolist(), strict=True)
        means = with_twins(shipped, {joint: topology.joints[twin] for joint, twin in pairs if joint in shipped})
    taken = set(means.values())
    by_name = {joint: joint for joint in topology.joints if joint in vocabulary() and joint not in taken}
    return {**by_name, **means}


def mean_at(place: str, joint_at: Mapping[str, str]) -> dict[str, float]:
    """The joints whose weighted mean is at a place, or stands in for it, with their weights; empty if there are none.

    Args:
        place: one of the vocabulary.
        joint_at: joint of each place that a skeleton has.
    """
    return _mean_at(place, joint_at, frozenset())


def _mean_at(place: str, joint_at: Mapping[str, str], asked: frozenset[str]) -> dict[str, float]:
    if place in joint_at:
        return {joint_at[place]: 1.0}
    asked |= {place}  # what stands in for a place cannot be asked for that place
    for parts in _stand_ins(place):
        means = [] if asked & set(parts) else [_mean_at(part, joint_at, asked) for part in parts]
        if means and all(means):
            total: dict[str, float] = {}
            for mean, weight in zip(means, parts.values(), strict=True):
                for joint, share in mean.items():
                    total[joint] = total.get(joint, 0.0) + share * weight / sum(parts.values())
            return total
    return {}


def _stand_ins(place: str) -> list[dict[str, float]]:
    """What stands in for a place, in order of preference: weights of other places."""
    rules = _table()["stand_ins"]
    if place not in rules:
        return [{mirrored(part): weight for part, weight in parts.items()} for parts in _rules(rules, mirrored(place))]
    return _rules(rules, place)


def _rules(rules: Mapping[str, Any], place: str) -> list[dict[str, float]]:
    return [
        rule if isinstance(rule, dict) else dict.fromkeys([rule] if isinstance(rule, str) else rule, 1)
        for rule in rules.get(place, [])
    ]
