"""Random reduction of the frame rate."""

from __future__ import annotations

import torch

from skgraph.data.missing_joints import interpolate_unseen
from skgraph.data.random_draws import uniform
from skgraph.data.skeleton_data import SkeletonData
from skgraph.errors import ConfigError
from skgraph.transforms.graph_transform import GraphTransform


class LowerFrameRate(GraphTransform):
    """Keep every ``n``-th frame of each graph, and interpolate the others, as a slower camera is resampled.

    ``n`` is drawn for each graph, all of ``low .. high`` equally likely, and so is the first frame that is kept. Frames
    before the first kept one of a body and after its last are held. A body that is present in no kept frame stays as it
    is.

    Args:
        low: smallest ``n``; 1 keeps all frames.
        high: largest ``n``.
    """

    def __init__(self, low: int = 1, high: int = 4) -> None:
        super().__init__()
        if not 1 <= low <= high:
            raise ConfigError(f"LowerFrameRate: 1 <= low <= high is needed, found low={low}, high={high}")
        self.low, self.high = low, high

    def forward(self, data: SkeletonData, generator: torch.Generator | None = None) -> SkeletonData:
        joints, frame_mask = data.joints, data.frame_mask
        draws = uniform((*joints.shape[:-4], 1, 1, 2), 0.0, 1.0, joints, generator)
        every = (self.low + draws[..., 0] * (self.high - self.low + 1)).floor()
        first = (draws[..., 1] * every).floor()
        kept = frame_mask & ((torch.arange(joints.size(-3), device=joints.device) - first) % every == 0)
        seen = torch.where(kept.any(dim=-1, keepdim=True), kept, frame_mask)[..., None]
        filled = interpolate_unseen(joints.flatten(-2)[..., None, :], seen).view_as(joints)
        data.joints = filled * frame_mask[..., None, None]
        if "confidence" in data:
            filled = interpolate_unseen(data.confidence[..., None, :], seen)[..., 0, :]
            data.confidence = filled * frame_mask[..., None]
        return data

    def extra_repr(self) -> str:
        return f"low={self.low}, high={self.high}"
