"""Temporal crop and linear resampling to a fixed number of frames."""

from __future__ import annotations

import math

import torch

from skgraph.data.skeleton_data import SkeletonData
from skgraph.data.temporal import Resampling, centre_windows, check_resampling, sample_positions, sample_windows
from skgraph.errors import ConfigError
from skgraph.transforms.graph_transform import GraphTransform


class CropResample(GraphTransform):
    """Cut a window out of each graph's frames and resample it linearly to ``frames`` frames.

    The window covers a proportion ``U(low, high)`` of the T frames at a uniformly drawn offset; where ``low == high``
    it is the middle of the graph and nothing is drawn. Positions are those of ``align_corners=False``
    (:func:`skgraph.data.temporal.sample_positions`). A resampled frame is present if every frame it is interpolated
    from is: both neighbours, or one where it falls exactly on a frame.

    Args:
        frames: frames of the output.
        low: smallest proportion, in (0, 1].
        high: largest proportion, in [low, 1].
        min_frames: no random window is shorter than this, unless its graph is.
        resampling: frames of the output are interpolated (``"linear"``), or the ``"nearest"`` ones of the input.
    """

    def __init__(
        self,
        frames: int,
        low: float = 1.0,
        high: float = 1.0,
        min_frames: int = 1,
        resampling: Resampling = "linear",
    ) -> None:
        super().__init__()
        if frames < 1 or min_frames < 1:
            raise ConfigError(
                f"CropResample: frames and min_frames must be at least 1, found {frames} and {min_frames}"
            )
        if not 0 < low <= high <= 1:
            raise ConfigError(f"CropResample: 0 < low <= high <= 1 is needed, found low={low}, high={high}")
        check_resampling(resampling)
        self.frames, self.low, self.high, self.min_frames = frames, low, high, min_frames
        self.resampling = resampling

    def forward(self, data: SkeletonData, generator: torch.Generator | None = None) -> SkeletonData:
        joints, frame_mask = data.joints, data.frame_mask
        *graphs, bodies, last = *joints.shape[:-3], joints.size(-3) - 1
        length = torch.full((math.prod(graphs),), last + 1, device=joints.device)
        if self.low == self.high:
            start, width = centre_windows(length, self.low)
        else:
            start, width = sample_windows(length, self.low, self.high, generator, self.min_frames)
        position = sample_positions(start, width, self.frames)[:, None]  # [n, 1, T']
        position = position.round() if self.resampling == "nearest" else position
        before = position.long()
        weight = (position - before).to(joints.dtype).expand(-1, bodies, -1).reshape(-1)
        # A position on the window's last frame gives its clamped neighbour the weight 0.
        after = (before + 1).clamp(max=last)
        # Whole frames are picked as rows of one table, [n * M * T, V * C]: an order of magnitude faster than a gather.
        table, present = joints.reshape(-1, joints.size(-2) * joints.size(-1)), frame_mask.reshape(-1)
        first = torch.arange(0, len(table), last + 1, device=joints.device).view(-1, bodies, 1)
        before, after = (first + before).flatten(), (first + after).flatten()
        present = present[before] & (present[after] | (weight == 0))
        frames = torch.lerp(table[before], table[after], weight[:, None]) * present[:, None]
        if "confidence" in data:
            table = data.confidence.reshape(-1, joints.size(-2))
            data.confidence = torch.lerp(table[before], table[after], weight[:, None].to(table)) * present[:, None]
        data.frame_mask = present.view(*graphs, bodies, self.frames)
        data.joints = frames.view(*data.frame_mask.shape, *joints.shape[-2:])
        return data

    def extra_repr(self) -> str:
        own = f"frames={self.frames}, low={self.low}, high={self.high}, min_frames={self.min_frames}"
        return own if self.resampling == "linear" else f"{own}, resampling={self.resampling}"
