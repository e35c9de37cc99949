"""k-nearest-neighbour classification by cosine similarity."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


def knn_scores(train_x: Tensor, train_y: Tensor, test_x: Tensor, num_classes: int, k: int = 1) -> Tensor:
    """Share of the ``k`` most similar training features that vote for each class.

    Uniform votes over cosine neighbours, as the field's retrieval protocol has it (k = 1: CMD, ECCV 2022).

    Args:
        train_x: ``[N, D]``; its labels ``train_y [N]``.
        test_x: ``[n, D]``.
        num_classes: classes.
        k: neighbours; no more than ``N`` are used.

    Returns:
        ``[n, num_classes]`` scores that sum to 1.
    """
    reference = F.normalize(train_x.float(), dim=1).T
    scores = []
    for chunk in F.normalize(test_x.float(), dim=1).split(1024):  # memory stays flat however many there are
        nearest = (chunk @ reference).topk(min(k, len(train_x)), dim=1).indices
        scores.append(F.one_hot(train_y[nearest], num_classes).float().mean(dim=1))
    return torch.cat(scores)
