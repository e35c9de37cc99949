"""Random parts of a skeleton."""

from __future__ import annotations

import torch

from skgraph.topology.topology import Topology

_DROPPED = (0.2, 0.6)  # share of the joints that may go, at least and at most


def sub_skeleton(topology: Topology, seed: int) -> Topology:
    """Return a skeleton without some of a topology's joints, and every second time without the landmarks of the others.

    A fifth to three fifths of the joints go, always a joint and its mirror counterpart together; the root and joints
    that name the centring point or a direction stay. An encoder that learns from several parts of a skeleton is
    less surprised by another one.

    Args:
        topology: the whole skeleton.
        seed: seed of the choice; odd ones leave landmarks out.
    """
    generator = torch.Generator().manual_seed(seed)
    needed = {topology.root, *topology.center.nonzero().flatten().tolist()}
    for direction in (topology.across, topology.up):
        needed |= set() if direction is None else set(direction.nonzero().flatten().tolist())
    pairs = {tuple(sorted((v, int(topology.mirror[v])))) for v in range(topology.num_joints) if v not in needed}
    optional = sorted(pair for pair in pairs if not needed & set(pair))
    order = torch.randperm(len(optional), generator=generator).tolist()
    low, high = _DROPPED
    share = low + (high - low) * float(torch.rand((), generator=generator))
    gone: set[int] = set()
    for i in order:
        if len(gone) < share * topology.num_joints and topology.num_joints - len(gone | set(optional[i])) > 4:
            gone |= set(optional[i])
    part = topology.without([topology.joints[v] for v in sorted(gone)])
    if seed % 2:
        part = Topology({key: value for key, value in part.to_dict().items() if key != "landmarks"} | {"landmarks": {}})
    return part
