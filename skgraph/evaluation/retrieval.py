"""Retrieval of clips of the same class by cosine similarity."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


def retrieve(
    gallery_x: Tensor, gallery_y: Tensor, query_x: Tensor, query_y: Tensor, num_classes: int, chunk: int = 512
) -> tuple[Tensor, dict[str, float]]:
    """Rank a gallery for each query.

    Top-k is the share of queries with a clip of their class among the k most similar ones (k = 1: the retrieval figure
    of CMD, ECCV 2022, and of GFP's Table 3). mAP is the mean over queries of the average precision over the whole
    ranking; queries whose class the gallery does not have are left out of it, and count as misses in top-k.

    Args:
        gallery_x: ``[N, D]``, with labels ``gallery_y [N]``.
        query_x: ``[n, D]``, with labels ``query_y [n]``.
        num_classes: classes.
        chunk: queries ranked at once; memory does not grow with their number.

    Returns:
        scores ``[n, num_classes]``, the largest similarity of any clip of each class (-1 for a class without one), and
        ``recall1``, ``recall5`` and ``map`` in per cent.
    """
    gallery = F.normalize(gallery_x.float(), dim=1).T
    rank = torch.arange(1, len(gallery_y) + 1, dtype=torch.double)
    scores, first, precision = [], [], []
    for x, y in zip(F.normalize(query_x.float(), dim=1).split(chunk), query_y.split(chunk), strict=True):
        similarity = x @ gallery
        best = similarity.new_full((len(x), num_classes), -1.0)
        scores.append(best.scatter_reduce(1, gallery_y.expand(len(x), -1), similarity, "amax"))
        right = gallery_y[similarity.argsort(dim=1, descending=True, stable=True)] == y[:, None]
        first.append(right[:, :5])
        found = right.sum(dim=1)
        average = (right.cumsum(dim=1) / rank * right).sum(dim=1) / found
        precision.append(average[found > 0])
    top = torch.cat(first)
    return torch.cat(scores), {
        "recall1": 100 * float(top[:, :1].any(dim=1).double().mean()),
        "recall5": 100 * float(top.any(dim=1).double().mean()),
        "map": 100 * float(torch.cat(precision).mean()),
    }
