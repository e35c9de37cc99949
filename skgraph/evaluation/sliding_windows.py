"""Action detection in untrimmed recordings: sliding windows, segments from frame scores, mean average precision.

Segments are rows (label, start, end), int64 ``[S, 3]``, in frames of a recording with the end exclusive: what
:meth:`skgraph.data.SkeletonStore.segments` gives. Background is the label -1, and one more column of the scores.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from skgraph.errors import ConfigError, DataError


def window_starts(length: int, width: int, stride: int) -> Tensor:
    """First frames ``[W]`` of sliding windows that cover every frame of a recording.

    The last window ends with the recording, however little it moves on; a recording shorter than a window has one,
    which reaches beyond its end.

    Args:
        length: frames of the recording.
        width: frames of a window.
        stride: frames from one window to the next, at most ``width``.

    Raises:
        ConfigError: a number is out of its range.
    """
    if length < 1 or width < 1:
        raise ConfigError(f"windows need a length and a width of at least 1 frame, found {length} and {width}")
    if not 1 <= stride <= width:
        raise ConfigError(f"stride must be 1 to {width}, the width, so that no frame is left out; found {stride}")
    last = max(length - width, 0)
    starts = torch.arange(0, last + 1, stride)
    return starts if starts[-1] == last else torch.cat([starts, starts.new_tensor([last])])


def window_label(frame_labels: Tensor, starts: Tensor, width: int) -> Tensor:
    """The label that most frames of each window have, ``[W]`` int64, -1 where that is background.

    A tie goes to background, then to the smaller label. Frames beyond the end of the recording do not count.

    Args:
        frame_labels: ``[T]`` int64, -1 for background, as :meth:`skgraph.data.SkeletonStore.frame_labels` gives them.
        starts: ``[W]``, see :func:`window_starts`.
        width: frames of a window.
    """
    there = F.one_hot(frame_labels + 1).cumsum(dim=0)  # [T, 1 + largest label]
    until = torch.cat([torch.zeros_like(there[:1]), there])  # frames of each label before a frame
    counts = until[(starts + width).clamp(max=len(frame_labels))] - until[starts]
    return counts.argmax(dim=1) - 1


def frame_scores(window_scores: Tensor, starts: Tensor, width: int, length: int) -> Tensor:
    """Mean of the scores of the windows that cover each frame, ``[length, K + 1]``.

    Args:
        window_scores: ``[W, K + 1]``.
        starts: ``[W]``, see :func:`window_starts`.
        width: frames of a window.
        length: frames of the recording.

    Raises:
        DataError: as many scores as windows are expected, or a frame is in no window.
    """
    if len(window_scores) != len(starts):
        raise DataError(f"expected scores of {len(starts)} windows, found {len(window_scores)}")
    frame = starts[:, None] + torch.arange(width, device=starts.device)  # [W, width]
    window, within = torch.nonzero(frame < length, as_tuple=True)
    frame = frame[window, within]
    covered = torch.bincount(frame, minlength=length)
    if not covered.all():
        raise DataError(f"frame {int(covered.argmin())} of {length} is in no window of {width} frames")
    total = window_scores.new_zeros(length, window_scores.size(1)).index_add_(0, frame, window_scores[window])
    return total / covered[:, None]


def find_segments(frame_scores: Tensor, background: int, min_length: int = 1, smooth: int = 1) -> tuple[Tensor, Tensor]:
    """Merge consecutive frames that have the same best column into segments.

    Args:
        frame_scores: ``[T, K + 1]``; of equal scores in a frame the first column is the best.
        background: column that is no action. With the last one, ``K``, columns and labels are the same numbers.
        min_length: segments of fewer frames are dropped.
        smooth: frames of the moving average that the scores pass through first, odd; at the ends of the recording it is
            over the frames that are there.

    Returns:
        segments ``[S, 3]`` in order of time, and for each its score ``[S]``: the mean over its frames of the (smoothed)
        score of its label.

    Raises:
        ConfigError: an option is out of its range.
        DataError: a score is not a number.
    """
    columns = frame_scores.size(1)
    if not 0 <= background < columns:
        raise ConfigError(f"background must be one of the columns 0 .. {columns - 1}, found {background}")
    if min_length < 1:
        raise ConfigError(f"min_length must be at least 1 frame, found {min_length}")
    if smooth < 1 or smooth % 2 == 0:
        raise ConfigError(f"smooth must be an odd number of frames, found {smooth}")
    if frame_scores.isnan().any():
        raise DataError(f"frame {int(frame_scores.isnan().any(dim=1).nonzero()[0])} has a score that is not a number")
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
    r"""Mean average precision over actions at a temporal IoU, in [0, 1].

    The mAP_a of PKU-MMD (Liu et al., ACM MM Workshop 2017, section on evaluation protocols, :math:`\theta` = ``iou``).
    Predictions of a class are taken in order of their scores over all recordings; each is right if it overlaps, by
    ``iou`` or more, a segment of its recording and class that no prediction before it was matched with, and is matched
    with the one of largest IoU among those. So a second detection of a segment is wrong. The average precision is the
    area under the interpolated curve :math:`p(r) = \max_{r' \ge r} \mathrm{precision}(r')` over all recalls (as PASCAL
    VOC has it since 2010). Equal scores are ordered by recording, start, end and label, whatever their order in
    ``predictions``; of equal IoUs the first segment in ``truth`` is taken.

    The authors' script differs in that it matches each prediction with its best segment only, even if that is taken,
    and that it counts classes without any segment as 0; here they are left out of the mean.

    Args:
        predictions: of every recording, segments ``[P, 3]`` and scores ``[P]``, as :func:`find_segments` gives them.
        truth: of every recording, in the same order, segments ``[S, 3]``.
        num_classes: classes ``K``, without background.
        iou: threshold :math:`\theta`, in (0, 1].

    Returns:
        the mean, and the average precision of each class ``[K]`` float64. NaN is a class without any segment, and the
        mean where no class has one.

    Raises:
        ConfigError: ``iou`` is out of its range.
        DataError: segments or scores of a wrong shape, a label that is no class, a segment that ends before it starts,
            or a score that is not a number.
    """
    found, true = _match(predictions, truth, num_classes, iou)
    return _mean_average_precision(found["label"], found["right"], np.bincount(true["label"], minlength=num_classes))


def recording_map(
    predictions: Sequence[tuple[Tensor, Tensor]], truth: Sequence[Tensor], num_classes: int, iou: float
) -> tuple[float, Tensor]:
    """Mean average precision over recordings: the mAP_v of PKU-MMD.

    As :func:`detection_map`, with predictions of all classes of one recording in one ranking, and the mean over
    recordings. A prediction must still have the label of the segment that it overlaps.

    Returns:
        the mean, and the average precision of each recording ``[N]`` float64. NaN is a recording without any segment.
    """
    found, true = _match(predictions, truth, num_classes, iou)
    segments = np.bincount(true["recording"], minlength=len(truth))
    return _mean_average_precision(found["recording"], found["right"], segments)


def _match(
    predictions: Sequence[tuple[Tensor, Tensor]], truth: Sequence[Tensor], num_classes: int, iou: float
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Columns of all predictions, ranked, with whether each is ``right``, and columns of all segments of the truth."""
    if not 0 < iou <= 1:
        raise ConfigError(f"iou must be in (0, 1], found {iou}")
    if len(predictions) != len(truth):
        raise DataError(f"expected predictions for {len(truth)} recordings, found {len(predictions)}")
    found = _columns([segments for segments, _ in predictions], num_classes, "predictions")
    true = _columns(truth, num_classes, "truth")
    found["score"] = _scores(predictions)
    order = np.lexsort([found[key] for key in ("label", "end", "start", "recording")] + [-found["score"]])
    found = {key: column[order] for key, column in found.items()}

    # All pairs of a prediction and a segment of its recording and class.
    group, true_group = (columns["recording"] * num_classes + columns["label"] for columns in (found, true))
    by_group = np.argsort(true_group, kind="stable")
    first = np.searchsorted(true_group[by_group], group, "left")
    pairs = np.searchsorted(true_group[by_group], group, "right") - first
    prediction = np.repeat(np.arange(len(group)), pairs)
    step = np.arange(pairs.sum()) - np.repeat(np.cumsum(pairs) - pairs, pairs)
    segment = by_group[first[prediction] + step]
    begins = np.maximum(found["start"][prediction], true["start"][segment])
    ends = np.minimum(found["end"][prediction], true["end"][segment])
    overlap = np.maximum(ends - begins, 0)
    union = (found["end"] - found["start"])[prediction] + (true["end"] - true["start"])[segment] - overlap
    # Both this quotient and a threshold such as 0.3 are rounded to the nearest double: what is equal compares equal.
    ratio = overlap / union
    enough = ratio >= iou
    prediction, segment, ratio = prediction[enough], segment[enough], ratio[enough]
    order = np.lexsort([segment, -ratio, prediction])

    right, taken = np.zeros(len(group), bool), np.zeros(len(true_group), bool)
    for p, s in zip(prediction[order].tolist(), segment[order].tolist(), strict=True):
        if not right[p] and not taken[s]:
            right[p] = taken[s] = True
    return found | {"right": right}, true


def _columns(recordings: Sequence[Tensor], num_classes: int, what: str) -> dict[str, np.ndarray]:
    """Recording, label, start and end of all segments, each ``[S]`` int64."""
    for i, segments in enumerate(recordings):
        if segments.ndim != 2 or segments.shape[1] != 3 or segments.is_floating_point():
            raise DataError(
                f"{what} of recording {i} must be whole numbers [S, 3] (label, start, end), found {segments.dtype} "
                f"{list(segments.shape)}"
            )
    rows = np.concatenate([segments.cpu().numpy() for segments in recordings] or [np.zeros((0, 3))]).astype(np.int64)
    recording = np.repeat(np.arange(len(recordings)), [len(segments) for segments in recordings])
    label, start, end = rows.T
    for good, expected in (
        ((label >= 0) & (label < num_classes), f"a label 0 .. {num_classes - 1}"),
        (start < end, "an end after the start"),
    ):
        if not good.all():
            i = int(np.argmin(good))
            raise DataError(
                f"{what} of recording {recording[i]} hold (label {label[i]}, start {start[i]}, end {end[i]}), expected "
                f"{expected}"
            )
    return {"recording": recording, "label": label, "start": start, "end": end}


def _scores(predictions: Sequence[tuple[Tensor, Tensor]]) -> np.ndarray:
    """Scores of all predictions, float64."""
    for i, (segments, scores) in enumerate(predictions):
        if scores.shape != (len(segments),) or scores.isnan().any():
            raise DataError(
                f"predictions of recording {i} need {len(segments)} scores that are numbers, found "
                f"{'NaN' if scores.shape == (len(segments),) else list(scores.shape)}"
            )
    return np.concatenate([scores.detach().cpu().double().numpy() for _, scores in predictions] or [np.zeros(0)])


def _mean_average_precision(group: np.ndarray, right: np.ndarray, segments: np.ndarray) -> tuple[float, Tensor]:
    """Mean over the groups that have segments, and each group's average precision, of ranked predictions."""
    average = np.full(len(segments), np.nan)
    for g in np.flatnonzero(segments):
        mine = right[group == g]
        precision = np.cumsum(mine) / np.arange(1, len(mine) + 1)
        interpolated = np.maximum.accumulate(precision[::-1])[::-1]
        average[g] = interpolated[mine].sum() / segments[g]  # recall rises by 1 / segments at each right one
    mean = float(np.nanmean(average)) if segments.any() else float("nan")
    return mean, torch.from_numpy(average)
