"""Where in a store something was found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from skgraph.data import SkeletonStore

KEPT = 20


@dataclass(frozen=True)
class Place:
    """A clip, or a joint or a bone of it, with the figure that makes it worth looking at.

    Args:
        clip: its name.
        value: the figure, in the unit of what is reported.
        body: number of the body in the clip.
        frame: of the clip.
        joint: name of the joint, or of the two at the ends of a bone.
    """

    clip: str
    value: float
    body: int | None = None
    frame: int | None = None
    joint: str | None = None

    def __str__(self) -> str:
        where = {"body": self.body or None, "frame": self.frame, "joint": self.joint}
        inside = ", ".join(
            f"{value}" if key == "joint" else f"{key} {value}" for key, value in where.items() if value is not None
        )
        return f"{self.clip} ({inside})" if inside else self.clip


class Largest:
    """Keeps where the largest values are of all that are added, one of each body."""

    def __init__(self) -> None:
        self.value = np.zeros(0)
        self.where = np.zeros((0, 3), np.int64)

    def add(self, value: np.ndarray, track: np.ndarray, frame: np.ndarray, joint: np.ndarray) -> None:
        """Add values ``[m]`` and where they are: body id, frame (or -1) and number of the joint ``[m]``."""
        value = np.concatenate([self.value, value])
        where = np.concatenate([self.where, np.stack([track, frame, joint], axis=1)])
        order = np.lexsort((*where.T[::-1], -value))  # equal values in the order of the store
        of_each = np.sort(np.unique(where[order, 0], return_index=True)[1])[:KEPT]
        self.value, self.where = value[order[of_each]], where[order[of_each]]

    def places(self, store: SkeletonStore, joint: Callable[[int], str | None]) -> list[Place]:
        """The places, the largest value first; ``joint`` names what a number stands for."""
        places = []
        for value, (track, frame, number) in zip(self.value.tolist(), self.where.tolist(), strict=True):
            clip = int(store.track_clip[track])
            body = track - int(store.body_ptr[clip])
            places.append(Place(str(store.name[clip]), value, body, frame if frame >= 0 else None, joint(number)))
        return places


def worst_clips(store: SkeletonStore, values: np.ndarray, above: float = 0) -> list[Place]:
    """The clips with the largest values ``[N]``, of those above a bound; those of equal value in the store's order."""
    order = np.argsort(-np.nan_to_num(values, nan=-np.inf), kind="stable")[:KEPT]
    return [Place(str(store.name[i]), float(values[i])) for i in order if values[i] > above]
