"""Segments of actions from scores of sliding windows.

Segments are rows (label, start, end), int64 ``[S, 3]``, in frames of a recording with the end exclusive, as
:meth:`skgraph.data.SkeletonStore.segments` returns them. Background is one more column of the scores.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


def frame_scores(window_scores: Tensor, starts: Tensor, width: int, length: int) -> Tensor:
    """Average the scores of the windows that cover each frame, ``[length, K + 1]``.

    Args:
        window_scores: ``[W, K + 1]``.
        starts: ``[W]``; the windows cover every frame.
        width: frames of a window.
        length: frames of the recording.
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
