"""Interpolation of joints that were not seen."""

from __future__ import annotations

import torch
from torch import Tensor

from skgraph.topology import Topology


def bone_distance(topology: Topology) -> Tensor:
    """Return twice the bones between two joints, ``[V, V]``; one less from a joint to its parent, to break ties."""
    distance = 2.0 * topology.hops
    child = (topology.parents >= 0).nonzero().flatten()
    distance[child, topology.parents[child]] -= 1
    return distance


def interpolate_unseen(joints: Tensor, seen: Tensor, distance: Tensor | None = None) -> Tensor:
    """Fill in the joints of bodies that were not seen.

    A joint is interpolated linearly between the frames in which it was seen, and constant before the first and after
    the last. A joint that was never seen takes the position of the nearest one that was.

    Args:
        joints: ``[*, T, V, C]``, arbitrary finite numbers where not seen.
        seen: ``[*, T, V]`` bool. A body of which nothing was ever seen has no meaning in the result.
        distance: ``[V, V]``, see :func:`bone_distance`; without it, a joint that was never seen has no meaning either.

    Returns:
        ``[*, T, V, C]``.

    >>> joints = torch.tensor([0.0, 99.0, 99.0, 6.0]).view(4, 1, 1)
    >>> seen = torch.tensor([True, False, False, True]).view(4, 1)
    >>> interpolate_unseen(joints, seen).flatten()
    tensor([0., 2., 4., 6.])
    """
    *_, frames, vertices = seen.shape
    frame, joint = torch.arange(frames, device=seen.device), torch.arange(vertices, device=seen.device)
    by_joint = seen.transpose(-1, -2).contiguous()  # [*, V, T]: scans run over long rows of memory
    before = torch.where(by_joint, frame, -1).cummax(dim=-1).values
    after = torch.where(by_joint, frame, frames).flip(-1).cummin(dim=-1).values.flip(-1)
    source = joint[:, None].expand_as(before)
    if distance is not None:
        ever = seen.any(dim=-2)
        nearest = distance.masked_fill(~ever[..., None, :], torch.inf).argmin(dim=-1)
        source = torch.where(ever, joint, nearest)[..., None].expand_as(before)
        before, after = before.gather(-2, source), after.gather(-2, source)
    before, after = torch.where(before < 0, after, before), torch.where(after == frames, before, after)
    before, after = before.clamp(min=0, max=frames - 1), after.clamp(min=0)
    weight = (frame - before).to(joints.dtype) / (after - before).clamp(min=1)
    table = joints.flatten(-3, -2)  # [*, T * V, C]
    start, end, weight = (
        x.transpose(-1, -2).flatten(-2)[..., None]
        for x in (before * vertices + source, after * vertices + source, weight)
    )
    start, end = (table.gather(-2, rows.expand_as(table)) for rows in (start, end))
    return torch.where(seen[..., None], joints, torch.lerp(start, end, weight).view_as(joints))
