"""Clips that are in a dataset twice."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from skgraph.data import SkeletonStore
from skgraph.inspection.chunk import Chunk

NEAR_METRES = 0.005
NEAR_SIZES = 0.003
MOMENTS = 8
PROJECTIONS = 64
_IN_CELLS = 8
_NEIGHBOURS = 32


@dataclass(frozen=True)
class Leak:
    """Test clips of a split that are in its training part too.

    Args:
        split: its name.
        exact: those with the same frames as a training clip.
        near: others with nearly the motion of one.
    """

    split: str
    exact: list[str]
    near: list[str]


@dataclass(frozen=True)
class DuplicateFigures:
    """Clips that are alike.

    Args:
        exact: groups of clips with the same frames.
        near: groups of clips that share a motion, at least two of them not the same frames.
        relabelled: those of the exact groups whose clips have different labels.
        doubled: clips in which two bodies move alike.
        leaks: of each split.
        tolerance: root mean square distance of joints up to which motions are alike, in the store's unit.
    """

    exact: list[list[str]]
    near: list[list[str]]
    relabelled: list[list[str]]
    doubled: list[str]
    leaks: list[Leak]
    tolerance: float


class Duplicates:
    r"""Finds clips with the same frames, and clips with nearly the same motion, in time linear in the number of clips.

    The same frames: clips are compared by a hash (BLAKE2b, 16 bytes) of all coordinates, of who is there when, and of
    nothing else; names, labels and people do not count.

    Nearly the same motion: each body is read at 8 moments, evenly from its first frame to its last, each pose is moved
    with its centre into the origin, and the coordinates :math:`x` of all poses are projected on 64 fixed random
    directions, :math:`p_i = g_i \cdot x / \sqrt{8 V}` with :math:`g_i \sim N(0, I)`. Of two bodies, the mean of
    :math:`(p_i - q_i)^2` estimates the mean square distance of their joints (Johnson and Lindenstrauss, 1984), its root
    to about a tenth; they are alike where that is at most the tolerance. Which pairs are compared: the first 8
    projections are cut into cells, in 9 grids that are shifted by a ninth of a cell each. Two numbers that differ by
    less than a ninth are apart in one grid at most, so two bodies whose 8 projections do so share a cell in one grid at
    least. A ninth of a cell is three tolerances: of a pair that is alike, three standard deviations of a projection's
    difference or more. Within a cell, bodies are sorted by a projection and compared with the next 32.

    It sees through another origin, each frame centred or only the first, coordinates rounded to a millimetre, another
    frame rate or speed, and another order of the bodies. It does not see through a rotation, reflection, other scale,
    other order of joints, a clip cut shorter than the other, or noise above the tolerance; and of a crowd of still
    bodies that are all nearly alike, it may miss pairs. Bodies that differ only where they stand, or only between the 8
    moments, count as alike.

    Args:
        tolerance: in metres, or in sizes of the median body where a store's coordinates are no metres. By default 5 mm,
            or 0.003 sizes.
    """

    def __init__(self, store: SkeletonStore, tolerance: float | None = None) -> None:
        self.store = store
        self.in_metres = store.meta.get("units", "m") == "m"
        self.tolerance = tolerance if tolerance is not None else NEAR_METRES if self.in_metres else NEAR_SIZES
        topology = store.topology
        shape = (MOMENTS * topology.num_joints * topology.dim, PROJECTIONS)
        directions = np.random.default_rng(0).normal(size=shape) / np.sqrt(MOMENTS * topology.num_joints)
        self.directions = directions.astype(np.float32)
        self.center = topology.center.numpy()
        self.hashes = np.zeros((store.num_clips, 2), np.uint64)
        self.hashed = np.zeros(store.num_clips, bool)
        self.projected = np.full((len(store.track_row), PROJECTIONS), np.nan, np.float32)

    def add(self, chunk: Chunk) -> None:
        """Take the next clips."""
        if not len(chunk.tracks):
            return
        self._add_hashes(chunk)
        # Each body at its moments, [k, 8] rows; a body's absent frames have no row.
        moment = np.linspace(0, 1, MOMENTS) * (chunk.rows - 1)[:, None]
        low = moment.astype(np.int64)
        weight = (moment - low).astype(np.float32).ravel()
        high = np.minimum(low + 1, chunk.rows[:, None] - 1)
        low, high = (chunk.start[:-1, None] + low).ravel(), (chunk.start[:-1, None] + high).ravel()
        poses = chunk.joints[:, :, low]  # [C, V, k * 8]
        poses += weight * (chunk.joints[:, :, high] - poses)
        poses -= np.einsum("cvn,v->cn", poses, self.center)[:, None]
        bodies = poses.reshape(*poses.shape[:2], -1, MOMENTS).transpose(2, 3, 1, 0).reshape(len(chunk.tracks), -1)
        self.projected[chunk.tracks] = bodies @ self.directions

    def _add_hashes(self, chunk: Chunk) -> None:
        clips, first = np.unique(chunk.clips, return_index=True)
        bounds = [*chunk.start[first].tolist(), len(chunk.frame)]
        bodies = [*first.tolist(), len(chunk.tracks)]
        for i, clip in enumerate(clips.tolist()):
            rows = slice(bounds[i], bounds[i + 1])
            digest = hashlib.blake2b(np.ascontiguousarray(chunk.joints[:, :, rows]).data, digest_size=16)
            digest.update(chunk.frame[rows].tobytes() + chunk.rows[bodies[i] : bodies[i + 1]].tobytes())
            self.hashes[clip] = np.frombuffer(digest.digest(), np.uint64)
            self.hashed[clip] = True

    def result(self, size: float = 1.0) -> DuplicateFigures:
        """What was found.

        Args:
            size: of the median body, which a tolerance in sizes counts in.
        """
        store = self.store
        tolerance = self.tolerance * (1.0 if self.in_metres else size)
        exact = np.arange(store.num_clips)
        known = np.flatnonzero(self.hashed)
        _, first, group = np.unique(self.hashes[known], axis=0, return_index=True, return_inverse=True)
        exact[known] = known[first[group.ravel()]]
        # One clip stands for those with the same frames: a thousand of them are not a million pairs.
        clip = store.track_clip.numpy()
        bodies = np.flatnonzero((exact == np.arange(store.num_clips))[clip] & np.isfinite(self.projected).all(axis=1))
        pairs = bodies[near_pairs(self.projected[bodies], tolerance)] if tolerance > 0 else np.zeros((0, 2), np.int64)
        same_clip = clip[pairs[:, 0]] == clip[pairs[:, 1]]
        near = exact.copy()
        _join(near, *clip[pairs[~same_clip]].T)
        near = near[exact]
        groups = _groups(exact)
        doubled = np.isin(exact, clip[pairs[same_clip, 0]]).nonzero()[0]
        y = store.y.numpy()
        return DuplicateFigures(
            exact=self._names(groups),
            near=self._names([group for group in _groups(near) if len(np.unique(exact[group])) > 1]),
            relabelled=self._names([group for group in groups if len(np.unique(y[group])) > 1]),
            doubled=store.name[doubled].tolist(),
            leaks=[self._leak(split, exact, near) for split in store.splits()],
            tolerance=tolerance,
        )

    def _names(self, groups: list[np.ndarray]) -> list[list[str]]:
        return [self.store.name[group].tolist() for group in groups]

    def _leak(self, split: str, exact: np.ndarray, near: np.ndarray) -> Leak:
        train, test = (self.store.split(split, part).numpy() for part in ("train", "test"))
        same = np.isin(exact[test], exact[train])
        alike = np.isin(near[test], near[train]) & ~same
        return Leak(split, self.store.name[test[same]].tolist(), self.store.name[test[alike]].tolist())


def near_pairs(points: np.ndarray, tolerance: float) -> np.ndarray:
    """Pairs of points whose root mean square difference over their coordinates is at most the tolerance.

    Args:
        points: ``[n, D]``, with at least 8 coordinates.
        tolerance: above 0.

    Returns:
        Pairs of rows ``[pairs, 2]``, each once, the smaller row first; :class:`Duplicates` says which may be missing.
    """
    grids = _IN_CELLS + 1
    cells = points[:, :_IN_CELLS].astype(np.float64) / (3 * tolerance * grids)
    # A cell's number is a sum of products that wrap around; two cells that share one cost a comparison, no more.
    odd = np.random.default_rng(1).integers(2**62, size=_IN_CELLS) * 2 + 1
    found = np.zeros(0, np.int64)  # a pair as one number, which sorts faster than two
    for grid in range(grids):
        cell = np.clip(np.floor(cells + grid / grids), -(2.0**62), 2.0**62).astype(np.int64)
        cell = (cell * odd).sum(axis=1)
        along = points[:, grid % points.shape[1]]
        order = np.lexsort((along, cell))
        new = [found]
        for step in range(1, min(_NEIGHBOURS, len(points) - 1) + 1):
            first, second = order[:-step], order[step:]
            together = (cell[first] == cell[second]) & (along[second] - along[first] <= 4 * tolerance)
            if not together.any():
                break
            first, second = first[together], second[together]
            blocks = range(0, len(first), 65536)
            squares = [np.square(points[first[b : b + 65536]] - points[second[b : b + 65536]]).mean(1) for b in blocks]
            alike = np.concatenate(squares) <= tolerance**2
            first, second = first[alike], second[alike]
            new.append(np.minimum(first, second) * len(points) + np.maximum(first, second))
        found = np.unique(np.concatenate(new))
    return np.stack(np.divmod(found, max(len(points), 1)), axis=1)


def _join(label: np.ndarray, first: np.ndarray, second: np.ndarray) -> None:
    """Give all that is connected by pairs the same label, the smallest of its numbers, in place."""
    while (label[first] != label[second]).any():
        lower = np.minimum(label[first], label[second])
        np.minimum.at(label, label[first], lower)
        np.minimum.at(label, label[second], lower)
        while (label[label] != label).any():
            label[:] = label[label]


def _groups(label: np.ndarray) -> list[np.ndarray]:
    """The members of every label that has more than one, in order."""
    order = np.argsort(label, kind="stable")
    _, counts = np.unique(label, return_counts=True)
    return [group for group in np.split(order, np.cumsum(counts)[:-1]) if len(group) > 1]
