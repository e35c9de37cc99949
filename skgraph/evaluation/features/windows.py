"""Sliding windows over recordings."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from skgraph.data import SkeletonDataset
from skgraph.errors import ConfigError


@dataclass(frozen=True)
class Windows:
    """Windows of the clips of a dataset, clip after clip.

    Attributes:
        row: position of each window's clip in the dataset, ``[W]``.
        start: first frame, ``[W]``.
        width: frames, ``[W]``.
        count: windows of each clip.
    """

    row: Tensor
    start: Tensor
    width: Tensor
    count: list[int]


def sliding_windows(dataset: SkeletonDataset, width: int | None, stride: int = 1) -> Windows:
    """Return windows that cover every frame of every clip (:func:`window_starts`); without a width, whole clips."""
    length = dataset.store.length[dataset.clips]
    one = torch.zeros(1, dtype=torch.long)
    starts = [one if width is None else window_starts(frames, width, stride) for frames in length.tolist()]
    count = [len(start) for start in starts]
    rows = torch.as_tensor(list(dataset.indices()), dtype=torch.long)
    length = length.repeat_interleave(torch.tensor(count))
    widths = length if width is None else length.clamp(max=width)
    return Windows(rows.repeat_interleave(torch.tensor(count)), torch.cat(starts), widths, count)


def window_labels(dataset: SkeletonDataset, windows: Windows, width: int) -> Tensor:
    """Return :func:`window_label` of the windows of all clips of a dataset, ``[W]``."""
    clips = zip(dataset.clips.tolist(), windows.start.split(windows.count), strict=True)
    return torch.cat([window_label(dataset.store.frame_labels(clip), start, width) for clip, start in clips])


def window_starts(length: int, width: int, stride: int) -> Tensor:
    """Return the first frames ``[W]`` of sliding windows that cover every frame of a recording.

    The last window ends with the recording; a recording shorter than a window has one, which reaches beyond its end.
    """
    if length < 1 or width < 1:
        raise ConfigError(f"windows need a length and a width of at least 1 frame, found {length} and {width}")
    if not 1 <= stride <= width:
        raise ConfigError(f"stride must be 1 to {width}, the width, so that no frame is left out; found {stride}")
    last = max(length - width, 0)
    starts = torch.arange(0, last + 1, stride)
    return starts if starts[-1] == last else torch.cat([starts, starts.new_tensor([last])])


def window_label(frame_labels: Tensor, starts: Tensor, width: int) -> Tensor:
    """Return the label of most ``frame_labels [T]`` in each window ``[W]``, int64; -1 is background, which wins ties.

    Of other ties the smaller label wins. Frames beyond the end of the recording do not count.
    """
    counts = F.one_hot(frame_labels + 1).cumsum(dim=0)  # [T, 1 + largest label]
    before = torch.cat([torch.zeros_like(counts[:1]), counts])  # frames of each label before a frame
    counts = before[(starts + width).clamp(max=len(frame_labels))] - before[starts]
    return counts.argmax(dim=1) - 1
