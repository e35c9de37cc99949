"""Random parts of a skeleton."""

from __future__ import annotations

from typing import Any

import torch

from skgraph.topology.topology import Topology

_DROPPED = (0.2, 0.6)  # share of the joints that may go, at least and at most
_FEWEST = 5  # joints that stay


def sub_skeleton(topology: Topology, seed: int, named: bool = True) -> tuple[Topology, dict[str, list[str]]]:
    """Draw a part of a skeleton, so that an encoder learns from several skeletons.

    A fifth to three fifths of the joints go, if at least 5 stay, always a joint and its mirror counterpart together.
    The root and joints that name the centring point or a direction stay. Half of the others that stay are merged: they
    lie at the mean of themselves and of their children that went, as a sensor with fewer joints places them.

    Args:
        topology: the whole skeleton.
        seed: seed of the draw.
        named: keep names and landmarks of the joints; otherwise nothing says what a joint is.

    Returns:
        the part, and joint of the part -> the joints of the whole that it is the mean of.
    """
    generator = torch.Generator().manual_seed(seed)
    needed = {topology.root, *topology.center.nonzero().flatten().tolist()}
    for direction in (topology.across, topology.up):
        needed |= set() if direction is None else set(direction.nonzero().flatten().tolist())
    pairs = {tuple(sorted((v, int(topology.mirror[v])))) for v in range(topology.num_joints)}
    optional = sorted(pair for pair in pairs if not needed & set(pair))
    order = torch.randperm(len(optional), generator=generator).tolist()
    low, high = _DROPPED
    share = low + (high - low) * float(torch.rand((), generator=generator))
    gone: set[int] = set()
    for i in order:
        if len(gone) < share * topology.num_joints and topology.num_joints - len(gone | {*optional[i]}) >= _FEWEST:
            gone |= {*optional[i]}
    part = topology.without([topology.joints[v] for v in sorted(gone)])
    sources = {joint: [joint] for joint in part.joints}
    for pair, merged in zip(optional, (torch.rand(len(optional), generator=generator) < 0.5).tolist(), strict=True):
        for v in {*pair} - gone if merged else ():
            children = (topology.parents == v).nonzero().flatten().tolist()
            sources[topology.joints[v]] += [topology.joints[child] for child in children if child in gone]
    names = {joint: joint if named else f"joint_{v}" for v, joint in enumerate(part.joints)}
    if not named:
        spec = {key: value for key, value in part.to_dict().items() if key not in ("name", "landmarks")}
        part = Topology({"name": part.name, **_renamed(spec, names)})
    return part, {names[joint]: sources[joint] for joint in sources}


def _renamed(node: Any, names: dict[str, str]) -> Any:
    """Replace the names of joints in the content of a topology file."""
    if isinstance(node, dict):
        return {names.get(key, key): _renamed(value, names) for key, value in node.items()}
    if isinstance(node, list):
        return [_renamed(value, names) for value in node]
    return names.get(node, node) if isinstance(node, str) else node
