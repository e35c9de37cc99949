"""Duplicate clips of a dataset."""

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
_CELL_DIMENSIONS = 8
_NEIGHBOURS = 32


@dataclass(frozen=True)
class Leak:
    """Test clips of a split with the same frames as a training clip, and others with nearly the same motion."""

    split: str
    exact: list[str]
    near: list[str]


@dataclass(frozen=True)
class DuplicateStatistics:
    """Groups of duplicate clips.

    Args:
        exact: groups of clips with the same frames.
        near: groups of clips with nearly the same motion, not all with the same frames.
        relabelled: groups in ``exact`` with different labels.
        doubled: clips in which two bodies have nearly the same motion.
        leaks: leak of each split.
        tolerance: largest root mean square distance of joints between near duplicates, in the store's unit.
    """

    exact: list[list[str]]
    near: list[list[str]]
    relabelled: list[list[str]]
    doubled: list[str]
    leaks: list[Leak]
    tolerance: float


class DuplicateSearch:
    r"""Finds clips with the same frames or nearly the same motion, in time linear in the number of clips.

    Same frames: equal BLAKE2b hashes (16 bytes) of all coordinates and of the frames in which each body is present.

    Nearly the same motion: each body is read at 8 moments, evenly from its first frame to its last; each pose is
    centred, and the coordinates :math:`x` of all poses are projected on 64 fixed random directions,
    :math:`p_i = g_i \cdot x / \sqrt{8 V}` with :math:`g_i \sim N(0, I)`. The mean of :math:`(p_i - q_i)^2` estimates
    the mean square distance of the joints of two bodies (Johnson and Lindenstrauss, 1984), its root to about a tenth;
    bodies are near duplicates where it is at most the tolerance.

    Duplicates are found despite another origin, centring of each frame or of the first, rounding to a millimetre,
    another frame rate or speed, and another order of the bodies; not after a rotation, reflection or scaling, with
    another order of joints, in a clip cut shorter, or with noise above the tolerance. Pairs may be missed among many
    still bodies that are nearly alike. Bodies that differ only in their position, or only between the 8 moments, count
    as duplicates.

    Args:
        tolerance: largest distance in metres, or in sizes of the median body for another unit. By default 5 mm, or
            0.003 sizes.
    """

    def __init__(self, store: SkeletonStore, tolerance: float | None = None) -> None:
        self.store = store
        self.in_metres = store.meta.get("units", "m") == "m"
        self.tolerance = tolerance if tolerance is not None else NEAR_METRES if self.in_metres else NEAR_SIZES
        joints = store.topology.num_joints
        directions = np.random.default_rng(0).normal(size=(MOMENTS * joints * store.topology.dim, PROJECTIONS))
        self.directions = (directions / np.sqrt(MOMENTS * joints)).astype(np.float32)
        self.center = store.topology.center.numpy()
        self.sizes = np.full(len(store.track_row), np.nan, np.float32)
        self.hashes = np.zeros((store.num_clips, 2), np.uint64)
        self.hashed = np.zeros(store.num_clips, bool)
        self.projected = np.full((len(store.track_row), PROJECTIONS), np.nan, np.float32)

    def add(self, chunk: Chunk) -> None:
        """Add the next clips."""
        if not len(chunk.tracks):
            return
        self._add_hashes(chunk)
        self.sizes[chunk.tracks] = chunk.heights
        # Interpolate each body at its moments, [k, 8] positions among its rows; absent frames have no row.
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
        last = np.append(first[1:], len(chunk.tracks))
        for clip, i, j in zip(clips.tolist(), first.tolist(), last.tolist(), strict=True):
            rows = slice(int(chunk.start[i]), int(chunk.start[j]))
            digest = hashlib.blake2b(np.ascontiguousarray(chunk.joints[:, :, rows]).data, digest_size=16)
            digest.update(chunk.frame[rows].tobytes() + chunk.rows[i:j].tobytes())
            self.hashes[clip] = np.frombuffer(digest.digest(), np.uint64)
            self.hashed[clip] = True

    def result(self) -> DuplicateStatistics:
        """Return the duplicates among all added clips."""
        store, clip = self.store, self.store.track_clip.numpy()
        sizes = self.sizes[np.isfinite(self.sizes)].astype(np.float64)
        tolerance = self.tolerance * (1.0 if self.in_metres else float(np.median(sizes)) if len(sizes) else 0.0)
        exact = np.arange(store.num_clips)  # number of the first clip with the same frames
        hashed = np.flatnonzero(self.hashed)
        _, first, group = np.unique(self.hashes[hashed], axis=0, return_index=True, return_inverse=True)
        exact[hashed] = hashed[first[group.ravel()]]
        # Compare one clip of each exact group: a thousand copies would make a million pairs.
        bodies = np.flatnonzero((exact == np.arange(store.num_clips))[clip] & np.isfinite(self.projected).all(axis=1))
        pairs = bodies[near_pairs(self.projected[bodies], tolerance)] if tolerance > 0 else np.zeros((0, 2), np.int64)
        same_clip = clip[pairs[:, 0]] == clip[pairs[:, 1]]
        near = exact.copy()
        _join(near, *clip[pairs[~same_clip]].T)
        near = near[exact]
        exact_groups = _groups(exact)
        return DuplicateStatistics(
            exact=self._names(exact_groups),
            near=self._names([group for group in _groups(near) if len(np.unique(exact[group])) > 1]),
            relabelled=self._names([group for group in exact_groups if len(store.y[group].unique()) > 1]),
            doubled=store.name[np.isin(exact, clip[pairs[same_clip, 0]])].tolist(),
            leaks=[self._leak(split, exact, near) for split in store.splits()],
            tolerance=tolerance,
        )

    def _names(self, groups: list[np.ndarray]) -> list[list[str]]:
        return [self.store.name[group].tolist() for group in groups]

    def _leak(self, split: str, exact: np.ndarray, near: np.ndarray) -> Leak:
        train, test = (self.store.split(split, side).numpy() for side in ("train", "test"))
        same = np.isin(exact[test], exact[train])
        alike = np.isin(near[test], near[train]) & ~same
        return Leak(split, self.store.name[test[same]].tolist(), self.store.name[test[alike]].tolist())


def near_pairs(points: np.ndarray, tolerance: float) -> np.ndarray:
    """Return pairs of points whose root mean square difference over their coordinates is at most the tolerance.

    Points are compared with their 32 next neighbours in cells of the first 8 coordinates, in 9 grids shifted by a ninth
    of a cell each. Two coordinates that differ by less than a ninth of a cell are separated in at most one grid, so two
    points whose 8 coordinates all do so share a cell in at least one. A ninth of a cell is three tolerances: for
    normally distributed differences, three standard deviations.

    Args:
        points: ``[n, D]`` with at least 8 coordinates.
        tolerance: above 0.

    Returns:
        Rows of each pair ``[pairs, 2]``, each pair once, the smaller row first.
    """
    grids = _CELL_DIMENSIONS + 1
    cells = points[:, :_CELL_DIMENSIONS].astype(np.float64) / (3 * tolerance * grids)
    # A cell is numbered by a wrapped sum of products; two cells with one number cost a comparison, no more.
    odd = np.random.default_rng(1).integers(2**62, size=_CELL_DIMENSIONS) * 2 + 1
    found = np.zeros(0, np.int64)  # each pair as one number
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
            pairs = np.sort(np.stack([first[together], second[together]]), axis=0)
            for low, high in zip(*(np.array_split(side, len(side) // 65536 + 1) for side in pairs), strict=True):
                alike = np.square(points[low] - points[high]).mean(axis=1) <= tolerance**2
                new.append(low[alike] * len(points) + high[alike])
        found = np.unique(np.concatenate(new))
    return np.stack(np.divmod(found, max(len(points), 1)), axis=1)


def _join(label: np.ndarray, first: np.ndarray, second: np.ndarray) -> None:
    """Give connected nodes the same label, the smallest among them, in place."""
    while (label[first] != label[second]).any():
        lower = np.minimum(label[first], label[second])
        np.minimum.at(label, label[first], lower)
        np.minimum.at(label, label[second], lower)
        while (label[label] != label).any():
            label[:] = label[label]


def _groups(label: np.ndarray) -> list[np.ndarray]:
    """Return the members of every label with at least two, in order."""
    order = np.argsort(label, kind="stable")
    _, counts = np.unique(label, return_counts=True)
    return [group for group in np.split(order, np.cumsum(counts)[:-1]) if len(group) > 1]
