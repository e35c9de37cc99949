"""Topology files, and the check that their content describes a skeleton."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import networkx as nx
import yaml

from skgraph._internal.files import PlainLoader, read_plain_yaml
from skgraph.errors import BROKEN_YAML, TopologyError, first_line
from skgraph.topology.landmarks import complete, mirrored, vocabulary

REQUIRED = ("name", "dim", "joints", "mirror", "parts", "center")
DIRECTIONS = ("across", "up")
OPTIONAL = (*DIRECTIONS, "landmarks")
MOST_JOINTS = 1000
"""Joints of a topology, of which every pair is looked at; many more than a body with fingers and a face has."""


class _UniqueKeyLoader(PlainLoader):
    """A plain loader for which a key given twice is an error: plain YAML silently keeps the last one."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict:
        line_of: dict[tuple[str, str], int] = {}
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                line, first = key.start_mark.line + 1, line_of.get((key.tag, key.value))
                _expect(first is None, f"'{key.value}' is listed twice, on lines {first} and {line}")
                line_of[key.tag, key.value] = line
        return super().construct_mapping(node, deep)


def read_topology_file(path: Path) -> Any:
    """Read one YAML file in which no key may appear twice in a mapping.

    Raises:
        TopologyError: the file cannot be read, is not YAML, or repeats a key.
    """
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            raise TopologyError("it is a pipe or a device, expected a file")
        return read_plain_yaml(path, _UniqueKeyLoader)
    except TopologyError as error:
        raise TopologyError(f"{path}: {error}") from None
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise TopologyError(f"topology file {path} cannot be read: {reason}") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f" on line {mark.line + 1}" if mark else ""
        reason = getattr(error, "problem", None) or " ".join(str(error).split())
        raise TopologyError(f"topology file {path} is not YAML: {reason}{line}") from error
    except BROKEN_YAML as error:  # an impossible date, endlessly nested lists
        raise TopologyError(f"topology file {path} cannot be read: {first_line(error)}") from error


def check_topology(mapping: Any, source: str = "") -> dict[str, Any]:
    """Check the mapping of a topology file and return it in canonical form.

    The bones must form one tree, the body parts must split the joints, and the mirror must be a symmetry of the tree:
    then the bones of a reflected body are the reflected bones of the body.

    Args:
        mapping: keys `name`, `dim`, `joints`, `mirror`, `parts`, `center` and optionally `across`, `up` and `landmarks`
            (`means` in files of version 0.1).
        source: origin of the mapping, quoted in errors.

    Returns:
        The same topology in plain strings, integers, lists and dicts; points are sorted lists of joint names.

    Raises:
        TopologyError: the mapping is not a skeleton; the message quotes the joints at fault.
    """
    try:
        return _checked(mapping)
    except TopologyError as error:
        name = f" '{mapping['name']}'" if isinstance(mapping, Mapping) and "name" in mapping else ""
        raise TopologyError(f"{source or f'topology{name}'}: {error}") from None


def _checked(mapping: Any) -> dict[str, Any]:
    _expect(
        isinstance(mapping, Mapping),
        f"expected a mapping with the keys {_quote(REQUIRED)}, found a {type(mapping).__name__}",
    )
    if "means" in mapping and "landmarks" not in mapping:  # the key's name in version 0.1
        mapping = {"landmarks" if key == "means" else key: value for key, value in mapping.items()}
    unknown = [key for key in mapping if key not in REQUIRED + OPTIONAL]
    _expect(not unknown, f"unknown key {_quote(unknown)}; the keys are {_quote(REQUIRED + OPTIONAL)}")
    missing = [key for key in REQUIRED if key not in mapping]
    _expect(not missing, f"missing key {_quote(missing)}")
    name, dim = mapping["name"], mapping["dim"]
    _expect(isinstance(name, str) and name, f"'name' must be a non-empty text, found {name!r}")
    _expect(type(dim) is int and dim in (2, 3), f"'dim' must be 2 or 3 coordinates, found {dim!r}")
    joints = _check_tree(mapping["joints"])
    spec = {
        "name": name,
        "dim": dim,
        "joints": joints,
        "mirror": _check_mirror(mapping["mirror"], joints),
        "parts": _check_parts(mapping["parts"], joints),
        "center": _check_point("center", mapping["center"], joints),
    }
    for key in DIRECTIONS:
        if mapping.get(key) is not None:
            spec[key] = _check_direction(key, mapping[key], joints)
    if mapping.get("landmarks"):
        spec["landmarks"] = _check_landmarks(mapping["landmarks"], joints, spec["mirror"])
    return spec


def _check_landmarks(landmarks: Any, joints: Mapping[str, str | None], mirror: Mapping[str, str]) -> dict[str, str]:
    """Check the landmarks of joints, and add those of their mirror counterparts."""
    _expect(isinstance(landmarks, Mapping), f"'landmarks' must map joints to landmarks, found {landmarks!r}")
    _check_known("landmarks", landmarks, joints)
    for joint, landmark in landmarks.items():
        _expect(
            isinstance(landmark, str) and landmark in vocabulary(),
            f"'landmarks': '{joint}' is {landmark!r}, expected one of {', '.join(vocabulary())}",
        )
    whole = complete(landmarks, mirror)
    for left, right in mirror.items():
        if left in whole:
            _expect(
                whole[right] == mirrored(whole[left]),
                f"'landmarks': '{left}' is {whole[left]}, so its mirror counterpart '{right}' must be "
                f"{mirrored(whole[left])}, found {whole[right]}",
            )
    joint_at: dict[str, str] = {}
    for joint, landmark in whole.items():
        _expect(landmark not in joint_at, f"'landmarks': '{joint_at.get(landmark)}' and '{joint}' are both {landmark}")
        joint_at[landmark] = joint
    return whole


def _check_tree(joints: Any) -> dict[str, str | None]:
    _expect(isinstance(joints, Mapping) and joints, f"'joints' must map each joint to its parent, found {joints!r}")
    _expect(len(joints) <= MOST_JOINTS, f"'joints' must be at most {MOST_JOINTS}, found {len(joints)}")
    for joint, parent in joints.items():
        _expect(isinstance(joint, str), f"a joint name must be a text, found {joint!r} (quote it)")
        if parent is not None:
            _expect(isinstance(parent, str), f"the parent of '{joint}' must be a joint or null, found {parent!r}")
            _expect(parent in joints, f"joint '{joint}' has the unknown parent '{parent}'")
    roots = [joint for joint, parent in joints.items() if parent is None]
    _expect(len(roots) < 2, f"one joint must be the root (parent null), found {len(roots)}: {_quote(roots)}")
    # Every joint but the root has one parent, so a joint that is not connected to the root hangs on a cycle.
    bones = nx.DiGraph((joint, parent) for joint, parent in joints.items() if parent is not None)
    if not nx.is_directed_acyclic_graph(bones):
        cycle = [joint for joint, _ in nx.find_cycle(bones)]
        path = " -> ".join(f"'{joint}'" for joint in [*cycle, cycle[0]])
        outcome = f"are not connected to the root '{roots[0]}'" if roots else "leave no root (a joint with parent null)"
        raise TopologyError(f"the parents {path} form a cycle and {outcome}")
    return dict(joints)


def _check_mirror(mirror: Any, joints: Mapping[str, str | None]) -> dict[str, str]:
    _expect(isinstance(mirror, Mapping), f"'mirror' must map left to right joints ({{}} if none), found {mirror!r}")
    counterpart: dict[str, str] = {}
    for left, right in mirror.items():
        _check_known("mirror", (left, right), joints)
        _expect(left != right, f"'mirror' maps joint '{left}' to itself; leave a joint in the middle out")
        for joint in (left, right):
            _expect(
                joint not in counterpart, f"'mirror' lists joint '{joint}' twice, in the pair '{left}': '{right}' again"
            )
        counterpart[left], counterpart[right] = right, left
    root = next(joint for joint, parent in joints.items() if parent is None)
    _expect(root not in counterpart, f"'mirror' lists the root '{root}', which must be its own mirror image")
    for child, parent in joints.items():
        if parent is not None:
            image, image_of_parent = counterpart.get(child, child), counterpart.get(parent, parent)
            _expect(
                joints[image] == image_of_parent,
                f"'mirror' must map bones to bones: the bone '{parent}' -> '{child}' maps to '{image_of_parent}' -> "
                f"'{image}', but the parent of '{image}' is '{joints[image]}'",
            )
    return dict(mirror)


def _check_parts(parts: Any, joints: Mapping[str, str | None]) -> dict[str, list[str]]:
    _expect(isinstance(parts, Mapping), f"'parts' must map a body part to its joints, found {parts!r}")
    part_of: dict[str, str] = {}
    for part, members in parts.items():
        _expect(isinstance(part, str), f"a body part must be a text, found {part!r}")
        _expect(isinstance(members, list | tuple) and members, f"part '{part}' must list its joints, found {members!r}")
        _check_known(f"parts: {part}", members, joints)
        for joint in members:
            _expect(joint not in part_of, f"joint '{joint}' is in two parts, '{part_of.get(joint)}' and '{part}'")
            part_of[joint] = part
    homeless = [joint for joint in joints if joint not in part_of]
    _expect(not homeless, f"'parts' must cover every joint, but no part has {_quote(homeless)}")
    return {part: list(members) for part, members in parts.items()}


def _check_point(key: str, point: Any, joints: Mapping[str, str | None]) -> list[str]:
    names = [point] if isinstance(point, str) else point
    _expect(isinstance(names, list | tuple) and names, f"'{key}' must be a joint or a list of joints, found {point!r}")
    _check_known(key, names, joints)
    twice = [joint for joint in joints if names.count(joint) > 1]
    _expect(not twice, f"'{key}' lists joint {_quote(twice)} twice")
    return [joint for joint in joints if joint in names]


def _check_direction(key: str, ends: Any, joints: Mapping[str, str | None]) -> dict[str, list[str]]:
    _expect(
        isinstance(ends, Mapping) and set(ends) == {"from", "to"},
        f"'{key}' must have exactly the keys 'from' and 'to', found {ends!r}",
    )
    start, stop = (_check_point(f"{key}: {end}", ends[end], joints) for end in ("from", "to"))
    _expect(start != stop, f"'{key}' has no direction: both ends are {_quote(start)}")
    return {"from": start, "to": stop}


def _check_known(key: str, names: Iterable[Any], joints: Mapping[str, str | None]) -> None:
    for name in names:
        _expect(isinstance(name, str) and name in joints, f"'{key}' names the unknown joint '{name}'")


def _quote(names: Iterable[Any]) -> str:
    return ", ".join(f"'{name}'" for name in names)


def _expect(condition: Any, message: str) -> None:
    if not condition:
        raise TopologyError(message)
