"""Check the features and labels that a classifier takes."""

from __future__ import annotations

from torch import Tensor

from skgraph.errors import DataError


def check_labelled(x: Tensor, y: Tensor, unseen: Tensor, num_classes: int) -> None:
    """Raise a DataError unless ``x [N, D]`` has labels ``y [N]`` below ``num_classes``, and ``unseen`` its width."""
    if x.dim() != 2 or not len(x) or y.shape != x.shape[:1] or unseen.dim() != 2 or unseen.size(1) != x.size(1):
        found = ", ".join(str([*each.shape]) for each in (x, y, unseen))
        raise DataError(f"a classifier takes features [N, D], labels [N] and features [n, D], found {found}")
    if y.min() < 0 or y.max() >= num_classes:
        raise DataError(f"labels must be in 0 to {num_classes - 1}, found {int(y.min())} to {int(y.max())}")
