"""Mean average precision of action detection (Liu et al., ACM MM Workshop 2017)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor


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
        predictions: predictions of every recording, segments ``[P, 3]`` and scores ``[P]``, as
            :func:`~skgraph.evaluation.results.segments.find_segments` returns them.
        truth: labelled segments of every recording, in the same order, segments ``[S, 3]``.
        num_classes: classes ``K``, without background.
        iou: threshold :math:`\theta`, in (0, 1].

    Returns:
        the mean, and the average precision of each class ``[K]`` float64; NaN without any segment.
    """
    found, true = _match(predictions, truth, num_classes, iou)
    return _mean_average_precision(found["label"], found["right"], np.bincount(true["label"], minlength=num_classes))


def recording_map(
    predictions: Sequence[tuple[Tensor, Tensor]], truth: Sequence[Tensor], num_classes: int, iou: float
) -> tuple[float, Tensor]:
    """Return the mean average precision over recordings: the mAP_v of PKU-MMD.

    As :func:`detection_map`, with the predictions of all classes of a recording in one ranking.

    Returns:
        the mean, and the average precision of each recording ``[N]`` float64; NaN without any segment.
    """
    found, true = _match(predictions, truth, num_classes, iou)
    segments = np.bincount(true["recording"], minlength=len(truth))
    return _mean_average_precision(found["recording"], found["right"], segments)


def _match(
    predictions: Sequence[tuple[Tensor, Tensor]], truth: Sequence[Tensor], num_classes: int, iou: float
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Return columns of all ranked predictions, with whether each is ``right``, and of all true segments."""
    found, true = _columns([segments for segments, _ in predictions]), _columns(truth)
    found["score"] = torch.cat([torch.zeros(0, dtype=torch.double), *(scores for _, scores in predictions)]).numpy()
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
    # Quotient and threshold are both rounded to the nearest double, so that equal values compare equal.
    ratio = overlap / union
    enough = ratio >= iou
    prediction, segment, ratio = prediction[enough], segment[enough], ratio[enough]
    order = np.lexsort([segment, -ratio, prediction])

    right, taken = np.zeros(len(group), bool), np.zeros(len(true_group), bool)
    for p, s in zip(prediction[order].tolist(), segment[order].tolist(), strict=True):
        if not right[p] and not taken[s]:
            right[p] = taken[s] = True
    return found | {"right": right}, true


def _columns(recordings: Sequence[Tensor]) -> dict[str, np.ndarray]:
    """Return recording, label, start and end of all segments, each ``[S]`` int64."""
    label, start, end = torch.cat([torch.zeros(0, 3, dtype=torch.long), *recordings]).numpy().T
    recording = np.repeat(np.arange(len(recordings)), [len(segments) for segments in recordings])
    return {"recording": recording, "label": label, "start": start, "end": end}


def _mean_average_precision(group: np.ndarray, right: np.ndarray, segments: np.ndarray) -> tuple[float, Tensor]:
    """Return the mean over groups with segments, and each group's average precision, of ranked predictions."""
    average = np.full(len(segments), np.nan)
    for g in np.flatnonzero(segments):
        mine = right[group == g]
        precision = np.cumsum(mine) / np.arange(1, len(mine) + 1)
        interpolated = np.maximum.accumulate(precision[::-1])[::-1]
        average[g] = interpolated[mine].sum() / segments[g]  # recall rises by 1 / segments at each right one
    mean = float(np.nanmean(average)) if segments.any() else float("nan")
    return mean, torch.from_numpy(average)
