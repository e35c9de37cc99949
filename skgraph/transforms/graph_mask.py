"""The base class of masks."""

from __future__ import annotations

import math
from abc import abstractmethod

import torch
from torch import Tensor

from skgraph.data.skeleton_data import SkeletonData
from skgraph.errors import ConfigError
from skgraph.topology import Topology
from skgraph.transforms.graph_transform import GraphTransform


class GraphMask(GraphTransform):
    r"""Hide ``floor(ratio * n)`` of the n joints, or of the n tokens, of every body.

    A body of T frames and V joints has ``L = T_e * V`` tokens, ``T_e = T / patch_length``, numbered ``t * V + v``. A
    mask is a partition of them into ``visible [*, M, K]`` and ``masked [*, M, L - K]``, int64 and ascending, which
    ``forward`` sets on the graph. K depends on shapes alone, so that every body of every batch has the same number
    of visible tokens. Every body draws its own mask: a body is one pre-training item.

    A subclass gives :meth:`scores`.

    Args:
        ratio: share of joints or tokens to mask, in (0, 1).
        patch_length: frames a token spans.
        topology: the skeleton that the mask is built for, or None for any.
    """

    def __init__(self, ratio: float, patch_length: int = 1, topology: Topology | None = None) -> None:
        super().__init__(topology)
        if not 0 < ratio < 1:
            raise ConfigError(f"{type(self).__name__}: ratio must be between 0 and 1, found {ratio}")
        if patch_length < 1:
            raise ConfigError(f"{type(self).__name__}: patch_length must be at least 1, found {patch_length}")
        self.ratio, self.patch_length = ratio, patch_length

    @abstractmethod
    def scores(self, joints: Tensor, frame_mask: Tensor, generator: torch.Generator | None) -> Tensor:
        """Score joints or tokens; the highest scores are masked.

        Args:
            joints: ``[B, T, V, C]`` floats, T divisible by ``patch_length``.
            frame_mask: ``[B, T]`` bool.
            generator: source of the random draws.

        Returns:
            ``[B, 1, V]`` to mask joints, each in all patches alike; ``[B, T_e, V]`` to mask tokens.
        """

    def draw(
        self, joints: Tensor, generator: torch.Generator | None = None, frame_mask: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Draw a mask for every body of a batch.

        Args:
            joints: positions, ``[B, T, V, C]``, one row a body.
            generator: source of the random draws.
            frame_mask: ``[B, T]`` bool, all True if not given.

        Returns:
            ``visible [B, K]`` and ``masked [B, L - K]``, ascending token ids.

        Raises:
            ConfigError: T is not divisible by ``patch_length``, or nothing would be masked or visible.
            DataError: V is not the topology's.
        """
        self.check_joints(joints)
        batch, frames, num_joints = joints.shape[:3]
        if frames % self.patch_length:
            raise ConfigError(
                f"{type(self).__name__}: {frames} frames are not divisible by patch_length={self.patch_length}"
            )
        if frame_mask is None:
            frame_mask = torch.ones(batch, frames, dtype=torch.bool, device=joints.device)
        # In half precision scores would tie, and ties are not broken at random.
        scores = self.scores(joints.float(), frame_mask, generator)  # [B, S, V], S = 1 or T_e
        span = scores.size(1) * num_joints
        num_masked = self.num_masked(span, "joints" if scores.size(1) == 1 else "tokens")
        lowest = scores.flatten(1).topk(span - num_masked, dim=1, largest=False, sorted=False).indices
        is_masked = torch.ones(batch, span, dtype=torch.uint8, device=joints.device).scatter_(1, lowest, 0)
        # A stable sort puts the visible ids first and the masked after them, each ascending.
        ids = is_masked.argsort(dim=1, stable=True)
        # Scores of joints hold for all patches: the same ids, one patch further on.
        spans = frames // self.patch_length // scores.size(1)
        offset = span * torch.arange(spans, device=joints.device)[:, None]
        visible, masked = ids.split([span - num_masked, num_masked], dim=1)
        return (visible[:, None] + offset).flatten(1), (masked[:, None] + offset).flatten(1)

    def hide(
        self, joints: Tensor, count: Tensor, generator: torch.Generator | None = None, frame_mask: Tensor | None = None
    ) -> Tensor:
        """Hide a number of tokens of each body that may differ between bodies.

        Args:
            joints: positions, ``[B, T, V, C]``; T divisible by ``patch_length``.
            count: tokens to hide of each body, ``[B]`` int64.
            generator: source of the random draws.
            frame_mask: ``[B, T]`` bool, all True if not given.

        Returns:
            ``[B, L]`` bool, True at the ``count`` tokens of the highest scores; a mask of joints hides the joints with
            the highest scores, the last one in some patches only.
        """
        self.check_joints(joints)
        if frame_mask is None:
            frame_mask = torch.ones(joints.shape[:2], dtype=torch.bool, device=joints.device)
        scores = self.scores(joints.float(), frame_mask, generator)
        patches = joints.size(1) // self.patch_length
        return highest(scores.expand(-1, patches, -1), count)

    def forward(self, data: SkeletonData, generator: torch.Generator | None = None) -> SkeletonData:
        joints, frame_mask = data.joints, data.frame_mask
        bodies = frame_mask.shape[:-1]  # [*, M]
        visible, masked = self.draw(joints.flatten(0, -4), generator, frame_mask.flatten(0, -2))
        data.visible, data.masked = visible.view(*bodies, visible.size(1)), masked.view(*bodies, masked.size(1))
        return data

    def num_masked(self, n: int, unit: str = "tokens") -> int:
        """Return ``floor(ratio * n)``.

        Raises:
            ConfigError: none of the n would be masked, or none visible.
        """
        # 0.29 * 100 is 28.999999999999996 in floating point; the floor meant is 29.
        count = math.floor(self.ratio * n + 1e-9 * n)
        if not 1 <= count < n:
            raise ConfigError(
                f"{type(self).__name__}: ratio={self.ratio} masks {count} of {n} {unit}, "
                "but at least 1 must be masked and at least 1 visible"
            )
        return count

    def extra_repr(self) -> str:
        return f"ratio={self.ratio}, patch_length={self.patch_length}"


def highest(scores: Tensor, count: Tensor) -> Tensor:
    """Mark the ``count [B]`` highest of the scores ``[B, T_e, V]`` of each body: ``[B, L]`` bool."""
    order = (
        scores.transpose(1, 2).flatten(1).argsort(dim=1, descending=True, stable=True)
    )  # equal scores joint by joint
    rank = torch.empty_like(order).scatter_(1, order, torch.arange(order.size(1), device=order.device).expand_as(order))
    return (rank < count[:, None]).unflatten(1, (scores.size(2), -1)).transpose(1, 2).flatten(1)
