"""Splits of a published dataset: a column of words, or subsets such as `xsub_train` and `xsub_val`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from skgraph.data.store_checks import check_split_name
from skgraph.datasets.raw_dataset import Split
from skgraph.errors import DataError

_SUBSET = re.compile(r"(?:(.*)_)?(train|val|test)(\d*)", re.IGNORECASE | re.DOTALL)
# Abbreviations of NTU's splits in names of files and folders.
_NTU = {
    **dict.fromkeys(("cs", "csub", "xsub", "crosssubject"), "xsub"),
    **dict.fromkeys(("cv", "cview", "xview", "crossview"), "xview"),
    **dict.fromkeys(("cset", "csetup", "xset", "xsetup", "crosssetup"), "xset"),
}


def given_split(words: Sequence[str] | np.ndarray, names: Sequence[str]) -> Split:
    """Make the split `given` of one word a clip, `train` or `test`.

    Args:
        words: `train` or `test` for each clip, `[N]`.
        names: names of the clips, `[N]`, for errors.

    Raises:
        DataError: another word, or not one word a clip.
    """
    words = np.asarray(words)
    if words.shape != (len(names),):
        raise DataError(f"'split' must be one word a clip, [{len(names)}], found {list(words.shape)}")
    if words.dtype.kind != "U":
        raise DataError(f"'split' must be text, found {words.dtype}")
    for name, word in zip(names, words, strict=True):
        if word not in ("train", "test"):
            raise DataError(f"clip '{name}' has split '{word[:40]}', expected 'train' or 'test'")
    return Split("given", words == "train", "as the dataset gives it")


def pair_subsets(
    subsets: Mapping[str, np.ndarray], names: Sequence[str], bare: str = "given"
) -> tuple[list[Split], list[str]]:
    """Pair subsets of training and test clips by their names.

    `NAME_train` and `NAME_val` or `NAME_test` are the split `NAME`; `train1` and `test1` are `split1`. Where both
    `_test` and `_val` exist, `NAME` tests on the former and `NAME_val` on the latter.

    Args:
        subsets: name -> its clips, `[N]` bool.
        names: names of the clips, `[N]`, for errors.
        bare: name of the split of the subsets `train` and `val` or `test`.

    Returns:
        The splits, and a note on subsets without a split.

    Raises:
        DataError: a clip both trains and tests, two splits have one name, or a store cannot have this name.
    """
    check_split_name(bare, "split_name")
    found: dict[str, dict[str, str]] = {}
    for subset in subsets:
        if match := _SUBSET.fullmatch(subset):
            stem, kind, number = match.groups()
            name = f"{stem}{number}" if stem else f"split{number}" if number else bare
            if (other := found.setdefault(name, {}).setdefault(kind.lower(), subset)) != subset:
                raise DataError(f"the subsets '{other}' and '{subset}' are both of split '{name}'")
    splits: dict[str, Split] = {}
    paired: set[str] = set()
    for name, kinds in found.items():
        if "train" not in kinds:
            continue
        train, tests = kinds["train"], [kinds[kind] for kind in ("test", "val") if kind in kinds]
        for own, test in zip((name, f"{name}_val"), tests, strict=False):
            check_split_name(own, "subsets of the dataset")
            if own in splits:
                raise DataError(f"two splits of the dataset are called '{own}'")
            if (both := np.flatnonzero(subsets[train] & subsets[test])).size:
                first = names[both[0]]
                raise DataError(f"{both.size} clips are in both '{train}' and '{test}', expected none: '{first}' first")
            how = f"as the dataset gives it: '{train}' trains, '{test}' tests"
            splits[own] = Split(own, subsets[train], how, subsets[test])
            paired |= {train, test}
    alone = [subset for subset in subsets if subset not in paired]
    return list(splits.values()), [f"parts that belong to no split: {', '.join(alone)}"] if alone else []


def ntu_split_name(text: str) -> str:
    """Return the split that a file or folder name contains, such as `xset` in `NTU120_CSet`, else `given`."""
    found = {_NTU[word] for word in re.split(r"[^a-z]+", text.lower()) if word in _NTU}
    return found.pop() if len(found) == 1 else "given"
