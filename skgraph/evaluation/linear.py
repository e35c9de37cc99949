"""An exact linear probe on fixed features."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from skgraph.errors import DataError


def linear_scores(
    train_x: Tensor, train_y: Tensor, unseen: Sequence[Tensor], num_classes: int, c: float = 1.0, iterations: int = 1000
) -> list[Tensor]:
    r"""Multinomial logistic regression on standardised features, solved to convergence by L-BFGS.

    Minimises :math:`\tfrac12 \lVert W \rVert^2 + c \sum_i \mathrm{CE}(W x_i + b, y_i)`: convex, so that the result has
    neither a learning rate nor a schedule nor a best epoch.

    Args:
        train_x: ``[N, D]``; its labels ``train_y [N]``.
        unseen: features to classify, each ``[n, D]``.
        num_classes: classes.
        c: inverse strength of the penalty.
        iterations: of L-BFGS, at most.

    Returns:
        logits ``[n, num_classes]`` of each of ``unseen``.

    Raises:
        DataError: they are not finite.
    """
    mean, std = train_x.mean(dim=0), train_x.std(dim=0)
    # A feature that never varies carries nothing; dividing by its rounding noise would make it the largest of all.
    keep = std > 1e-6 * std.max().clamp(min=1e-30)
    scale = torch.where(keep, std, 1.0)

    def standardise(features: Tensor) -> Tensor:
        return ((features - mean) / scale * keep).double()

    x = standardise(train_x)
    weight = torch.zeros(num_classes, x.size(1), dtype=torch.double, requires_grad=True)
    bias = torch.zeros(num_classes, dtype=torch.double, requires_grad=True)
    solver = torch.optim.LBFGS(
        [weight, bias], max_iter=iterations, tolerance_grad=1e-7, tolerance_change=1e-10, history_size=20,
        line_search_fn="strong_wolfe",
    )  # fmt: skip

    def objective() -> Tensor:
        solver.zero_grad()
        loss = F.cross_entropy(x @ weight.T + bias, train_y) + weight.square().sum() / (2 * c * len(x))
        loss.backward()
        return loss

    with torch.enable_grad():
        solver.step(objective)
    with torch.no_grad():
        scores = [(standardise(features) @ weight.T + bias).float() for features in unseen]
    if not all(part.isfinite().all() for part in scores):
        raise DataError(f"the linear probe did not converge with c={c:g}: its logits are not finite")
    return scores
