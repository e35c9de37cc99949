"""Keypoints of an annotation pickle in files of their own, as those of Kinetics-400."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from skgraph.datasets.formats.pickle_file import read_pickle
from skgraph.datasets.formats.text_file import describe
from skgraph.errors import DataError

_LAST_FRAME = 2**31


class KeypointFiles:
    """A folder of pickles with the detections of people in videos, read with `read_pickle`, which executes nothing.

    A video is a dict. Its `keypoint` `[N, V, 3]` holds x, y and score of the joints of N detected people, and its
    `frame_inds` `[N]`, or that of the annotation, their frames. In PYSKL an annotation names a file, `raw_file`, with a
    dict of several videos by name; in MMAction2 each video is a file NAME.pkl.

    Args:
        folder: the folder.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder).expanduser()
        self._last: tuple[Path | None, Any] = (None, None)

    def path(self, name: str, annotation: Mapping[str, Any]) -> Path:
        """Return the file of a video."""
        raw_file = annotation.get("raw_file")
        return self.folder / (Path(raw_file).name if isinstance(raw_file, str) else f"{Path(name).name}.pkl")

    def read(self, name: str, annotation: Mapping[str, Any]) -> tuple[np.ndarray, np.ndarray]:
        """Return the frames `[N]` int64 and the keypoints `[N, V, 3]` float64 of a video.

        The last file stays in memory, so that videos of one file are best read one after another.

        Raises:
            DataError: the file is missing, damaged, or has no keypoints of this video.
        """
        path = self.path(name, annotation)
        try:
            content = self._last[1] if self._last[0] == path else read_pickle(path)
        except OSError as error:  # the name is too long for a file
            raise DataError(f"clip '{name[:60]}' has no file in '{self.folder}': {error.strerror}") from error
        self._last = path, content
        where = f"'{path}', clip '{name}'"
        if isinstance(content, dict) and "keypoint" not in content:
            content = content.get(name)
        if not isinstance(content, dict):
            raise DataError(f"{where}: expected a dict with 'keypoint', found {describe(content)}")
        keypoint = _array(content.get("keypoint"), 3, f"{where}: 'keypoint' must be numbers [people, joints, 3]")
        if keypoint.shape[2] != 3:
            raise DataError(f"{where}: 'keypoint' must be numbers [people, joints, 3], found {describe(keypoint)}")
        frames = content.get("frame_inds", annotation.get("frame_inds"))
        frames = _array(frames, 1, f"{where}: 'frame_inds' must be whole numbers [{len(keypoint)}]")
        if frames.dtype.kind == "f" or len(frames) != len(keypoint):
            raise DataError(f"{where}: 'frame_inds' must be whole numbers [{len(keypoint)}], found {describe(frames)}")
        if len(frames) and not 0 <= frames.min() <= frames.max() < _LAST_FRAME:
            raise DataError(f"{where}: 'frame_inds' must be 0 or more, found {frames.min()} to {frames.max()}")
        return frames.astype(np.int64), keypoint.astype(np.float64)


def _array(value: Any, dimensions: int, expected: str) -> np.ndarray:
    if not isinstance(value, np.ndarray) or value.dtype.kind not in "iuf" or value.ndim != dimensions:
        raise DataError(f"{expected}, found {describe(value)}")
    return value
