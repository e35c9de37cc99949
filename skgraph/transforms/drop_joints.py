"""Random removal of whole joints."""

from __future__ import annotations

import torch

from skgraph.data.random_draws import uniform
from skgraph.data.skeleton_data import SkeletonData
from skgraph.errors import ConfigError, DataError
from skgraph.transforms.graph_transform import GraphTransform


class DropJoints(GraphTransform):
    """Set whole joints to zero in all frames, as if the sensor had not seen them.

    Every body draws its own joints, as one person's joint may be hidden and the other's not. After centring, a
    zero is the centring point. The graph keeps its nodes; for nodes that an encoder does not see at all, use a mask.

    Args:
        p: each joint is dropped with this probability, independently.
        count: number of joints to drop instead, all choices equally likely.

    Raises:
        ConfigError: not exactly one of ``p`` and ``count`` is given, or it is out of range.
    """

    def __init__(self, p: float | None = None, count: int | None = None) -> None:
        super().__init__()
        if (p is None) == (count is None):
            raise ConfigError(f"DropJoints takes either p or count, found p={p}, count={count}")
        if p is not None and not 0 <= p <= 1:
            raise ConfigError(f"DropJoints: p must be in [0, 1], found {p}")
        if count is not None and count < 0:
            raise ConfigError(f"DropJoints: count must be at least 0, found {count}")
        self.p, self.count = p, count

    def forward(self, data: SkeletonData, generator: torch.Generator | None = None) -> SkeletonData:
        joints = data.joints
        num_joints = joints.size(-2)
        draws = uniform((*joints.shape[:-3], num_joints), 0.0, 1.0, joints, generator)  # [*, M, V]
        if self.count is None:
            dropped = draws < (self.p or 0.0)
        else:
            if self.count > num_joints:
                raise DataError(f"DropJoints: count={self.count} is more than the {num_joints} joints of a body")
            smallest = draws.topk(self.count, dim=-1, largest=False, sorted=False).indices
            dropped = torch.zeros_like(draws, dtype=torch.bool).scatter_(-1, smallest, True)
        data.joints = joints.masked_fill(dropped[..., None, :, None], 0)
        return data

    def extra_repr(self) -> str:
        return f"count={self.count}" if self.p is None else f"p={self.p}"
