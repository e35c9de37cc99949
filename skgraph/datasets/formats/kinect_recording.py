"""Kinect recordings: bodies by their tracking id."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields

import numpy as np

from skgraph.errors import DataError


@dataclass(frozen=True)
class Track:
    """A body while it has one tracking id, in the n frames in which it is present."""

    frame: np.ndarray  # [n] int64, ascending
    slot: np.ndarray  # [n] int64, index of the body in the tracker's list in each frame
    joints: np.ndarray  # [n, V, 3] float64, metres, in the sensor's coordinates
    confidence: np.ndarray  # [n, V] in 0 to 1, the tracker's

    def __len__(self) -> int:
        return len(self.frame)

    def take(self, rows: np.ndarray) -> Track:
        """Return the track in some of its frames, by their indices."""
        return Track(*(getattr(self, field.name)[rows] for field in fields(self)))

    @classmethod
    def join(cls, tracks: Iterable[Track]) -> Track:
        """Join tracks that share no frame."""
        tracks = list(tracks)
        order = np.argsort(np.concatenate([track.frame for track in tracks]), kind="stable")
        columns = ([getattr(track, field.name) for track in tracks] for field in fields(cls))
        return cls(*(np.concatenate(column)[order] for column in columns))


@dataclass(frozen=True)
class Recording:
    """All bodies of a recording."""

    frames: int  # empty ones included
    tracks: list[Track]  # in the order of their appearance

    @classmethod
    def of_bodies(cls, frames: int, ids: list[bytes], bodies: Track) -> Recording:
        """Divide bodies that are listed frame by frame into tracks, by their ids `[n]`.

        Raises:
            DataError: an id occurs twice in a frame.
        """
        number_of = {name: i for i, name in enumerate(dict.fromkeys(ids))}  # in the order of their first frames
        number = np.array([number_of[name] for name in ids], np.int64)
        groups = np.split(np.argsort(number, kind="stable"), np.cumsum(np.bincount(number))[:-1])
        tracks = [bodies.take(rows) for rows in groups] if ids else []
        for name, track in zip(number_of, tracks, strict=True):
            if (twice := track.frame[1:] == track.frame[:-1]).any():
                where = track.frame[np.argmax(twice)]
                raise DataError(f"frame {where} holds the body {name.decode('ascii', 'replace')} twice")
        return cls(frames, tracks)
