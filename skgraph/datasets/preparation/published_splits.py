"""Splits from the parts that a dataset is distributed in, such as `xsub_train` and `xsub_val`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from skgraph.data.store_checks import check_split_name
from skgraph.datasets.preparation.split import Split
from skgraph.errors import DataError

_PART = re.compile(r"(?:(.*)_)?(train|val|test)(\d*)", re.IGNORECASE | re.DOTALL)
# What the field calls NTU's three divisions in names of files and folders.
_NTU = {
    **dict.fromkeys(("cs", "csub", "xsub", "crosssubject"), "xsub"),
    **dict.fromkeys(("cv", "cview", "xview", "crossview"), "xview"),
    **dict.fromkeys(("cset", "csetup", "xset", "xsetup", "crosssetup"), "xset"),
}


def part_splits(
    parts: Mapping[str, np.ndarray], names: Sequence[str], bare: str = "given"
) -> tuple[list[Split], list[str]]:
    """Pair the parts that train with those that test.

    `NAME_train` and `NAME_val` or `NAME_test` are the split `NAME`; `train1` and `test1` are `split1`. Where there are
    both `_test` and `_val`, the split is tested on the former, and `NAME_val` on the latter.

    Args:
        parts: `[N]` bool of each, its clips.
        names: of the clips, [N], for errors.
        bare: name of the split where the parts are just `train` and `val` or `test`.

    Returns:
        The splits, and the names of the parts that belong to none.

    Raises:
        DataError: a clip that both trains and tests, two splits of one name, or a name that a store cannot have.
    """
    found: dict[str, dict[str, str]] = {}
    for part in parts:
        if match := _PART.fullmatch(part):
            stem, kind, number = match.groups()
            name = f"{stem}{number}" if stem else f"split{number}" if number else bare
            if found.setdefault(name, {}).setdefault(kind.lower(), part) != part:
                raise DataError(f"the parts '{found[name][kind.lower()]}' and '{part}' are both of split '{name}'")
    splits: list[Split] = []
    for name, kinds in found.items():
        tests = [kinds[kind] for kind in ("test", "val") if kind in kinds]
        for own, test in zip((name, f"{name}_val"), tests if "train" in kinds else [], strict=False):
            check_split_name(own, "parts of the dataset")
            if own in (split.name for split in splits):
                raise DataError(f"two splits of the dataset are called '{own}'")
            train = kinds["train"]
            if (both := np.flatnonzero(parts[train] & parts[test])).size:
                raise DataError(
                    f"{both.size} clips are in both '{train}' and '{test}', which should have none in common: "
                    f"'{names[both[0]]}' first"
                )
            splits.append(
                Split(own, parts[train], f"as the dataset gives it: '{train}' trains, '{test}' tests", parts[test])
            )
    used = {part for kinds in found.values() if len(kinds) > 1 and "train" in kinds for part in kinds.values()}
    return splits, [part for part in parts if part not in used]


def ntu_split_name(text: str) -> str:
    """`xsub`, `xview` or `xset` if the name of a file or folder, such as `NTU120_CSet`, says so; else `given`."""
    found = {_NTU[word] for word in re.split(r"[^a-z]+", text.lower()) if word in _NTU}
    return found.pop() if len(found) == 1 else "given"
