"""Splits of a dataset into training and test clips."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from skgraph.data.store_checks import check_split_name
from skgraph.datasets.preparation.split import Split
from skgraph.datasets.raw_dataset import RawDataset
from skgraph.errors import ConfigError, DataError

_NAMES = {"subject": "xsub", "camera": "xview", "setup": "xset"}
_WAYS = (*_NAMES, "random", "given")


def make_splits(
    raw: RawDataset,
    name: str | None = None,
    by: str | None = None,
    train: str | int | Sequence[str | int] | None = None,
    test: str | int | Sequence[str | int] | None = None,
    fraction: float | None = None,
    seed: int | None = None,
) -> list[Split]:
    """Divide the clips of a dataset: in one way, or in those that it comes with.

    Args:
        raw: the dataset.
        name: name of the split; by default `xsub`, `xview`, `xset` or `random`, after `by`; of a given split its own.
        by: `subject`, `camera` or `setup` (no value of it is in both parts), `random` (by clip, the classes in
            proportion) or `given` (the dataset's own splits). By default `given` where there are such, then `random`
            if `fraction` or `seed` is given or subjects are unknown, else `subject`.
        train: the values of `by` that train; by default those that do not test, and without `test` either `alternate`:
            of the sorted values every second one, starting with the first.
        test: the values of `by` that test, by default all that do not train; with both, clips may be in neither part.
            That is how to choose settings: on some of the training people, the test people kept away.
        fraction: part of the clips that trains in a `random` split, 0.8 by default.
        seed: of a `random` split, 0 by default.

    Raises:
        ConfigError: options that do not belong together, or values that the dataset does not have.
        DataError: the dataset lacks what the split is made by, or a part would be empty.
    """
    if name is not None:
        if isinstance(name, bool) or not isinstance(name, (str, int, float)):
            raise ConfigError(f"split.name must be one name, found {name}")
        name = str(name)  # a split may be called 2024
        check_split_name(name, "split.name")
    if by is None:
        if raw.splits:
            by = "given"
        else:
            by = "random" if raw.subject is None or fraction is not None or seed is not None else "subject"
    if by not in _WAYS:
        raise ConfigError(f"split.by must be one of {', '.join(_WAYS)}, found '{by}'")
    if by != "random" and (fraction is not None or seed is not None):
        raise ConfigError(f"split.fraction and split.seed belong to split.by=random, found split.by={by}")
    for key, value in (("train", train), ("test", test)):
        if by in ("random", "given") and value is not None:
            raise ConfigError(f"split.{key}={value} needs split.by=subject, camera or setup, found split.by={by}")
    if by == "given":
        splits = _given(raw, name)
    elif by == "random":
        fraction, seed = 0.8 if fraction is None else fraction, 0 if seed is None else seed
        if not isinstance(fraction, float) or not 0 < fraction < 1:
            raise ConfigError(f"split.fraction must be a number between 0 and 1, found {fraction}")
        if not isinstance(seed, int) or isinstance(seed, bool) or seed < 0:
            raise ConfigError(f"split.seed must be a whole number, 0 or more, found {seed}")
        how = f"{fraction:g} of the clips of each class, at random (seed {seed}), train"
        splits = [Split(name or "random", _random(raw.y, fraction, seed), how)]
    else:
        splits = [_grouped(raw, by, name or _NAMES[by], train, test)]
    # What comes with a dataset may need clips that this part of it lacks; one split that can be used is enough.
    problems = [split.problem() for split in splits]
    if all(problems):
        raise DataError(problems[0])
    return splits


def given_split(parts: Sequence[str] | np.ndarray, names: Sequence[str]) -> Split:
    """The split that a file gives, `train` or `test` for every clip.

    Args:
        parts: of the clips, [N].
        names: of the clips, for errors.

    Raises:
        DataError: another word, or not one word a clip.
    """
    if np.shape(parts) != (len(names),):
        raise DataError(f"'split' must be one word a clip, [{len(names)}], found {list(np.shape(parts))}")
    if np.asarray(parts).dtype.kind != "U":
        raise DataError(f"'split' must be text, found {np.asarray(parts).dtype}")
    for name, part in zip(names, parts, strict=True):
        if part not in ("train", "test"):
            raise DataError(f"clip '{name}' has split '{str(part)[:40]}', expected 'train' or 'test'")
    return Split("given", np.array(parts) == "train", "as the dataset gives it")


def _given(raw: RawDataset, name: str | None) -> list[Split]:
    if not raw.splits:
        raise DataError("split.by=given needs a split in the dataset, and it has none")
    if name is None:
        return list(raw.splits)
    if len(raw.splits) > 1:
        own = ", ".join(split.name for split in raw.splits)
        raise ConfigError(f"split.name={name} names one split, and the dataset comes with several: {own}")
    return [replace(raw.splits[0], name=name)]


def _random(y: np.ndarray, fraction: float, seed: int) -> np.ndarray:
    generator = np.random.default_rng(seed)
    chosen = np.zeros(len(y), bool)
    for label in np.unique(y):
        clips = generator.permutation(np.flatnonzero(y == label))
        # Both parts get a clip of the class as long as there are two.
        count = min(max(round(fraction * len(clips)), 1), max(len(clips) - 1, 1))
        chosen[clips[:count]] = True
    return chosen


def _grouped(
    raw: RawDataset,
    by: str,
    name: str,
    train: str | int | Sequence[str | int] | None,
    test: str | int | Sequence[str | int] | None,
) -> Split:
    values = getattr(raw, by)
    if values is None:
        raise DataError(f"split.by={by} needs the {by} of every clip, which is unknown; try split.by=random")
    is_text = values.dtype.kind not in "iu"
    unknown = np.flatnonzero(values == ("" if is_text else -1))
    if len(unknown):
        raise DataError(
            f"split.by={by} needs the {by} of every clip, and {len(unknown)} have none, '{raw.name[unknown[0]]}' first"
        )
    available = [value.item() for value in np.unique(values)]
    if test is None:
        trains = _wanted("train", by, "alternate" if train is None else train, available)
        return Split(name, np.isin(values, trains), f"{by}s {_listed(trains)} train")
    tests = _wanted("test", by, test, available)
    tested = np.isin(values, tests)
    if train is None:
        return Split(name, ~tested, f"{by}s {_listed(tests)} test")
    trains = _wanted("train", by, train, available)
    if both := [value for value in trains if value in tests]:
        raise ConfigError(f"split.train and split.test both have the {by}s {_listed(both)}")
    return Split(name, np.isin(values, trains), f"{by}s {_listed(trains)} train, {_listed(tests)} test", tested)


def _wanted(
    part: str, by: str, values: str | int | Sequence[str | int], available: Sequence[str | int]
) -> list[str | int]:
    """The values of `by` that an option names, checked against those that there are."""
    if isinstance(values, str) and values == "alternate" and part == "train":
        return list(available[::2])
    wanted = list(values) if isinstance(values, Sequence) and not isinstance(values, str) else [values]
    if any(isinstance(value, bool) for value in wanted):
        raise ConfigError(f"split.{part} must be {by}s, found {_listed(wanted)}")
    # A subject named '01' reaches us as the number 1 unless it was quoted, so text is compared as it was read.
    wanted = [str(value) for value in wanted] if isinstance(available[0], str) else wanted
    if absent := [value for value in wanted if value not in available]:
        raise ConfigError(f"split.{part} has the {by}s {_listed(absent)}; available are {_listed(available)}")
    return wanted


def _listed(values: Sequence[object]) -> str:
    return ", ".join(map(str, values))
