"""Random displacement."""

from __future__ import annotations

import torch

from skgraph.data.random_draws import uniform
from skgraph.data.skeleton_data import SkeletonData
from skgraph.errors import ConfigError
from skgraph.transforms.graph_transform import GraphTransform


class RandomTranslate(GraphTransform):
    """Displace each graph by one vector ``d ~ U(-max_offset, max_offset)^C``, the same for all bodies and frames.

    Args:
        max_offset: largest displacement along each axis, in metres.
    """

    def __init__(self, max_offset: float) -> None:
        super().__init__()
        if not max_offset >= 0:
            raise ConfigError(f"RandomTranslate: max_offset must be at least 0, found {max_offset}")
        self.max_offset = max_offset

    def forward(self, data: SkeletonData, generator: torch.Generator | None = None) -> SkeletonData:
        joints = data.joints
        shape = (*joints.shape[:-4], 1, 1, 1, joints.size(-1))
        offset = uniform(shape, -self.max_offset, self.max_offset, joints, generator)
        data.joints = (joints + offset) * data.frame_mask[..., None, None]
        return data

    def extra_repr(self) -> str:
        return f"max_offset={self.max_offset}"
