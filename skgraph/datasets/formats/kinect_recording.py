"""Kinect recordings: bodies by their tracking id."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields

import numpy as np

from skgraph.errors import DataError


@dataclass(frozen=True)
class Track:
    """A body while it has one tracking id.

    Args:
        frame: frames in which the body is present, `[n]` int64, ascending.
        slot: index of the body in the tracker's list in each of these frames, `[n]` int64.
        joints: `[n, V, 3]` float64, metres, in the sensor's coordinates.
        confidence: `[n, V]` in 0 to 1, the tracker's for each joint.
    """

    frame: np.ndarray
    slot: np.ndarray
    joints: np.ndarray
    confidence: np.ndarray

    def __len__(self) -> int:
        return len(self.frame)

    @classmethod
    def join(cls, tracks: Iterable[Track]) -> Track:
        """Join tracks that share no frame."""
        tracks = list(tracks)
        order = np.argsort(np.concatenate([track.frame for track in tracks]), kind="stable")
        columns = ([getattr(track, field.name) for track in tracks] for field in fields(cls))
        return cls(*(np.concatenate(column)[order] for column in columns))


@dataclass(frozen=True)
class Recording:
    """All bodies of a recording.

    Args:
        frames: number of frames, empty ones included.
        tracks: bodies in the order of their appearance.
    """

    frames: int
    tracks: list[Track]

    @classmethod
    def of_bodies(
        cls,
        frames: int,
        frame: np.ndarray,
        slot: np.ndarray,
        body: list[bytes],
        joints: np.ndarray,
        confidence: np.ndarray,
    ) -> Recording:
        """Make tracks of bodies that are listed frame by frame.

        Args:
            frames: number of frames of the recording.
            frame: frame of each listed body `[n]`, ascending.
            slot: index of each among the bodies of its frame `[n]`.
            body: id of each `[n]`.
            joints: `[n, V, 3]`.
            confidence: `[n, V]`.

        Raises:
            DataError: an id occurs twice in a frame.
        """
        ids = dict.fromkeys(body)  # in the order of their first frames
        if len(ids) <= 1:
            groups: list[slice] | list[np.ndarray] = [slice(None)] * len(ids)
        else:
            number = np.fromiter(map({name: i for i, name in enumerate(ids)}.get, body), np.int64, len(body))
            groups = np.split(np.argsort(number, kind="stable"), np.cumsum(np.bincount(number))[:-1])
        tracks = [Track(frame[rows], slot[rows], joints[rows], confidence[rows]) for rows in groups]
        for name, track in zip(ids, tracks, strict=True):
            if (twice := track.frame[1:] == track.frame[:-1]).any():
                where = track.frame[np.argmax(twice)]
                raise DataError(f"frame {where} holds the body {name.decode('ascii', 'replace')} twice")
        return cls(frames, tracks)
