"""Action detection in untrimmed recordings by a sliding window over frozen features."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from skgraph._internal.options import at_least
from skgraph.data import SkeletonDataset, SkeletonStore
from skgraph.errors import ConfigError
from skgraph.evaluation.context import EvaluationContext
from skgraph.evaluation.linear import linear_scores
from skgraph.evaluation.protocols.protocol import Outcome, Protocol
from skgraph.evaluation.settings import Settings
from skgraph.evaluation.sliding_windows import detection_map, find_segments, frame_scores, window_label, window_starts


@dataclass(frozen=True)
class Detection(Protocol):
    """Find and name the actions of a recording: the frame-wise protocol of PKU-MMD (Liu et al., 2017).

    A linear probe, solved to convergence, names every window (or calls it background); a frame has the mean of the
    probabilities of its windows, and neighbouring frames of one label are a segment. The card has mAP over actions at
    temporal IoU 0.1, 0.3 and 0.5, in per cent.

    Attributes:
        window: frames of a window.
        stride: frames from one to the next.
        smooth: frames of a moving average over the frames' probabilities, odd.
        min_length: frames of the shortest segment.
        c: inverse strength of the probe's penalty.

    Raises:
        ConfigError: a value out of its range.
    """

    name: ClassVar[str] = "detection"
    draws: ClassVar[bool] = False
    window: int = 64
    stride: int = 8
    smooth: int = 9
    min_length: int = 15
    c: float = 1.0

    def __post_init__(self) -> None:
        at_least(
            "protocol detection",
            1,
            window=self.window,
            stride=self.stride,
            smooth=self.smooth,
            min_length=self.min_length,
        )
        if not self.c > 0:
            raise ConfigError(f"protocol detection: c must be positive, found {self.c}")
        if self.smooth % 2 == 0:
            raise ConfigError(f"protocol detection: smooth must be odd, found {self.smooth}")
        if self.stride > self.window:
            raise ConfigError(f"protocol detection: stride must be at most window={self.window}, found {self.stride}")

    def check_settings(self, settings: Settings) -> None:
        super().check_settings(settings)
        for key in ("crop", "crops", "validation"):
            if getattr(settings, key) != getattr(Settings(), key):
                raise ConfigError(f"protocol=detection looks through windows of its own: {key} has no meaning there")

    def check(self, source_hash: str, store: SkeletonStore) -> None:
        if not store.has_segments:
            raise ConfigError(
                f"protocol=detection needs recordings with labelled segments, '{store.path}' has none: see "
                "docs/your_data.md for segment_* in an .npz, or prepare dataset=synthetic recordings=true"
            )

    def evaluate(self, context: EvaluationContext) -> Outcome:
        background = context.num_classes
        train = _Windows(context.train, self.window, self.stride)
        test = _Windows(context.test, self.window, self.stride)
        y = torch.where(train.label < 0, background, train.label)
        features = context.window_features(context.train, train.row, train.start, train.width)
        unseen = context.window_features(context.test, test.row, test.start, test.width)
        (logits,) = linear_scores(features, y, [unseen], background + 1, self.c)
        found, right, frames = [], 0, 0
        recordings = logits.softmax(dim=1).split(test.count)
        starts = test.start.split(test.count)
        for clip, probabilities, start in zip(context.test.clips, recordings, starts, strict=True):
            length = int(context.test.store.length[clip])
            scores = frame_scores(probabilities, start, min(self.window, length), length)
            found.append(find_segments(scores, background, self.min_length, self.smooth))
            wanted = context.test.store.frame_labels(int(clip))
            right += int((scores.argmax(dim=1) == torch.where(wanted < 0, background, wanted)).sum())
            frames += length
        truth = [context.test.store.segments(int(clip)) for clip in context.test.clips]
        facts = {f"map_at_{iou}": 100 * detection_map(found, truth, background, iou)[0] for iou in (0.1, 0.3, 0.5)}
        facts |= {"frame_accuracy": 100 * right / frames, "test_segments": sum(map(len, truth))}
        return Outcome(None, features=features, facts=facts, texts={"segments.csv": _as_csv(context.test, found)})


class _Windows:
    """Sliding windows over the clips of a dataset, one after the other.

    Attributes:
        row: position of each window's clip in the dataset, ``[W]``.
        start: its first frame; ``width`` its frames.
        label: what most of its frames are, -1 for background.
        count: windows of each clip, a list.
    """

    def __init__(self, dataset: SkeletonDataset, width: int, stride: int) -> None:
        starts, labels, widths = [], [], []
        for clip in dataset.clips.tolist():
            length = int(dataset.store.length[clip])
            starts.append(window_starts(length, width, stride))
            labels.append(window_label(dataset.store.frame_labels(clip), starts[-1], width))
            widths.append(torch.full_like(starts[-1], min(width, length)))
        self.count = [len(s) for s in starts]
        indices = torch.as_tensor(list(dataset.indices()), dtype=torch.long)
        self.row = indices.repeat_interleave(torch.tensor(self.count))
        self.start, self.label, self.width = torch.cat(starts), torch.cat(labels), torch.cat(widths)


def _as_csv(dataset: SkeletonDataset, found: list[tuple[Tensor, Tensor]]) -> str:
    text = io.StringIO()
    write = csv.writer(text, lineterminator="\n")
    write.writerow(["recording", "label", "start", "end", "score"])
    for clip, (segments, score) in zip(dataset.clips.tolist(), found, strict=True):
        for (label, start, end), value in zip(segments.tolist(), score.tolist(), strict=True):
            write.writerow([dataset.store.name[clip], dataset.store.class_names[label], start, end, f"{value:.4f}"])
    return text.getvalue()
