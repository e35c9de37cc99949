"""Reader of the `.npz` files of CTR-GCN's preparation of NTU RGB+D, which MAMP and many others use."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path

import numpy as np

from skgraph.datasets.formats.npz_file import NpzMember
from skgraph.datasets.formats.ntu.published import MAX_CLASSES, ntu_class_names, ntu_columns
from skgraph.datasets.preparation.published_splits import ntu_split_name, pair_subsets
from skgraph.datasets.preparation.units import unit_factor
from skgraph.datasets.raw_dataset import ALL_CLIPS, RawClip, RawDataset
from skgraph.datasets.readers.npz import check_npz
from skgraph.datasets.readers.reader import open_topology, to_float32
from skgraph.errors import DataError
from skgraph.topology import Topology

_KEYS = ("x_train", "y_train", "x_test", "y_test")
_MAX_FRAMES = 100_000  # a limit of memory: zeros compress to nothing


def read_ctrgcn(
    source: str | Path,
    split_name: str | None = None,
    topology: str | Topology = "ntu_rgbd",
    unit: str = "m",
    fps: float = 30.0,
) -> RawDataset:
    """Open an `.npz` of CTR-GCN's pipeline and check all but its frames, which stream from the file.

    Arrays (`data/ntu/seq_transformation.py` of the repository CTR-GCN): `x_train` and `x_test` `[N, T, M * V * C]`, two
    bodies of 25 joints with zeros after the last frame; `y_train` and `y_test` `[N, K]` with a one in the column of the
    class, or `[N]` integers. Others are ignored. Nothing is unpickled.

    A clip ends with its last frame that is not zero throughout. For a single person the pipeline repeats the body in
    NTU-120, not in NTU-60: a body that equals the first in every frame is left out. The file has no clip names:
    clips are called `train00001`, ..., `test00001`, ...; classes have the names of NTU's actions.

    Args:
        source: the file.
        split_name: name of the split; by default `xsub`, `xview` or `xset` after the file's name (`NTU60_CS.npz`,
            `NTU120_CSet.npz`), else `given`.
        topology: a topology in 3D, its name, or the path of its file.
        unit: `m`, `cm`, `mm` or `normalised`.
        fps: frames a second.

    Raises:
        DataError: the file is missing, broken, pickled or inconsistent, or does not fit the topology.
    """
    path = Path(source).expanduser()
    topology = open_topology(topology, 3, "files of CTR-GCN's pipeline")
    scale = unit_factor(unit, topology)
    split_name = ntu_split_name(path.stem) if split_name is None else str(split_name)
    members = _members(path)
    frames = {side: _checked_frames(members[f"x_{side}"], topology) for side in ("train", "test")}
    labels = {side: _labels(members[f"y_{side}"], frames[side].shape[0]) for side in ("train", "test")}
    columns = {label[1] for label in labels.values() if label[1] is not None}
    if len(columns) > 1:
        raise DataError(f"'{path}': 'y_train' and 'y_test' have {' and '.join(map(str, sorted(columns)))} classes")
    names = [f"{side}{i:05d}" for side, member in frames.items() for i in range(1, member.shape[0] + 1)]
    about = ntu_columns(names, np.concatenate([label[0] for label in labels.values()]), str(path))
    about["class_names"] = ntu_class_names(max([len(about["class_names"]), *columns]))
    train = np.arange(len(names)) < frames["train"].shape[0]
    splits, _ = pair_subsets({"train": train, "test": ~train}, names, bare=split_name)

    def clips(part: slice = ALL_CLIPS) -> Iterator[RawClip]:
        pieces = (member.pieces(np.ones(member.shape[0], np.int64)) for member in frames.values())
        for piece in islice(chain.from_iterable(pieces), part.start, part.stop):
            yield RawClip(_clip(piece[0], topology, scale))

    return RawDataset(
        topology=topology,
        name=names,
        clips=clips,
        unit=unit,
        fps=fps,
        source=path.name,
        splits=splits,
        preprocessing="as converted by the CTR-GCN pipeline; padding and copies of the first body left out",
        notes=["the file names no clips: they are called train00001, ..., test00001, ... in its order"],
        **about,
    )


def _members(path: Path) -> dict[str, NpzMember]:
    """Open the four arrays; only their headers are read."""
    check_npz(path, _KEYS)
    members = {key: NpzMember.of(path, key) for key in _KEYS}
    for key, member in members.items():
        if member.dtype.kind not in "biuf":
            raise DataError(f"'{path}': array '{key}' must hold numbers, found {member.dtype}")
    return members


def _checked_frames(member: NpzMember, topology: Topology) -> NpzMember:
    """Return the array if its columns hold a whole number of bodies."""
    a_body = topology.num_joints * topology.dim
    shape = member.shape
    if len(shape) != 3 or not 0 < shape[1] <= _MAX_FRAMES or not shape[2] or shape[2] % a_body:
        expected = f"[clips, frames, bodies * {a_body}] for topology '{topology.name}'"
        raise DataError(f"'{member.path}': array '{member.key}' must be {expected}, found {list(shape)}")
    return member


def _labels(member: NpzMember, clips: int) -> tuple[np.ndarray, int | None]:
    """Read labels [N], and the number of classes if they are one-hot."""
    where = f"'{member.path}': array '{member.key}'"
    shape = member.shape
    one_hot = len(shape) == 2 and 0 < shape[1] <= MAX_CLASSES
    if not (one_hot or (len(shape) == 1 and member.dtype.kind in "iu")) or shape[0] != clips:
        expected = f"one-hot, [{clips}, classes], or integers [{clips}]"
        raise DataError(f"{where} must be {expected}, found {member.dtype} {list(shape)}")
    values = next(member.pieces([clips]))
    if not one_hot:
        return values.astype(np.int64), None
    wrong = np.flatnonzero(((values == 0).sum(axis=1) != values.shape[1] - 1) | ((values == 1).sum(axis=1) != 1))
    if wrong.size:
        raise DataError(f"{where}: row {wrong[0]} is not one-hot, a single 1 among zeros ({wrong.size} such rows)")
    return values.argmax(axis=1), values.shape[1]


def _clip(rows: np.ndarray, topology: Topology, scale: float) -> np.ndarray:
    """Return a clip `[M, T, V, C]` of rows `[T, M * V * C]`, without padding and copies of the first body."""
    there = np.flatnonzero((rows != 0).any(axis=1))
    rows = rows[: there[-1] + 1 if there.size else 1]
    joints = rows.reshape(len(rows), -1, topology.num_joints, topology.dim).swapaxes(0, 1)
    joints = to_float32(joints, scale)
    for body in range(1, len(joints)):
        if np.array_equal(joints[body], joints[0]):
            joints[body] = 0
    return joints
