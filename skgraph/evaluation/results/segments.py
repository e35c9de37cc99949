"""Segments of actions: from the scores of sliding windows, and their average precision.

Segments are rows (label, start, end), int64 ``[S, 3]``, in frames of a recording with the end exclusive, as
:meth:`skgraph.data.SkeletonStore.segments` returns them. Background is one more column of the scores.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F


def frame_scores(window_scores: Tensor, starts: Tensor, width: int, length: int) -> Tensor:
    """Average the scores of windows, ``[W, K + 1]``, that cover each frame of a recording: ``[length, K + 1]``.

    The windows have ``width`` frames from ``starts [W]``, and cover every frame.
    """
    frame = starts[:, None] + torch.arange(width, device=starts.device)  # [W, width]
    window, within = torch.nonzero(frame < length, as_tuple=True)
    frame = frame[window, within]
    covered = torch.bincount(frame, minlength=length)
    total = window_scores.new_zeros(length, window_scores.size(1)).index_add_(0, frame, window_scores[window])
    return total / covered[:, None]


def find_segments(frame_scores: Tensor, background: int, min_length: int = 1, smooth: int = 1) -> tuple[Tensor, Tensor]:
    """Merge consecutive frames with the same best column into segments.

    Args:
        frame_scores: ``[T, K + 1]``; of equal scores in a frame the first column is the best.
        background: column that is no action. With the last one, ``K``, columns and labels are the same numbers.
        min_length: segments of fewer frames are dropped.
        smooth: frames of a moving average of the scores, odd, shorter at the ends of the recording.

    Returns:
        segments ``[S, 3]`` in order of time, and their scores ``[S]``: the mean of the smoothed scores of the label.
    """
    if smooth > 1:
        pool = F.avg_pool1d(frame_scores.T[None], smooth, 1, smooth // 2, count_include_pad=False)
        frame_scores = pool[0].T
    best = frame_scores.argmax(dim=1)
    label, run, count = torch.unique_consecutive(best, return_inverse=True, return_counts=True)
    score = frame_scores.new_zeros(len(label)).index_add_(0, run, frame_scores.gather(1, best[:, None])[:, 0]) / count
    end = count.cumsum(dim=0)
    keep = (label != background) & (count >= min_length)
    return torch.stack([label, end - count, end], dim=1)[keep], score[keep]


def detection_map(
    predictions: Sequence[tuple[Tensor, Tensor]], truth: Sequence[Tensor], num_classes: int, iou: float
) -> tuple[float, Tensor]:
    r"""Return the mean average precision over actions at a temporal IoU, in [0, 1].

    The mAP_a of PKU-MMD (Liu et al., ACM MM Workshop 2017, section on evaluation protocols, :math:`\theta` = ``iou``).
    Predictions of a class are ranked by score over all recordings; each is matched with the unmatched segment of its
    recording and class of largest IoU, at least ``iou``, and is wrong where there is none, as a second detection of a
    segment is. The average precision is the area under the interpolated curve
    :math:`p(r) = \max_{r' \ge r} \mathrm{precision}(r')` over all recalls (as in PASCAL VOC since 2010). Ties are
    ordered by recording, start, end and label; of equal IoUs the first segment in ``truth`` is taken.

    The authors' script matches each prediction with its best segment only, even if that is taken, and counts classes
    without any segment as 0; here the mean leaves them out.

    Args:
        predictions: segments ``[P, 3]`` and scores ``[P]`` of every recording, as :func:`find_segments` returns them.
        truth: labelled segments of every recording, in the same order, segments ``[S, 3]``.
        num_classes: classes ``K``, without background.
        iou: threshold :math:`\theta`, in (0, 1].

    Returns:
        the mean, and the average precision of each class ``[K]`` float64; NaN without any segment.
    """
    unmatched: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    segments = np.zeros(num_classes, np.int64)
    for recording, rows in enumerate(truth):
        for label, start, end in rows.tolist():
            unmatched[recording, label].append((start, end))
            segments[label] += 1
    ranked = sorted(
        (-score, recording, start, end, label)
        for recording, (rows, scores) in enumerate(predictions)
        for (label, start, end), score in zip(rows.tolist(), scores.tolist(), strict=True)
    )
    right: list[list[bool]] = [[] for _ in range(num_classes)]
    for _, recording, start, end, label in ranked:
        candidates = unmatched[recording, label]
        overlaps = [_iou((start, end), segment) for segment in candidates]
        best = max(overlaps, default=0.0)
        right[label].append(best >= iou)
        if best >= iou:
            del candidates[overlaps.index(best)]
    average = np.full(num_classes, np.nan)
    for label in np.flatnonzero(segments):
        hits = np.array(right[label], bool)
        precision = np.cumsum(hits) / np.arange(1, len(hits) + 1)
        interpolated = np.maximum.accumulate(precision[::-1])[::-1]
        average[label] = interpolated[hits].sum() / segments[label]  # recall rises by 1 / segments at each hit
    return float(np.nanmean(average)) if segments.any() else float("nan"), torch.from_numpy(average)


def _iou(one: tuple[int, int], other: tuple[int, int]) -> float:
    overlap = max(min(one[1], other[1]) - max(one[0], other[0]), 0)
    return overlap / (one[1] - one[0] + other[1] - other[0] - overlap)
