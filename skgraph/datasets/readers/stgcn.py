"""Reader of the folders that ST-GCN's and 2s-AGCN's scripts write: `train_data.npy`, `train_label.pkl`, ..."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from skgraph.datasets.formats.npy_file import open_npy
from skgraph.datasets.formats.ntu.published import ntu_columns
from skgraph.datasets.formats.pickle_file import read_pickle
from skgraph.datasets.formats.text_file import describe
from skgraph.datasets.preparation.published_splits import ntu_split_name, pair_subsets
from skgraph.datasets.preparation.units import unit_factor
from skgraph.datasets.raw_dataset import ALL_CLIPS, RawClip, RawDataset
from skgraph.datasets.readers.reader import check_numbers, open_topology, to_float32, z_up_to_y_up
from skgraph.errors import ConfigError, DataError
from skgraph.topology import Topology

_SUBSETS = ("train", "val", "test")
_CLIPS_TO_FIND_UP = 100
_MAX_FRAMES = 3_000  # the files have 300; finding a replay takes quadratic time


def read_stgcn(
    source: str | Path,
    split_name: str | None = None,
    up: str | None = None,
    topology: str | Topology = "ntu_rgbd",
    unit: str = "m",
    fps: float = 30.0,
) -> RawDataset:
    """Open a folder of ST-GCN or 2s-AGCN and check all but its frames, which are memory-mapped.

    For each subset, `train`, `val` and `test`, the folder has (`data_gen/ntu_gendata.py` of the repository 2s-AGCN)
    `SUBSET_data_joint.npy` or `SUBSET_data.npy`, `[N, 3, T, V, M]`, and `SUBSET_label.pkl`, a list of N names and one
    of their labels, read with `read_pickle`, which executes nothing. `SUBSET_num_frame.npy`, `[N]` integers, which
    CMD's scripts add, limits the length of clips.

    T is 300 for every clip. ST-GCN pads with zeros, 2s-AGCN replays every body from its beginning. So a body ends with
    its last frame that is not zero; if that is frame T, it ends where its pose begins to repeat up to rounding. Poses
    are relative to a joint, since 2s-AGCN subtracts the position of another body, which replays with another period. A
    clip ends with the last of its bodies.

    2s-AGCN turns clips so that z is up; they are turned back by 90 degrees about x, so that y is up.

    Names of NTU RGB+D (`S001C001P001R001A001.skeleton`) give subject, camera and setup.

    Args:
        source: the folder.
        split_name: name of the split; by default `xsub`, `xview` or `xset` after the folder's name, else `given`.
        up: vertical axis of the files, `y` or `z`; by default that of the spines in the first clips.
        topology: a topology in 3D, its name, or the path of its file.
        unit: `m`, `cm`, `mm` or `normalised`.
        fps: frames a second.

    Raises:
        DataError: a file is missing, damaged, wants more than plain data, or does not fit the others or the topology.
    """
    folder = Path(source).expanduser()
    topology = open_topology(topology, 3, "clips of ST-GCN")
    if up not in (None, "y", "z"):
        raise ConfigError(f"up must be y or z, found '{up}'")
    scale = unit_factor(unit, topology)
    split_name = ntu_split_name(folder.resolve().name) if split_name is None else str(split_name)
    subsets, notes = _subsets(folder, topology)
    names = [name for subset in subsets for name in subset.names]
    of = np.repeat([subset.kind for subset in subsets], [len(subset.names) for subset in subsets])
    splits, unpaired = pair_subsets({subset.kind: of == subset.kind for subset in subsets}, names, bare=split_name)
    notes += unpaired
    turn = up == "z"
    if up is None and (turn := _z_is_up(subsets, topology)):
        notes.append("z is up in the files, as the spines of the first clips show; up=y keeps it")

    where = [(subset, i) for subset in subsets for i in range(len(subset.names))]

    def clips(part: slice = ALL_CLIPS) -> Iterator[RawClip]:
        for subset, i in where[part]:
            yield RawClip(_clip(subset, i, turn, scale))

    done = ["turned about x so that y is up"] if turn else []
    return RawDataset(
        topology=topology,
        name=names,
        clips=clips,
        unit=unit,
        fps=fps,
        source=folder.resolve().name,
        splits=splits,
        notes=notes,
        preprocessing="; ".join(["as converted by the scripts of ST-GCN or 2s-AGCN", "padding left out", *done]),
        **ntu_columns(names, [label for subset in subsets for label in subset.labels], str(folder)),
    )


@dataclass(frozen=True)
class _Subset:
    """A subset of the clips."""

    kind: str  # `train`, `val` or `test`
    data: np.ndarray  # [N, C, T, V, M], memory-mapped
    names: list[str]
    labels: list[int]
    longest: np.ndarray  # [N], upper limit of each clip's frames


def _subsets(folder: Path, topology: Topology) -> tuple[list[_Subset], list[str]]:
    if not folder.is_dir():
        raise DataError(f"no folder at '{folder}': expected train_data.npy, train_label.pkl, val_data.npy, ...")
    subsets, notes = [], []
    for kind in _SUBSETS:
        files = [path for end in ("_joint", "") if (path := folder / f"{kind}_data{end}.npy").is_file()]
        if not files:
            continue
        if len(files) > 1:
            notes.append(f"'{files[0].name}' is read, and '{files[1].name}' is not")
        data = open_npy(files[0])
        fits = data.ndim == 5 and (data.shape[3], data.shape[1]) == (topology.num_joints, topology.dim)
        if not fits or not 0 < data.shape[2] <= _MAX_FRAMES or not 0 < data.shape[4] <= 10:
            expected = f"[clips, {topology.dim}, frames, {topology.num_joints}, bodies] for topology '{topology.name}'"
            raise DataError(f"'{files[0]}' must be {expected}, found {list(data.shape)}")
        check_numbers(data.dtype, f"'{files[0]}'")
        names, labels = _labels(folder / f"{kind}_label.pkl", len(data))
        longest = _longest(folder / f"{kind}_num_frame.npy", len(data), data.shape[2])
        subsets.append(_Subset(kind, data, names, labels, longest))
    if not subsets:
        raise DataError(f"'{folder}' has none of train_data_joint.npy, train_data.npy, val_data_joint.npy, ...")
    return subsets, notes


def _labels(path: Path, clips: int) -> tuple[list[str], list[int]]:
    """Read the name and label of each clip."""
    content = read_pickle(path)
    if not isinstance(content, (list, tuple)) or len(content) != 2:
        raise DataError(f"'{path}' must hold two lists, names and labels, found {describe(content)}")
    both = []
    for what, kind, values in zip(("names", "labels"), (str, int), content, strict=True):
        values = values.tolist() if isinstance(values, np.ndarray) else values
        if not isinstance(values, (list, tuple)) or len(values) != clips:
            raise DataError(f"'{path}' must hold {clips} {what}, as many as there are clips, found {describe(values)}")
        if wrong := [i for i, value in enumerate(values) if type(value) is not kind]:
            expected = "text" if kind is str else "a whole number"
            found = describe(values[wrong[0]])
            raise DataError(f"'{path}': entry {wrong[0]} of the {what} must be {expected}, found {found}")
        both.append(list(values))
    names, labels = both
    return [name.removesuffix(".skeleton") for name in names], labels


def _longest(path: Path, clips: int, frames: int) -> np.ndarray:
    """Read the upper limit of each clip's frames."""
    if not path.exists():
        return np.full(clips, frames)
    values = open_npy(path)
    if values.shape != (clips,) or values.dtype.kind not in "iu":
        raise DataError(f"'{path}' must hold {clips} whole numbers, found {values.dtype} {list(values.shape)}")
    if (outside := np.flatnonzero(values < 0)).size:
        raise DataError(f"'{path}': clip {outside[0]} has {values[outside[0]]} frames, expected 0 or more")
    return np.minimum(values, frames).astype(np.int64)


def _z_is_up(subsets: list[_Subset], topology: Topology) -> bool:
    """Return whether the spines of the first bodies of the first clips point along z, and not along y."""
    if topology.up is None or not any(len(subset.data) for subset in subsets):
        return False
    weights = topology.up.numpy().astype(np.float64)
    clips = [clip for subset in subsets for clip in subset.data[:_CLIPS_TO_FIND_UP]][:_CLIPS_TO_FIND_UP]
    spines = np.array([np.einsum("ctv,v->c", np.array(clip[..., 0], np.float64), weights) for clip in clips])
    lengths = np.linalg.norm(spines, axis=1)
    good = np.isfinite(lengths) & (lengths > 0)
    if not good.any():
        return False
    _, y, z = (spines[good] / lengths[good, None]).mean(axis=0)
    return bool(z > max(abs(y), 0.5))


def _clip(subset: _Subset, i: int, turn: bool, scale: float) -> np.ndarray:
    """Return a clip `[M, T, V, C]` without padding."""
    raw = np.array(subset.data[i]).transpose(3, 1, 2, 0)
    ends = [min(_end(body), int(subset.longest[i])) for body in raw]
    joints = to_float32(raw[:, : max(*ends, 1)], scale)
    for body, end in zip(joints, ends, strict=True):
        body[end:] = 0
    return z_up_to_y_up(joints) if turn else joints


def _end(body: np.ndarray) -> int:
    """Return the length of a body `[T, V, C]` without the zeros or the replay after its end."""
    end = int(np.flatnonzero((body != 0).any(axis=(1, 2))).max(initial=-1)) + 1
    if end < len(body) or body.dtype.kind != "f" or not np.isfinite(body).all():
        return end
    pose = body.astype(np.float64) - body[:, :1]
    # The rounding of the scripts in float32; a person who stands still moves a hundred times as much.
    tolerance = 32 * float(np.finfo(np.float32).eps) * float(np.abs(body).max())
    for start in np.flatnonzero((np.abs(pose[1:] - pose[0]) <= tolerance).all(axis=(1, 2))) + 1:
        if (np.abs(pose[start:] - pose[:-start]) <= tolerance).all():
            return int(start)
    return len(body)
