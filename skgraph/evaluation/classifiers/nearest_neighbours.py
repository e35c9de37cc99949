"""Nearest neighbours and retrieval by cosine similarity."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from skgraph.evaluation.classifiers.labelled_features import check_labelled


def knn_scores(train_x: Tensor, train_y: Tensor, test_x: Tensor, num_classes: int, k: int = 1) -> Tensor:
    """Return the share of the ``k`` most similar training features that vote for each class.

    Uniform votes, as in the field's retrieval protocol (k = 1: CMD, ECCV 2022).

    Args:
        train_x: ``[N, D]``, with labels ``train_y [N]``.
        test_x: ``[n, D]``.
        num_classes: classes.
        k: neighbours; no more than ``N`` are used.

    Returns:
        ``[n, num_classes]`` scores that sum to 1.

    Raises:
        DataError: features and labels do not fit together.

    Example:
        >>> train, labels = torch.tensor([[1.0, 0.0], [0.9, 0.1], [0.0, 1.0]]), torch.tensor([0, 2, 1])
        >>> knn_scores(train, labels, torch.tensor([[5.0, 0.1]]), num_classes=3, k=2)
        tensor([[0.5000, 0.0000, 0.5000]])
    """
    check_labelled(train_x, train_y, test_x, num_classes)
    reference = F.normalize(train_x.float(), dim=1).T
    scores = []
    for chunk in F.normalize(test_x.float(), dim=1).split(1024):  # bounds the memory
        nearest = (chunk @ reference).topk(min(k, len(train_x)), dim=1).indices
        scores.append(F.one_hot(train_y[nearest], num_classes).float().mean(dim=1))
    return torch.cat(scores)


def retrieve(
    gallery_x: Tensor, gallery_y: Tensor, query_x: Tensor, query_y: Tensor, num_classes: int, chunk: int = 128
) -> tuple[Tensor, dict[str, float]]:
    """Rank a gallery for each query.

    Recall at k is the share of queries with a clip of their class among the k most similar ones (k = 1: the retrieval
    accuracy of CMD, ECCV 2022, and of GFP's Table 3). mAP is the mean over queries of the average precision over the
    whole ranking, without queries whose class the gallery lacks; those count as misses in recall. Clips of equal
    similarity share the last of their ranks.

    Args:
        gallery_x: ``[N, D]``, with labels ``gallery_y [N]``.
        query_x: ``[n, D]``, with labels ``query_y [n]``.
        num_classes: classes.
        chunk: queries ranked at once; memory does not grow with their number.

    Returns:
        scores ``[n, num_classes]``, the largest similarity of any clip of each class (-1 for a class without one), and
        ``recall1``, ``recall5`` and ``map`` in per cent.

    Raises:
        DataError: features and labels do not fit together.
    """
    check_labelled(gallery_x, gallery_y, query_x, num_classes)
    gallery, queries = F.normalize(gallery_x.float(), dim=1).T, F.normalize(query_x.float(), dim=1)
    scores = queries.new_full((len(queries), num_classes), -1.0)
    recall1, recall5, precision = 0, 0, []
    for label in query_y.unique():
        right = gallery_y == label
        for rows in (query_y == label).nonzero()[:, 0].split(chunk):
            similarity = queries[rows] @ gallery  # [q, N]
            scores[rows] = scores[rows].scatter_reduce(1, gallery_y.expand(len(rows), -1), similarity, "amax")
            nearest = right[similarity.topk(min(5, len(gallery_y)), dim=1).indices]
            recall1 += int(nearest[:, 0].sum())
            recall5 += int(nearest.any(dim=1).sum())
            if right.any():
                precision.append(_average_precision(similarity, right))
    return scores, {
        "recall1": 100 * recall1 / len(queries),
        "recall5": 100 * recall5 / len(queries),
        "map": 100 * float(torch.cat(precision).mean()) if precision else float("nan"),
    }


def _average_precision(similarity: Tensor, right: Tensor) -> Tensor:
    """Return the average precision ``[q]`` of rankings by ``similarity [q, N]``, in which ``right [N]`` are relevant.

    The precision at a relevant clip is the share of relevant ones among all clips that are at least as similar.
    Counting clips between the relevant ones takes a third of the time of sorting.
    """
    wanted = similarity[:, right].sort(dim=1).values  # [q, r], the least similar first
    count = wanted.size(1)
    # Count the relevant clips that are no more similar than each clip.
    beaten = torch.searchsorted(wanted, similarity.contiguous(), right=True)  # [q, N], 0 .. r
    clips = torch.zeros(len(wanted), count + 1, dtype=torch.long, device=wanted.device)
    clips.scatter_add_(1, beaten, torch.ones_like(beaten))
    at_least = clips.flip(1).cumsum(dim=1).flip(1)[:, 1:]  # [q, r] of all clips
    right_at_least = count - torch.searchsorted(wanted, wanted)
    return (right_at_least / at_least).double().mean(dim=1)
