"""The mask of MAMP."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from skgraph.data.random_draws import gumbel
from skgraph.errors import ConfigError
from skgraph.transforms.frame_steps import frame_steps
from skgraph.transforms.graph_mask import GraphMask


class MotionAwareTokenMask(GraphMask):
    r"""Mask tokens, moving ones more often: MAMP's motion-aware masking (Mao et al., ICCV 2023, section 3.4).

    The intensity of token (s, v) is the mean motion of joint v over the frames t of patch s,

    .. math:: I_{s,v} = \frac{1}{l} \sum_{t \in s} \sum_c |x_{t+1,v,c} - x_{t,v,c}|, \qquad
        \pi = \operatorname{softmax}\left(\frac{I}{\tau \max_{s,v} I}\right),

    and the ``floor(ratio * L)`` tokens with the largest ``log pi + g`` are masked, g Gumbel noise. The last frame,
    which has no next, repeats the step into it; steps to or from an absent frame are left out of the mean.

    The paper writes ``softmax(I / tau)``, which depends on the unit and on the frame rate: at a few millimetres a
    frame, tau = 0.8 would be uniform. As in the authors' released code, I is therefore divided by its maximum over the
    tokens of a body, with which tau reads the same everywhere: the token that moves most is ``exp(1 / tau)`` times as
    likely to be drawn first as one at rest, 3.5 times at 0.8. (Relative to the mean instead, one fast hand would decide
    the mask.)

    The released code differs from the paper in two more points, which two options take over: the intensity of a token
    is the mean of :math:`|x_{s} - x_{s - 1}|` over the frames and axes of its patch and the one before, the first patch
    with the intensity of the second; and it keeps ``int(L * (1 - ratio))`` tokens in floating point, 74 of 750 at 0.9,
    where ``floor(ratio * L)`` masks 675 and keeps 75.

    Args:
        ratio: share of tokens to mask.
        patch_length: frames a token spans.
        tau: temperature, positive; small values mask the most moving tokens, large ones mask uniformly.
        intensity: ``"frames"``: the paper's; ``"patches"``: the released code's, over patches.
        count: ``"masked"``: mask ``floor(ratio * L)`` tokens; ``"visible"``: keep as many as the released code.
    """

    def __init__(
        self,
        ratio: float = 0.9,
        patch_length: int = 4,
        tau: float = 0.8,
        intensity: Literal["frames", "patches"] = "frames",
        count: Literal["masked", "visible"] = "masked",
    ) -> None:
        super().__init__(ratio, patch_length)
        if not tau > 0:
            raise ConfigError(f"MotionAwareTokenMask: tau must be positive, found {tau}")
        for name, value, known in (
            ("intensity", intensity, ("frames", "patches")),
            ("count", count, ("masked", "visible")),
        ):
            if value not in known:
                raise ConfigError(f"MotionAwareTokenMask: {name} must be {' or '.join(known)}, found '{value}'")
        self.tau, self.intensity, self.count = tau, intensity, count

    def num_masked(self, n: int, unit: str = "tokens") -> int:
        masked = super().num_masked(n, unit)
        return masked if self.count == "masked" else min(n - int(n * (1 - self.ratio)), n - 1)

    def scores(self, joints: Tensor, frame_mask: Tensor, generator: torch.Generator | None) -> Tensor:
        if self.intensity == "patches":
            intensity = self._between_patches(joints, frame_mask)
        else:
            steps, valid = frame_steps(joints, frame_mask)
            motion = steps.abs().sum(dim=-1) * valid  # [B, T - 1, V]
            intensity = self._by_patch(motion) / self._by_patch(valid).clamp(min=1)  # [B, T_e, V]
        peak = intensity.amax(dim=(1, 2), keepdim=True).clamp(min=torch.finfo(intensity.dtype).tiny)
        # The softmax's denominator is common to the tokens of a body: it cannot change which are largest.
        return intensity / peak / self.tau + gumbel(intensity.shape, joints, generator)

    def _between_patches(self, joints: Tensor, frame_mask: Tensor) -> Tensor:
        """Compute the mean change of each patch from the one before, ``[B, T, V, C] -> [B, T_e, V]``."""
        patches = (joints * frame_mask[..., None, None]).unflatten(1, (-1, self.patch_length))
        if patches.size(1) == 1:
            return torch.zeros_like(patches[:, :, 0, :, 0])
        change = (patches[:, 1:] - patches[:, :-1]).abs().mean(dim=(2, 4))
        return torch.cat([change[:, :1], change], dim=1)

    def _by_patch(self, x: Tensor) -> Tensor:
        """Sum over the frames of each patch, ``[B, T - 1, ...] -> [B, T_e, ...]``, the last frame repeated."""
        return torch.cat([x, x[:, -1:]], dim=1).unflatten(1, (-1, self.patch_length)).sum(dim=2)

    def extra_repr(self) -> str:
        released = "".join(
            f", {key}={value}"
            for key, value in (("intensity", self.intensity), ("count", self.count))
            if value not in ("frames", "masked")
        )
        return f"{super().extra_repr()}, tau={self.tau}{released}"
