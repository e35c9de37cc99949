"""Rotation of the body into a canonical frame."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from skgraph.data.body_geometry import reference_pose
from skgraph.data.skeleton_data import SkeletonData
from skgraph.errors import ConfigError, DataError, TopologyError
from skgraph.topology import Topology
from skgraph.transforms.graph_transform import GraphTransform
from skgraph.transforms.linear_map import apply_linear

# Unreliable directions: shorter than this (metres), or with a smaller sine between across and up.
_MIN_LENGTH, _MIN_SINE = 1e-6, 1e-3


class AlignBody(GraphTransform):
    r"""Rotate each graph so that its first body, at its first present frame, stands upright and faces +z.

    With ``u`` the topology's up vector and ``a`` its across vector (right to left) at that pose, the rows of the
    rotation are

    .. math:: y = u / |u|, \quad x = (a - (a \cdot y) y) / |a - (a \cdot y) y|, \quad z = x \times y,

    so that ``u`` becomes +y and the component of ``a`` orthogonal to it +x: a right-handed rotation, like the view
    normalisation of Shahroudy et al. (CVPR 2016). In two dimensions the rotation is in the plane and takes ``u`` to +y.

    One rotation serves all bodies and frames of the graph. It turns about the centring point of the same pose, which
    therefore stays where it is: alignment and :class:`Center` commute. Where ``u`` or ``a`` vanishes, or they are
    parallel, the graph is left as it is.

    Args:
        topology: names the directions.
        yaw_only: turn about the y axis only: ``u`` is taken to be +y, the heading is normalised and a tilt is kept.

    Raises:
        TopologyError: the topology does not name a direction that is needed.
        ConfigError: ``yaw_only`` for a 2D topology.
    """

    topology: Topology
    center: Tensor
    across: Tensor
    up: Tensor

    def __init__(self, topology: Topology, yaw_only: bool = False) -> None:
        super().__init__(topology)
        if yaw_only and topology.dim == 2:
            raise ConfigError(f"AlignBody: yaw_only needs 3D joints, topology '{topology.name}' is 2D")
        self.yaw_only = yaw_only
        needed = {"across": topology.dim == 3, "up": not yaw_only}
        for name in (name for name, is_needed in needed.items() if is_needed):
            weights = getattr(topology, name)
            if weights is None:
                raise TopologyError(f"AlignBody needs the direction '{name}', topology '{topology.name}' has none")
            self.register_buffer(name, weights[:, None].clone(), persistent=False)
        self.register_buffer("center", topology.center[:, None].clone(), persistent=False)

    def forward(self, data: SkeletonData, generator: torch.Generator | None = None) -> SkeletonData:
        joints, frame_mask = data.joints, data.frame_mask
        if joints.size(-1) != self.topology.dim:
            raise DataError(
                f"AlignBody expects the {self.topology.dim} coordinates of topology '{self.topology.name}', "
                f"found {joints.size(-1)}"
            )
        pose = data.reference if "reference" in data else reference_pose(joints, frame_mask)  # [*, V, C]
        rotation = self._rotation(pose)
        centre = (pose * self.center).sum(dim=-2)
        # R (p - c) + c = R p + (c - R c) saves one pass over the joints.
        offset = centre - (rotation * centre[..., None, :]).sum(dim=-1)
        out = apply_linear(joints, rotation) + offset[..., None, None, None, :]
        data.joints = out * frame_mask[..., None, None]
        if "reference" in data:
            data.reference = (rotation[..., None, :, :] * pose[..., None, :]).sum(dim=-1) + offset[..., None, :]
        return data

    def _rotation(self, pose: Tensor) -> Tensor:
        """Compute rotations ``[*, C, C]`` from reference poses ``[*, V, C]``."""
        if self.yaw_only:
            up = torch.zeros_like(pose[..., 0, :])
            up[..., 1] = 1
        else:
            up = (pose * self.up).sum(dim=-2)
        y = F.normalize(up, dim=-1)
        valid = up.norm(dim=-1) > _MIN_LENGTH
        if self.topology.dim == 2:
            rows = [torch.stack([y[..., 1], -y[..., 0]], dim=-1), y]
        else:
            across = (pose * self.across).sum(dim=-2)
            x = across - (across * y).sum(dim=-1, keepdim=True) * y
            valid = valid & (x.norm(dim=-1) > (_MIN_SINE * across.norm(dim=-1)).clamp(min=_MIN_LENGTH))
            x = F.normalize(x, dim=-1)
            rows = [x, y, torch.linalg.cross(x, y, dim=-1)]
        identity = torch.eye(self.topology.dim, dtype=pose.dtype, device=pose.device)
        return torch.where(valid[..., None, None], torch.stack(rows, dim=-2), identity)

    def extra_repr(self) -> str:
        return f"{self.topology.name}, yaw_only={self.yaw_only}"
