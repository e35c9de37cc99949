"""Folders with one file per frame of a video."""

from __future__ import annotations

import re
from pathlib import Path

from skgraph.datasets.files import folder_files
from skgraph.errors import DataError

_NAME = re.compile(r"(.*?)[._-]?([0-9]{1,18})")


def group_frames(folder: Path, suffix: str) -> dict[str, list[tuple[int, Path]]]:
    """Group the files VIDEO_NUMBER + suffix of a folder by video, with the number of each frame, in its order.

    Files without a VIDEO in their names are one video with the name of the folder.

    Raises:
        DataError: a name has no number, or a video the same number twice.
    """
    videos: dict[str, dict[int, Path]] = {}
    for path in folder_files(folder, suffix):
        match = _NAME.fullmatch(path.name.removesuffix(suffix))
        if match is None:
            raise DataError(f"'{path}' has no frame number in its name, expected VIDEO_000000000012{suffix}")
        frames = videos.setdefault(match[1] or folder.resolve().name, {})
        if (first := frames.setdefault(int(match[2]), path)) is not path:
            raise DataError(f"'{path}' has the frame number of '{first.name}'")
    return {video: sorted(frames.items()) for video, frames in sorted(videos.items())}
