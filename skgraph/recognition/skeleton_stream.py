"""Labels of live frames."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import ArrayLike

from skgraph._internal.options import at_least, check_kinds
from skgraph.data import SkeletonData
from skgraph.errors import DataError, first_line
from skgraph.recognition.recogniser import Recogniser
from skgraph.transforms import CropResample


@dataclass(frozen=True)
class StreamedLabel:
    """The label of the last frames of a stream.

    Attributes:
        frame: index of the newest frame.
        label: the most probable class.
        probability: probability of that class; ``probabilities`` are those of all classes, ``[K]``.
    """

    frame: int
    label: str
    probability: float
    probabilities: np.ndarray


class SkeletonStream:
    """Recognition of the last frames of a live recording.

    Args:
        recogniser: classifier of the actions; frames must have the topology of its run.
        window, every: frames of the window, and between two labels.
        bodies: bodies of a frame, ``M``, at most.

    Raises:
        ConfigError: a number below 1.
    """

    def __init__(self, recogniser: Recogniser, window: int = 60, every: int = 1, bodies: int = 1) -> None:
        check_kinds(SkeletonStream, {"window": window, "every": every, "bodies": bodies}, "SkeletonStream")
        at_least("SkeletonStream", 1, window=window, every=every, bodies=bodies)
        self.recogniser, self.window, self.every, self.bodies = recogniser, window, every, bodies
        topology, config = recogniser.run.topology, recogniser.run.config
        self._shape = (topology.num_joints, topology.dim)
        self._views = recogniser.run.views(topology).to(recogniser.device)
        self._resample = CropResample(config["frames"], resampling=config.get("resampling", "linear"))
        self._frames: deque[np.ndarray] = deque(maxlen=window)
        self.seen = 0

    def push(self, frame: ArrayLike) -> StreamedLabel | None:
        """Take a frame, and return the label of the last ``window`` frames every ``every`` frames, otherwise ``None``.

        The first windows are shorter.

        Args:
            frame: ``[V, C]``, or ``[M, V, C]`` with NaN for an absent body, in the unit of the run's data.

        Raises:
            DataError: a frame of another shape, or with numbers that are partly missing; it is skipped.
        """
        self._frames.append(self._checked(frame))
        self.seen += 1
        if self.seen % self.every:
            return None
        joints = torch.from_numpy(np.stack(self._frames, axis=1))  # [M, t, V, C]
        present = ~joints.isnan().flatten(2).any(dim=-1)
        graph = SkeletonData.from_joints(joints.nan_to_num(0.0)[None], present[None])
        (probabilities,) = self.recogniser(self._resample(graph), self._views)
        best = int(probabilities.argmax())
        label = self.recogniser.class_names[best]
        return StreamedLabel(self.seen - 1, label, float(probabilities[best]), probabilities.numpy())

    def reset(self) -> None:
        """Forget all frames, before another recording."""
        self._frames.clear()
        self.seen = 0

    def _checked(self, frame: ArrayLike) -> np.ndarray:
        try:
            frame = np.asarray(frame).astype(np.float32, casting="same_kind") if np.size(frame) else np.zeros(0)
        except (TypeError, ValueError, RuntimeError) as error:
            raise DataError(f"frame {self.seen} must hold numbers, {list(self._shape)}: {first_line(error)}") from error
        frame = frame[None] if frame.ndim == 2 else frame
        if frame.ndim != 3 or frame.shape[1:] != self._shape or not 1 <= len(frame) <= self.bodies:
            raise DataError(
                f"frame {self.seen} must be {list(self._shape)}, or up to {self.bodies} bodies of that, found "
                f"{list(frame.shape)}: {self.recogniser.run.topology.name} has {self._shape[0]} joints"
            )
        missing = np.isnan(frame).reshape(len(frame), -1)
        if np.isinf(frame).any() or (missing.any(axis=1) != missing.all(axis=1)).any():
            raise DataError(f"frame {self.seen} holds infinite numbers, or a body of which only some joints are given")
        absent = np.full((self.bodies - len(frame), *self._shape), np.nan, np.float32)
        return np.concatenate([frame, absent])
