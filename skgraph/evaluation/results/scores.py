"""Scores of clips: the file ``scores.npz``, and joining by clip name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from torch import Tensor

from skgraph._internal.atomic import atomic_file
from skgraph._internal.files import check_file
from skgraph._internal.text import count
from skgraph.errors import DataError, first_line, first_three

_ARRAYS = ("name", "logits", "label")


@dataclass(frozen=True, eq=False)
class Scores:
    """Scores of clips, read from the file of an evaluation.

    Attributes:
        path: path of the file.
        name: ``[n]`` clip names, each once.
        logits: ``[n, K]`` float64, finite.
        label: ``[n]`` int64 in 0 .. K - 1.
    """

    path: Path
    name: np.ndarray
    logits: np.ndarray
    label: np.ndarray


def save_scores(path: Path, names: np.ndarray, scores: Tensor, y: Tensor) -> None:
    """Write ``name``, ``logits`` (float32) and ``label`` of clips, in any order, to an ``.npz``."""
    with atomic_file(path) as file:
        np.savez(file, name=names, logits=scores.float().numpy(), label=y.numpy())


def read_scores(path: Path) -> Scores:
    """Read the arrays ``name``, ``logits`` and ``label`` of an ``.npz``, without executing anything.

    A DataError says that the file is missing or damaged, or names the clips whose values do not fit.
    """
    arrays = _read_arrays(path)
    name, logits, label = (arrays[key] for key in _ARRAYS)
    n = len(name) if name.ndim == 1 else 0
    good = n > 0 and logits.ndim == 2 and logits.shape[0] == n and logits.shape[1] > 1 and label.shape == (n,)
    if not good or (name.dtype.kind, logits.dtype.kind) != ("U", "f") or label.dtype.kind not in "iu":
        raise DataError(
            f"the scores '{path}' must hold name [n] as text, logits [n, K] as floats and label [n] as whole numbers, "
            f"found {', '.join(f'{key} {[*value.shape]} {value.dtype}' for key, value in arrays.items())}"
        )
    if twice := [clip for clip, times in Counter(name.tolist()).items() if times > 1]:
        raise DataError(f"the scores '{path}' name {count(len(twice), 'clip')} more than once: {quoted(twice)}")
    for bad, problem in (
        (name[~np.isfinite(logits).all(axis=1)], "logits that are not finite"),
        (name[(label < 0) | (label >= logits.shape[1])], f"labels outside 0 .. {logits.shape[1] - 1}"),
    ):
        if len(bad):
            raise DataError(f"the scores '{path}' have {problem}, for {count(len(bad), 'clip')}: {quoted(bad)}")
    return Scores(path, name, logits.astype(np.float64), label.astype(np.int64))


def join_scores(scores: Sequence[Scores]) -> list[Scores]:
    """Sort scores into the first one's order of clips, or raise a DataError where clips, classes or labels differ."""
    first = scores[0]
    joined = [first]
    rank = np.argsort(np.argsort(first.name))  # ranks of the first one's clips among the sorted names
    for other in scores[1:]:
        _check_same_clips(first, other)
        order = np.argsort(other.name)[rank]
        joined.append(Scores(other.path, other.name[order], other.logits[order], other.label[order]))
        label = joined[-1].label
        if len(wrong := np.flatnonzero(label != first.label)):
            clips = first_three([f"{str(first.name[i])!r} ({first.label[i]} and {label[i]})" for i in wrong])
            both = f"'{first.path}' and '{other.path}'"
            raise DataError(f"{both} have other labels for {count(len(wrong), 'clip')}: {clips}")
    return joined


def check_same_classes(first: Scores, other: Scores) -> None:
    """Raise a DataError where the number of classes differs."""
    ours, theirs = first.logits.shape[1], other.logits.shape[1]
    if ours != theirs:
        raise DataError(f"'{first.path}' has {ours} classes, '{other.path}' has {theirs}")


def quoted(names: Iterable[object]) -> str:
    """Quote the first three names, in one line."""
    return first_three([repr(str(name)) for name in names])


def _read_arrays(path: Path) -> dict[str, np.ndarray]:
    check_file(path)
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as archive:
            arrays = {key: archive[key] for key in _ARRAYS if key in archive.files}
    except FileNotFoundError as error:
        raise DataError(f"no scores at '{path}'") from error
    except Exception as error:  # a damaged file makes numpy raise almost anything
        why = f"{type(error).__name__}: {first_line(error)}"
        raise DataError(f"the scores '{path}' are damaged or not an .npz file ({why})") from error
    if lacking := [key for key in _ARRAYS if key not in arrays]:
        raise DataError(f"the scores '{path}' lack the array {' and '.join(lacking)}")
    return arrays


def _check_same_clips(first: Scores, other: Scores) -> None:
    sides = []
    for here, there in ((first, other), (other, first)):
        if len(only := np.setdiff1d(here.name, there.name)):
            sides.append(f"only '{here.path}' has {count(len(only), 'clip')}: {quoted(only)}")
    if sides:
        raise DataError(f"'{first.path}' and '{other.path}' are not of the same clips; {'; '.join(sides)}")
    check_same_classes(first, other)
