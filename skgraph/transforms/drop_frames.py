"""Random loss of frames."""

from __future__ import annotations

import torch

from skgraph.data.skeleton_data import SkeletonData
from skgraph.transforms.graph_transform import GraphTransform
from skgraph.transforms.random_spans import check_shares, random_spans


class DropFrames(GraphTransform):
    """Lose each body for a span of time, as a tracker does: it is absent there, and its joints are zero.

    :class:`~skgraph.transforms.FillGaps` interpolates such frames.

    Args:
        low: smallest share of the body's frames that the span covers.
        high: largest share.
    """

    def __init__(self, low: float = 0.0, high: float = 0.25) -> None:
        super().__init__()
        check_shares("DropFrames", low, high)
        self.low, self.high = low, high

    def forward(self, data: SkeletonData, generator: torch.Generator | None = None) -> SkeletonData:
        joints = data.joints
        spans = random_spans(data.frame_mask, 1, self.low, self.high, joints, generator)
        data.frame_mask = data.frame_mask & ~spans[..., 0]
        data.joints = joints * data.frame_mask[..., None, None]
        if "confidence" in data:
            data.confidence = data.confidence * data.frame_mask[..., None]
        return data

    def extra_repr(self) -> str:
        return f"low={self.low}, high={self.high}"
