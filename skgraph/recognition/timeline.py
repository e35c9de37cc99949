"""Timelines: the actions recognised in recordings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

from skgraph.data import SkeletonStore
from skgraph.errors import ConfigError
from skgraph.evaluation.features.windows import sliding_windows
from skgraph.evaluation.results.segments import find_segments, frame_scores
from skgraph.recognition.recogniser import Recogniser

COLUMNS = ("recording", "body", "identity", "label", "start", "end", "probability")
LONGEST = 1e6  # seconds of a window, eleven days
People = Literal["clip", "each"]


@dataclass(frozen=True)
class Timeline:
    """The segments recognised in a recording, or of one body in it.

    Attributes:
        name: name of the recording.
        fps: its frames a second.
        class_names: names of the columns of ``probabilities``.
        probabilities: probabilities of every frame, ``[T, K]``; of a body, from its first frame to its last.
        segments: ``[S, 3]``: label, first frame, frame after the last; in order of time.
        scores: mean probability of each segment's label, ``[S]``.
        whole: whether the recording was one window.
        body: index of the body in the recording; ``None`` for all bodies together.
        first: frame of the recording with which ``probabilities`` begin.
        identity: number of the body in the source, such as a tracker's; -1 where unknown.
    """

    name: str
    fps: float
    class_names: tuple[str, ...]
    probabilities: Tensor
    segments: Tensor
    scores: Tensor
    whole: bool
    body: int | None = None
    first: int = 0
    identity: int = -1

    @property
    def title(self) -> str:
        """Name of the recording, the body, and its identity if it is known."""
        body = "" if self.body is None else f", body {self.body}"
        return self.name + body + (f" (identity {self.identity})" if self.identity >= 0 else "")

    @property
    def best(self) -> list[tuple[str, float]]:
        """Classes and their mean probability over the recording, the most probable first."""
        mean = self.probabilities.nanmean(dim=0)
        return [(self.class_names[k], float(mean[k])) for k in mean.argsort(descending=True).tolist()]

    def rows(self) -> list[dict[str, str | float]]:
        """Return recording, body, identity, label, start and end in seconds, and probability of each segment."""
        found = []
        for (label, *frames), score in zip(self.segments.tolist(), self.scores, strict=True):
            start, end = (round(frame / self.fps, 3) for frame in frames)
            body = "" if self.body is None else self.body
            identity = self.identity if self.identity >= 0 else ""
            values = (self.name, body, identity, self.class_names[label], start, end, round(float(score), 4))
            found.append(dict(zip(COLUMNS, values, strict=True)))
        return found


def timelines(
    recogniser: Recogniser,
    store: SkeletonStore,
    people: People = "clip",
    window: float | None = None,
    stride: float | None = None,
    smooth: float = 0.3,
    shortest: float = 0.5,
    threshold: float = 0.0,
    joint_map: str | None = None,
    progress: bool = False,
) -> list[Timeline]:
    """Recognise every recording of a store.

    With a ``window``, windows slide over a recording; a frame has the mean of the probabilities of its windows,
    smoothed by a moving average, and neighbouring frames of one best label are a segment. Background is no segment.

    Args:
        recogniser: classifier of the actions.
        store: recordings, with or without labels.
        people: ``"clip"`` recognises recordings by all bodies together; ``"each"`` also every body by itself, from its
            first frame to its last. Its timelines follow that of the recording.
        window: seconds of a window; without it a recording is one window.
        stride: seconds from one window to the next; by default an eighth of a window.
        smooth: seconds of the moving average.
        shortest: seconds of the shortest segment.
        threshold: smallest probability of a segment.
        joint_map: for recordings of another topology than the run's.
        progress: show a bar in a terminal.

    Raises:
        ConfigError: a number out of its range, or ``people="each"`` with a head of ``bodies=relation``.
        CheckpointError: the topology is another one, and there is no joint map.
    """
    for key, value in {"window": window, "stride": stride, "smooth": smooth, "shortest": shortest}.items():
        least, low = (1e-9, "above 0") if key in ("window", "stride") else (0, "at least 0")
        if value is not None and not least <= value <= LONGEST:
            raise ConfigError(f"{key} must be {low} and at most {LONGEST:g}, in seconds, found {value}")
    if not 0 <= threshold <= 1:
        raise ConfigError(f"threshold must be a probability in [0, 1], found {threshold}")
    if stride is not None and window is None:
        raise ConfigError(f"stride={stride} is for sliding windows: say window=... as well")
    if stride and window and stride > window:
        raise ConfigError(f"stride must be at most the window of {window} s, found {stride}")
    if people == "each" and recogniser.bodies == "relation":
        raise ConfigError("people=each needs a head of single bodies: bodies=present, found relation")
    dataset = recogniser.run.dataset(store)
    recogniser = recogniser.on(store.topology, joint_map)
    views = recogniser.views(store, joint_map)
    fps = float(store.meta.get("fps", 30.0))
    width = None if window is None else max(1, round(window * fps))
    step = 1 if width is None else min(width, max(1, round(stride * fps) if stride else width // 8))
    windows = sliding_windows(dataset, width, step)
    background = len(recogniser.class_names) if recogniser.background is None else recogniser.background
    least, odd = max(1, round(shortest * fps)), max(1, round(smooth * fps)) // 2 * 2 + 1

    def timeline(
        clip: int, start: Tensor, p: Tensor, frames: int, body: int | None = None, first: int = 0, identity: int = -1
    ) -> Timeline:
        """Merge the windows from ``start`` of a recording, or of a body with ``frames`` frames from ``first``."""
        length = int(store.length[clip])
        scores = frame_scores(p, start, min(width or length, length), length)[first : first + frames]
        if width is None:
            best = int(scores[0].argmax())
            segments, score = torch.tensor([[best, 0, frames]]), scores[:1, best]
            keep = (score >= threshold) & (best != background)
        else:
            # A column for background where there is none, so that every label can be found.
            columns = scores if background < scores.size(1) else F.pad(scores, (0, 1))
            absent = F.one_hot(torch.tensor(background), columns.size(1)).to(columns.dtype)
            columns = torch.where(columns.isnan().any(dim=1, keepdim=True), absent, columns)
            segments, score = find_segments(columns, background, least, odd)
            keep = score >= threshold
        segments = segments[keep] + torch.tensor([0, first, first])
        names = (str(store.name[clip]), fps, recogniser.class_names)
        return Timeline(*names, scores, segments, score[keep], width is None, body, first, identity)

    p = recogniser.window_probabilities(dataset, windows, views, progress)
    starts = windows.start.split(windows.count)
    length = store.length.tolist()
    found = [
        [timeline(clip, start, scores, length[clip])]
        for clip, (start, scores) in enumerate(zip(starts, p.split(windows.count), strict=True))
    ]
    if people == "each":
        window_of, body_of, p = recogniser.body_probabilities(dataset, windows, views, progress)
        track = store.body_ptr[windows.row[window_of]] + body_of
        order = track.argsort(stable=True)
        tracks, counts = track[order].unique_consecutive(return_counts=True)
        groups = zip(tracks.tolist(), order.split(counts.tolist()), strict=True)
        for one, rows in groups:
            clip, body = int(windows.row[window_of[rows[0]]]), int(body_of[rows[0]])
            first, frames, identity = (
                int(of_tracks[one]) for of_tracks in (store.track_first, store.track_length, store.identity)
            )
            start = windows.start[window_of[rows]]
            found[clip].append(timeline(clip, start, p[rows], frames, body, first, identity))
    return [one for of_clip in found for one in of_clip]
