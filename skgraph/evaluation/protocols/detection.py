"""Action detection in untrimmed recordings by a linear probe on sliding windows."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from skgraph._internal.options import at_least
from skgraph._internal.text import csv_text
from skgraph.data import SkeletonDataset, SkeletonStore
from skgraph.errors import ConfigError
from skgraph.evaluation.classifiers.linear_probe import linear_scores
from skgraph.evaluation.context import EvaluationContext, Settings
from skgraph.evaluation.features.windows import sliding_windows, window_labels
from skgraph.evaluation.protocols.protocol import Outcome, Protocol
from skgraph.evaluation.results.segments import detection_map, find_segments, frame_scores


@dataclass(frozen=True)
class Detection(Protocol):
    """Find and name the actions of a recording: the frame-wise protocol of PKU-MMD (Liu et al., 2017).

    A linear probe, solved to convergence, labels every window, with background as one class; a frame has the mean of
    the probabilities of its windows, and neighbouring frames of one label are a segment. Metrics are the mAP over
    actions at temporal IoU 0.1, 0.3 and 0.5, in per cent.

    Attributes:
        window: frames of a window.
        stride: frames from one window to the next.
        smooth: frames of a moving average over the frames' probabilities, odd.
        min_length: frames of the shortest segment.
        c: inverse strength of the probe's penalty.
    """

    name = "detection"
    draws = False
    window: int = 64
    stride: int = 8
    smooth: int = 9
    min_length: int = 15
    c: float = 1.0

    def __post_init__(self) -> None:
        sizes = {key: getattr(self, key) for key in ("window", "stride", "smooth", "min_length")}
        at_least("protocol detection", 1, **sizes)
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
                raise ConfigError(f"protocol=detection slides windows over recordings: {key} has no meaning there")

    def check(self, source_hashes: Collection[str], store: SkeletonStore) -> None:
        if not store.has_segments:
            raise ConfigError(
                f"protocol=detection needs recordings with labelled segments, '{store.path}' has none: see "
                "docs/your_data.md for segment_* in an .npz, or prepare dataset=synthetic recordings=true"
            )

    def evaluate(self, context: EvaluationContext) -> Outcome:
        background, store = context.num_classes, context.test.store
        train, test = (sliding_windows(clips, self.window, self.stride) for clips in (context.train, context.test))
        y = window_labels(context.train, train, self.window)
        features = context.window_features(context.train, train)
        unseen = context.window_features(context.test, test)
        (logits,) = linear_scores(features, torch.where(y < 0, background, y), [unseen], background + 1, self.c)
        found, right, frames, clips = [], 0, 0, context.test.clips.tolist()
        probabilities, starts = logits.softmax(dim=1).split(test.count), test.start.split(test.count)
        for clip, scores, start in zip(clips, probabilities, starts, strict=True):
            length = int(store.length[clip])
            scores = frame_scores(scores, start, min(self.window, length), length)
            found.append(find_segments(scores, background, self.min_length, self.smooth))
            label = store.frame_labels(clip)
            right += int((scores.argmax(dim=1) == torch.where(label < 0, background, label)).sum())
            frames += length
        truth = [store.segments(clip) for clip in clips]
        metrics = {f"map_at_{iou}": 100 * detection_map(found, truth, background, iou)[0] for iou in (0.1, 0.3, 0.5)}
        metrics |= {"frame_accuracy": 100 * right / frames, "test_segments": sum(map(len, truth))}
        return Outcome(
            None, features=features, metrics=metrics, texts={"segments.csv": csv_text(_rows(context.test, found))}
        )


def _rows(dataset: SkeletonDataset, found: list[tuple[Tensor, Tensor]]) -> Iterator[tuple[Any, ...]]:
    yield "recording", "label", "start", "end", "score"
    for clip, (segments, scores) in zip(dataset.clips.tolist(), found, strict=True):
        for (label, start, end), score in zip(segments.tolist(), scores.tolist(), strict=True):
            yield dataset.store.name[clip], dataset.store.class_names[label], start, end, f"{score:.4f}"
