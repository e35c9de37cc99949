"""What happens when in a recording."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from skgraph.data import SkeletonDataset, SkeletonStore
from skgraph.errors import ConfigError
from skgraph.evaluation.sliding_windows import find_segments, frame_scores, window_starts
from skgraph.recognition.recogniser import Recogniser

LONGEST = 1e6  # seconds of a window, eleven days


@dataclass(frozen=True)
class Timeline:
    """A recording and what was recognised in it.

    Attributes:
        name: of the recording.
        fps: its frames a second.
        class_names: of the columns of ``probabilities``.
        probabilities: of every frame, ``[T, K]``.
        segments: ``[S, 3]``: label, first frame, the frame after the last one; in order of time.
        scores: mean probability of each segment's label, ``[S]``.
        whole: whether the recording was looked at as one window.
    """

    name: str
    fps: float
    class_names: tuple[str, ...]
    probabilities: Tensor
    segments: Tensor
    scores: Tensor
    whole: bool

    @property
    def best(self) -> list[tuple[str, float]]:
        """The classes by their mean probability over the recording, the most probable first."""
        mean = self.probabilities.mean(dim=0)
        return [(self.class_names[k], float(mean[k])) for k in mean.argsort(descending=True).tolist()]

    def rows(self) -> list[dict[str, str | float]]:
        """A row for each segment: recording, label, start and end in seconds, probability."""
        return [
            {
                "recording": self.name,
                "label": self.class_names[label],
                "start": round(start / self.fps, 3),
                "end": round(end / self.fps, 3),
                "probability": round(float(score), 4),
            }
            for (label, start, end), score in zip(self.segments.tolist(), self.scores, strict=True)
        ]


def timelines(
    recogniser: Recogniser,
    store: SkeletonStore,
    window: float | None = None,
    stride: float | None = None,
    smooth: float = 0.3,
    shortest: float = 0.5,
    threshold: float = 0.0,
    joint_map: str | None = None,
    progress: bool = False,
) -> list[Timeline]:
    """Recognise every recording of a store.

    With a ``window``, windows slide over a recording; a frame has the mean of the probabilities of the windows that
    cover it, which a moving average smooths, and neighbouring frames of the same best label are a segment. Background
    is no segment.

    Args:
        recogniser: at work.
        store: recordings, with or without labels.
        window: seconds of a window; without it a recording is one.
        stride: seconds from one window to the next; an eighth of a window if not given.
        smooth: seconds of the moving average.
        shortest: seconds of the shortest segment.
        threshold: smallest probability of a segment.
        joint_map: for recordings of another topology than the run's.
        progress: show a bar, where there is a terminal.

    Raises:
        ConfigError: a number out of its range.
        CheckpointError: the topology is another one, and there is no joint map.
    """
    for key, value, least in (
        ("window", window, 1e-9),
        ("stride", stride, 1e-9),
        ("smooth", smooth, 0.0),
        ("shortest", shortest, 0.0),
    ):
        if value is not None and not least <= value <= LONGEST:
            low = "above 0" if least else "at least 0"
            raise ConfigError(f"{key} must be {low} and at most {LONGEST:g}, in seconds, found {value}")
    if not 0 <= threshold <= 1:
        raise ConfigError(f"threshold must be a probability in [0, 1], found {threshold}")
    if window is None and stride is not None:
        raise ConfigError(f"stride={stride} is for sliding windows: say window=... as well")
    if window is not None and stride is not None and stride > window:
        raise ConfigError(
            f"stride must be at most the window of {window} s, so that no frame is left out; found {stride}"
        )
    dataset = SkeletonDataset(store, frames=recogniser.run.config["frames"])
    views = recogniser.views(store, joint_map)
    fps = float(store.meta.get("fps", 30.0))
    width = None if window is None else max(1, round(window * fps))
    step = None if width is None else max(1, round(stride * fps) if stride else width // 8)
    starts = [
        torch.zeros(1, dtype=torch.long) if width is None else window_starts(length, width, min(step, width))
        for length in store.length.tolist()
    ]
    rows = torch.arange(len(starts)).repeat_interleave(torch.tensor([len(part) for part in starts]))
    first = torch.cat(starts)
    widths = store.length[rows] if width is None else torch.minimum(store.length[rows], torch.tensor(width))
    scores = recogniser.windows(dataset, rows, first, widths, views, progress).split([len(part) for part in starts])
    background = len(recogniser.class_names) if recogniser.background is None else recogniser.background
    found = []
    for clip, (start, probabilities) in enumerate(zip(starts, scores, strict=True)):
        length = int(store.length[clip])
        frames = frame_scores(probabilities, start, min(width or length, length), length)
        if width is None:
            best = int(frames[0].argmax())
            segments, score = torch.tensor([[best, 0, length]]), frames[:1, best]
            segments, score = (segments[:0], score[:0]) if best == background else (segments, score)
        else:
            # A column for background where there is none, so that every label can be found.
            columns = frames if background < frames.size(1) else torch.cat([frames, frames.new_zeros(length, 1)], dim=1)
            odd = max(1, round(smooth * fps)) // 2 * 2 + 1
            segments, score = find_segments(columns, background, max(1, round(shortest * fps)), odd)
        keep = score >= threshold
        found.append(
            Timeline(
                str(store.name[clip]), fps, recogniser.class_names, frames, segments[keep], score[keep], width is None
            )
        )
    return found
