"""The mask of S-JEPA."""

from __future__ import annotations

import torch
from torch import Tensor

from skgraph.data.random_draws import gumbel
from skgraph.errors import ConfigError
from skgraph.transforms.frame_steps import frame_steps
from skgraph.transforms.graph_mask import GraphMask


class MotionAwareJointMask(GraphMask):
    r"""Mask whole joints, fast ones more often: S-JEPA's Algorithm 2 (Abdelfattah and Alahi, ECCV 2024).

    A joint's motion is its mean step, and its probability a power of it:

    .. math::
        m_j = \frac{1}{T - 1} \sum_{t=1}^{T-1} \lVert p_j^{t+1} - p_j^t \rVert_2 + \epsilon, \qquad
        P_j = m_j^\alpha / \textstyle\sum_k m_k^\alpha.

    ``floor(ratio * V)`` joints are sampled from P without replacement and masked in all frames. Steps to or from an
    absent frame are left out of the mean. Of NTU's 25 joints, 22 are masked at ratio 0.9.

    Args:
        ratio: share of joints to mask.
        patch_length: frames a token spans.
        alpha: motion exponent, at least 0; 0 masks uniformly, large values mask the fastest joints.
        eps: added to the mean steps, in metres, so that a joint at rest can be masked.
    """

    def __init__(self, ratio: float = 0.9, patch_length: int = 1, alpha: float = 1.0, eps: float = 1e-6) -> None:
        super().__init__(ratio, patch_length)
        if not (alpha >= 0 and eps > 0):
            raise ConfigError(
                f"MotionAwareJointMask: alpha must be at least 0 and eps positive, found alpha={alpha}, eps={eps}"
            )
        self.alpha, self.eps = alpha, eps

    def scores(self, joints: Tensor, frame_mask: Tensor, generator: torch.Generator | None) -> Tensor:
        steps, valid = frame_steps(joints, frame_mask)
        lengths = steps.norm(dim=-1)  # [B, T - 1, V]
        motion = (lengths * valid).sum(dim=1) / valid.sum(dim=1).clamp(min=1)  # [B, V]
        # Sampling without replacement as one sort: draw independent arrival times E_j / w_j, E_j ~ Exp(1). The first
        # arrival is joint j with probability w_j / sum w; exponentials are memoryless, so the next is distributed over
        # the remaining joints in the same way. The first n arrivals are n sequential draws (Gumbel top-k, Kool
        # et al., ICML 2019), here in logarithms so that no power of alpha under- or overflows:
        # -log(E_j / w_j) = alpha log m_j + Gumbel noise.
        log_weights = self.alpha * (motion + self.eps).log()
        return (log_weights + gumbel(motion.shape, joints, generator)).unsqueeze(1)

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, alpha={self.alpha}, eps={self.eps}"
