"""Shares of a dataset, joined to one store."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from skgraph._internal.atomic import atomic_folder
from skgraph.data.rows import row_paths
from skgraph.data.store import SkeletonStore
from skgraph.data.store_checks import PER_CLIP, PER_SEGMENT
from skgraph.data.store_files import check_replaceable, write_description
from skgraph.errors import StoreError, first_three

_ALIKE = ("topology", "class_names", "units", "fps", "preprocessing", "dtype", "splits")


def join_shares(source: str | Path | Sequence[str | Path], out: str | Path, overwrite: bool = False) -> SkeletonStore:
    """Join the shares of a dataset to one store, whose clips are in the order of the dataset.

    No frame is copied: the files of the shares get a second name in the store (hard links), and the shares can then be
    deleted. Only where the disk of the store has no links to theirs, the files are copied. A split without any training
    clip is left out.

    Args:
        source: the stores that `prepare` wrote with ``share=1/N`` to ``share=N/N``, or a folder that holds them.
        out: folder of the store.
        overwrite: replace an existing store.

    Raises:
        StoreError: a share is missing, damaged, there twice, or of another dataset; or ``out`` exists.
    """
    out = Path(out).expanduser()
    shares = _open_shares(source)
    first = shares[0]
    splits = {
        name: how for name, how in first.meta["splits"].items() if any(len(x.split(name, "train")) for x in shares)
    }
    meta = {key: value for key, value in first.meta.items() if key not in ("share", "notes")}
    if notes := list(dict.fromkeys(note for share in shares for note in share.meta.get("notes", []))):
        meta["notes"] = notes
    meta |= {key: sum(share.meta[key] for share in shares) for key in ("clips", "bodies", "rows")}
    meta |= {"splits": splits, "max_bodies": max(share.max_bodies for share in shares)}
    meta |= {"shards": [share.meta["rows"] for share in shares]}
    meta["content_hash"] = hashlib.sha256(" ".join(share.content_hash for share in shares).encode()).hexdigest()
    excluded = [pair for share in shares for pair in share.excluded.items()]
    try:
        with atomic_folder(out, partial(check_replaceable, out, overwrite)) as folder:
            for name in ("frames", "present", *(["confidence"] if first.has_confidence else [])):
                for share, path in zip(shares, row_paths(folder, name, len(shares)), strict=True):
                    _link(share.path / f"{name}.npy", path)
            write_description(folder, meta, _joined_index(shares, list(splits)), excluded)
            SkeletonStore.open(folder, check_all=True)
    except OSError as error:
        raise StoreError(f"cannot write the store '{out}': {error}") from error
    return SkeletonStore.open(out)


def _open_shares(source: str | Path | Sequence[str | Path]) -> list[SkeletonStore]:
    """Open the shares of one dataset, in order."""
    if isinstance(source, str | Path):
        folder = Path(source).expanduser()
        source = sorted(path.parent for path in folder.glob("*/meta.yaml"))
        if not source:
            raise StoreError(
                f"no share in '{folder}': expected folders that `skgraph.prepare` wrote with share=1/N, ..."
            )
    shares = [SkeletonStore.open(Path(path).expanduser()) for path in source]
    if alone := [share for share in shares if "share" not in share.meta]:
        raise StoreError(f"'{alone[0].path}' is a whole store, expected a share of one (share=1/N of skgraph.prepare)")
    first, *others = shares
    for other in others:
        for key in _ALIKE:
            if other.meta.get(key) != first.meta.get(key):
                raise StoreError(f"the shares '{first.path}' and '{other.path}' differ in their {key}")
        if other.has_confidence != first.has_confidence:
            raise StoreError(f"of the shares '{first.path}' and '{other.path}' one has confidence, the other has none")
        if any(other.meta["share"][key] != first.meta["share"][key] for key in ("of", "dataset")):
            raise StoreError(
                f"'{first.path}' and '{other.path}' are shares of different datasets: the number of shares, or the "
                "names, labels, ids or splits of all clips, were not the same where they were prepared"
            )
    numbers = [share.meta["share"]["number"] for share in shares]
    count = first.meta["share"]["of"]
    if missing := sorted({*range(1, count + 1)} - {*numbers}):
        raise StoreError(
            f"{len(missing)} of {count} shares are missing: {first_three([f'{k}/{count}' for k in missing])}"
        )
    if len(numbers) > count:
        twice = next(number for number in numbers if numbers.count(number) > 1)
        paths = [str(share.path) for share in shares if share.meta["share"]["number"] == twice]
        raise StoreError(f"the share {twice}/{count} is there more than once: {first_three(paths)}")
    return sorted(shares, key=lambda share: share.meta["share"]["number"])


def _joined_index(shares: Sequence[SkeletonStore], splits: Sequence[str]) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the arrays of the index one at a time, so that memory holds one."""
    for key in (*PER_CLIP, "track_first", "track_length"):
        yield key, np.concatenate([getattr(share, key).numpy() for share in shares])
    rows = np.cumsum([0, *(share.meta["rows"] for share in shares)])
    yield "track_row", np.concatenate([share.track_row.numpy() + row for share, row in zip(shares, rows, strict=False)])
    yield "body_ptr", _joined_pointers([share.body_ptr.numpy() for share in shares])
    yield "name", np.concatenate([share.name.text for share in shares])
    yield "name_ptr", _joined_pointers([share.name.pointer for share in shares])
    if any((share.identity >= 0).any() for share in shares):
        yield "identity", np.concatenate([share.identity.numpy() for share in shares])
    for name in splits:
        yield f"split_{name}", np.concatenate([share.sides(name).numpy() for share in shares])
    if any(share.has_segments for share in shares):
        yield "segment_ptr", _joined_pointers([share.segment_ptr.numpy() for share in shares])
        for key in PER_SEGMENT:
            yield key, np.concatenate([getattr(share, key).numpy() for share in shares])


def _joined_pointers(pointers: Sequence[np.ndarray]) -> np.ndarray:
    """Join pointers ``[n + 1]`` from 0 to the end of a share's items."""
    ends = np.cumsum([0, *(pointer[-1] for pointer in pointers)])
    parts = [pointer[:-1] + end for pointer, end in zip(pointers, ends, strict=False)]
    return np.concatenate([*parts, ends[-1:]])


def _link(source: Path, target: Path) -> None:
    """Give a file a second name, or copy it where its disk cannot."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
