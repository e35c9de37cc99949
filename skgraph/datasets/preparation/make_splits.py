"""Splits into training and test clips, by the options `split.*` of `prepare`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from skgraph.data.store_checks import check_split_name
from skgraph.datasets.raw_dataset import RawDataset, Split
from skgraph.errors import ConfigError, DataError

_NAMES = {"subject": "xsub", "camera": "xview", "setup": "xset"}
_WAYS = (*_NAMES, "random", "given", "none")
Values = str | int | Sequence[str | int]


def make_splits(
    raw: RawDataset,
    name: str | None = None,
    by: str | None = None,
    train: Values | None = None,
    test: Values | None = None,
    fraction: float | None = None,
    seed: int | None = None,
) -> list[Split]:
    """Divide the clips of a dataset into training and test clips, or use its own splits.

    Args:
        raw: the dataset.
        name: name of the split; by default `xsub`, `xview`, `xset`, `random` or `all`, after `by`, or that of a given
            split.
        by: `subject`, `camera` or `setup` (train and test clips share no value of it), `random` (by clip, the classes
            in proportion), `given` (the dataset's own splits) or `none` (all clips train). By default `given` if there
            are any; else `none` for a single clip; else `random` if `fraction` or `seed` is given or subjects are
            unknown; else `subject`.
        train: training values of `by`, by default all but `test`. Without `test` the default is `alternate`: every
            second one of the sorted values, starting with the first.
        test: test values of `by`, by default all but `train`. With both options, clips of other values are on neither
            side: train on some of the training subjects to choose settings without the test subjects.
        fraction: share of training clips in a `random` split, 0.8 by default.
        seed: seed of a `random` split, 0 by default.

    Raises:
        ConfigError: options do not belong together, or the dataset does not have their values.
        DataError: the dataset does not have the ids or splits of `by`, or no clip would train or test.
    """
    if name is not None:
        if isinstance(name, bool) or not isinstance(name, (str, int, float)):
            raise ConfigError(f"split.name must be one name, found {name}")
        name = str(name)  # a split may be called 2024
        check_split_name(name, "split.name")
    drawn = fraction is not None or seed is not None
    if by is None and raw.splits:
        by = "given"
    elif by is None and len(raw) == 1 and not drawn and train is None and test is None:
        by = "none"
    elif by is None:
        by = "random" if drawn or raw.subject is None else "subject"
    if by not in _WAYS:
        raise ConfigError(f"split.by must be one of {', '.join(_WAYS)}, found '{by}'")
    if drawn and by != "random":
        raise ConfigError(f"split.fraction and split.seed belong to split.by=random, found split.by={by}")
    for key, value in (("train", train), ("test", test)):
        if by in ("random", "given", "none") and value is not None:
            raise ConfigError(f"split.{key}={value} needs split.by=subject, camera or setup, found split.by={by}")
    if by == "none":
        return [Split(name or "all", np.ones(len(raw), bool), "all clips train", has_test=False)]
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
    # A published split may need clips that this copy of the dataset lacks; one usable split is enough.
    problems = [split.problem() for split in splits]
    if all(problems):
        raise DataError(problems[0])
    return splits


def _given(raw: RawDataset, name: str | None) -> list[Split]:
    if not raw.splits:
        raise DataError("split.by=given needs a split in the dataset, and it has none")
    if name is None:
        return list(raw.splits)
    if len(raw.splits) > 1:
        own = _listed([split.name for split in raw.splits])
        raise ConfigError(f"split.name={name} names one split, and the dataset comes with several: {own}")
    return [replace(raw.splits[0], name=name)]


def _random(y: np.ndarray, fraction: float, seed: int) -> np.ndarray:
    """Draw the training clips `[N]` bool, of every class with two clips or more at least one and not all."""
    generator = np.random.default_rng(seed)
    train = np.zeros(len(y), bool)
    for label in np.unique(y):
        clips = generator.permutation(np.flatnonzero(y == label))
        train[clips[: min(max(round(fraction * len(clips)), 1), max(len(clips) - 1, 1))]] = True
    return train


def _grouped(raw: RawDataset, by: str, name: str, train: Values | None, test: Values | None) -> Split:
    values = getattr(raw, by)
    if values is None:
        raise DataError(f"split.by={by} needs the {by} of every clip, which is unknown; try split.by=random")
    unknown = np.flatnonzero(raw.ids(by) == -1)
    if len(unknown):
        raise DataError(
            f"split.by={by} needs the {by} of every clip, and {len(unknown)} have none, '{raw.name[unknown[0]]}' first"
        )
    available = np.unique(values).tolist()
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


def _wanted(side: str, by: str, values: Values, available: Sequence[str | int]) -> list[str | int]:
    """Return the values of the option `split.<side>`; raise an error unless the dataset has them."""
    if values == "alternate" and side == "train":
        return list(available[::2])
    wanted = list(values) if isinstance(values, Sequence) and not isinstance(values, str) else [values]
    if any(isinstance(value, bool) for value in wanted):
        raise ConfigError(f"split.{side} must be {by}s, found {_listed(wanted)}")
    # Hydra gives a subject named '01' as the number 1 unless it is quoted.
    wanted = [str(value) for value in wanted] if isinstance(available[0], str) else wanted
    if absent := [value for value in wanted if value not in available]:
        raise ConfigError(f"split.{side} has the {by}s {_listed(absent)}; available are {_listed(available)}")
    return wanted


def _listed(values: Sequence[object]) -> str:
    return ", ".join(map(str, values))
