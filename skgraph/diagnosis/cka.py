"""Similarity of two sets of features of the same bodies."""

from __future__ import annotations

import torch
from torch import Tensor


def linear_cka(a: Tensor, b: Tensor) -> float:
    r"""Compute linear centred kernel alignment (Kornblith et al., ICML 2019, equation 3 with a linear kernel).

    .. math:: \frac{\lVert A^\top B \rVert_F^2}{\lVert A^\top A \rVert_F \, \lVert B^\top B \rVert_F}

    of centred features: 1 for a rotation and scaling, 0 for uncorrelated features.

    Args:
        a: ``[n, D]``.
        b: ``[n, D']``, of the same bodies.

    Returns:
        in [0, 1]; 0 where the features do not vary.
    """
    a, b = (x.double() - x.double().mean(dim=0) for x in (a, b))
    scale = torch.linalg.matrix_norm(a.T @ a) * torch.linalg.matrix_norm(b.T @ b)
    return float((a.T @ b).square().sum() / scale) if scale > 0 else 0.0
