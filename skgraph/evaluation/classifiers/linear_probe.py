"""An exact linear probe on fixed features."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from skgraph.errors import DataError
from skgraph.evaluation.classifiers.labelled_features import check_labelled


@dataclass(frozen=True)
class LinearProbe:
    """A linear classifier of standardised features.

    Attributes:
        mean: mean of the training features, ``[D]``.
        scale: their standard deviation, ``[D]``; infinite for features that did not vary.
        weight: ``[K, D]``.
        bias: ``[K]``.
    """

    mean: Tensor
    scale: Tensor
    weight: Tensor
    bias: Tensor

    def __call__(self, features: Tensor) -> Tensor:
        """Return logits ``[n, K]`` float32 of features ``[n, D]``."""
        return (((features - self.mean) / self.scale).double() @ self.weight.T + self.bias).float()


def fit_linear(
    train_x: Tensor, train_y: Tensor, num_classes: int, c: float = 1.0, iterations: int = 1000
) -> LinearProbe:
    r"""Solve multinomial logistic regression on standardised features to convergence, by L-BFGS.

    Minimises :math:`\tfrac12 \lVert W \rVert^2 + c \sum_i \mathrm{CE}(W x_i + b, y_i)`, which is convex: there is no
    learning rate, schedule or best epoch.

    Args:
        train_x: ``[N, D]``, with labels ``train_y [N]``.
        num_classes: classes.
        c: inverse strength of the penalty.
        iterations: largest number of L-BFGS iterations.

    Raises:
        DataError: the weights are not finite.
    """
    mean, std = train_x.mean(dim=0), train_x.std(dim=0)
    # A constant feature is only rounding noise, which standardisation would make the largest of all.
    scale = torch.where(std > 1e-6 * std.max().clamp(min=1e-30), std, torch.inf)
    x = ((train_x - mean) / scale).double()
    # The solution lies in the span of the clips: with more features than clips, solve it there.
    basis = torch.linalg.qr(x.T).Q if len(x) < x.size(1) else None  # [D, N], orthonormal
    x = x if basis is None else x @ basis
    weight = torch.zeros(num_classes, x.size(1), dtype=torch.double, requires_grad=True)
    bias = torch.zeros(num_classes, dtype=torch.double, requires_grad=True)
    solver = torch.optim.LBFGS(
        [weight, bias],
        max_iter=iterations,
        tolerance_grad=1e-7,
        tolerance_change=1e-10,
        history_size=20,
        line_search_fn="strong_wolfe",
    )

    def objective() -> Tensor:
        solver.zero_grad()
        loss = F.cross_entropy(x @ weight.T + bias, train_y) + weight.square().sum() / (2 * c * len(x))
        loss.backward()
        return loss

    with torch.enable_grad():
        solver.step(objective)
    solved = weight.detach()
    probe = LinearProbe(mean, scale, solved if basis is None else solved @ basis.T, bias.detach())
    if not (probe.weight.isfinite().all() and probe.bias.isfinite().all()):
        raise DataError(f"the linear probe did not converge with c={c:g}: its weights are not finite")
    return probe


def linear_scores(
    train_x: Tensor, train_y: Tensor, unseen: Sequence[Tensor], num_classes: int, c: float = 1.0, iterations: int = 1000
) -> list[Tensor]:
    """Fit a probe (:func:`~skgraph.evaluation.classifiers.linear_probe.fit_linear`), and return its logits
    ``[n, num_classes]`` of each of ``unseen [n, D]``.

    Raises:
        DataError: features and labels do not fit together, or the weights are not finite.
    """
    for features in [*unseen, train_x]:
        check_labelled(train_x, train_y, features, num_classes)
    probe = fit_linear(train_x, train_y, num_classes, c, iterations)
    scores = [probe(features) for features in unseen]
    if not all(logits.isfinite().all() for logits in scores):
        raise DataError(f"the linear probe did not converge with c={c:g}: its logits are not finite")
    return scores
