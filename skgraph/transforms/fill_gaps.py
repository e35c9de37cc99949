"""Interpolation of the frames in which a body was not seen."""

from __future__ import annotations

import torch

from skgraph.data.skeleton_data import SkeletonData
from skgraph.transforms.graph_transform import GraphTransform


class FillGaps(GraphTransform):
    """Interpolate each body linearly in its gaps: absent frames with a present one before and after them.

    A body is absent before its first and after its last present frame, as it was. A filled frame has the confidence 0.

    >>> joints = torch.tensor([0.0, 0.0, 0.0, 6.0, 0.0]).view(1, 1, 5, 1, 1).expand(1, 1, 5, 1, 3)
    >>> present = torch.tensor([True, False, False, True, False]).view(1, 1, 5)
    >>> filled = FillGaps()(SkeletonData.from_joints(joints, present))
    >>> filled.joints[0, 0, :, 0, 0], filled.frame_mask[0, 0]
    (tensor([0., 2., 4., 6., 0.]), tensor([ True,  True,  True,  True, False]))
    """

    def forward(self, data: SkeletonData, generator: torch.Generator | None = None) -> SkeletonData:
        joints, frame_mask = data.joints, data.frame_mask
        frames = frame_mask.size(-1)
        frame = torch.arange(frames, device=joints.device)
        earlier = frame <= frame[:, None]  # [T, T]: of each frame, the frames up to it
        seen = frame_mask[..., None, :]
        before = torch.where(seen & earlier, frame, -1).amax(dim=-1)  # [*, M, T]: the last frame seen, the next one
        after = torch.where(seen & earlier.T, frame, frames).amin(dim=-1)
        data.frame_mask = (before >= 0) & (after < frames)
        before, after = before.clamp(min=0), after.clamp(max=frames - 1)
        weight = ((frame - before) / (after - before).clamp(min=1)).to(joints.dtype)  # 0 where a frame is present
        table = joints.flatten(-2)  # [*, M, T, V C]
        start, end = (table.gather(-2, index[..., None].expand_as(table)) for index in (before, after))
        filled = torch.lerp(start, end, weight[..., None]) * data.frame_mask[..., None]
        data.joints = filled.view_as(joints)
        return data
