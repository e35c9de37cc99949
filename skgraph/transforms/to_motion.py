"""The motion stream."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from skgraph.data.skeleton_data import SkeletonData
from skgraph.transforms.graph_transform import GraphTransform


class ToMotion(GraphTransform):
    """Replace every joint by its step to the next frame, ``x[t + 1] - x[t]``.

    The motion stream of Shi et al. (TIP 2020). The last frame is zero, and so is a frame where the body is absent
    there or in the next. Motion does not commute with resampling: resample first.
    """

    def forward(self, data: SkeletonData, generator: torch.Generator | None = None) -> SkeletonData:
        joints, frame_mask = data.joints, data.frame_mask
        both = frame_mask[..., 1:] & frame_mask[..., :-1]
        steps = (joints[..., 1:, :, :] - joints[..., :-1, :, :]) * both[..., None, None]
        data.joints = F.pad(steps, (0, 0, 0, 0, 0, 1))
        return data
