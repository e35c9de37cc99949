"""Labels of clips, from a CSV with one line per clip or from the names of files."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from skgraph.datasets.files import folder_files, folders_in
from skgraph.datasets.preparation.published_splits import given_split
from skgraph.datasets.raw_dataset import IDS
from skgraph.errors import DataError, first_three

_LARGEST = 2**62
_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,18}")
_COLUMNS = ("name", "label", *IDS, "split")
_NO_COMMAS = {";": "semicolons", "\t": "tabs"}


def read_label_table(
    source: Path,
    suffix: str,
    labels: str | Path | None = None,
    labelled: bool = True,
    clips: Iterable[str] | None = None,
) -> dict[str, Any]:
    """Read the labels of the files `NAME` + `suffix` of a folder (or of its sub-folders, where `suffix` is "").

    A CSV has one line per clip: `name` and `label` (text or integers, which name the classes), optional `subject`,
    `camera`, `setup` (integers or text) and `split` (`train` or `test`). Classes are in sorted order, integers by
    value. Titles may have capitals. A pattern such as `{action}_{subject}_{take}` takes the same columns from the
    names; `{action}` is the label, and other words are ignored. Each name must fit it in one way.

    Args:
        source: the clips; or the file of one clip, which needs no labels.
        suffix: ending of a clip's file, such as `.npy`; "" where every clip is a folder.
        labels: the CSV, or a pattern of names; by default `labels.csv` in the folder.
        labelled: False ignores labels and puts all clips into one class.
        clips: names of the clips of a folder or a file, where they are no files of their own. One needs no labels.

    Returns:
        The columns of a `RawDataset`: names, labels and class names, and the ids, splits and notes that there are.

    Raises:
        DataError: no such folder, a CSV that cannot be read, or clips and labels do not match.
    """
    if source.is_file() and (suffix or clips is not None):
        files, folder = [source.name.removesuffix(suffix)], source.parent
    elif source.is_dir():
        files, folder = [], source
    else:
        raise DataError(f"no folder at '{source}': expected {suffix or 'folders of'} clips and a CSV of labels")
    pattern = str(labels) if labels is not None and "{" in str(labels) else None
    path = Path(labels).expanduser() if labels is not None else folder / "labels.csv"
    files = files if clips is None else sorted(clips)
    if len(files) == 1:
        labelled = labelled and (labels is not None or (source.is_dir() and path.is_file()))
    elif not files and clips is None and suffix:  # clips may be CSV files themselves
        files = sorted(file.name.removesuffix(suffix) for file in folder_files(folder, suffix, but=path))
    elif not files and clips is None:
        files = [path.name for path in folders_in(folder) if not path.name.startswith(".")]
    if not files and not (labelled and pattern is None):
        raise DataError(f"no {suffix or 'folder'} in '{folder}': nothing to read")
    if not labelled:
        return {"name": files, "y": np.zeros(len(files), np.int64), "class_names": ["unlabelled"], "notes": []}
    if pattern is not None:
        columns, unused, names = *_from_names(pattern, files), files
    else:
        columns, unused = _read(path, suffix)
        names = columns["name"]
        _match(folder, suffix, path, names, files)
    class_names, y = _classes(columns["label"])
    return {
        "name": names,
        "y": y,
        "class_names": class_names,
        "splits": [given_split(columns["split"], names)] if "split" in columns else [],
        "notes": [f"columns of '{path.name}' that are not used: {', '.join(unused)}"] if unused else [],
        **{key: _ids(columns[key]) for key in IDS if key in columns},
    }


def _from_names(pattern: str, names: list[str]) -> tuple[dict[str, list[str]], list[str]]:
    """Return the columns that a pattern such as ``{action}_{subject}_{take}`` finds in names, and no unused ones."""
    words = ["label" if word == "action" else word for word in re.findall(r"\{(\w+)\}", pattern)]
    if "label" not in words or len(set(words)) < len(words):
        raise DataError(
            f"labels={pattern} must have {{action}} once, and may have {{subject}}, {{camera}}, {{setup}} and {{split}}"
        )
    parts = re.split(r"\{\w+\}", pattern)
    # The first words as short or as long as possible: a name that can be divided in one way only gives the same.
    short, long = (re.compile(part.join(map(re.escape, parts))) for part in ("(.+?)", "(.+)"))
    columns: dict[str, list[str]] = {word: [] for word in words if word in _COLUMNS}
    lost = []
    for name in names:
        one, other = short.fullmatch(name), long.fullmatch(name)
        if one is None or other is None:
            lost.append(name)
            continue
        for word, values in columns.items():
            value, another = (match[1 + words.index(word)] for match in (one, other))
            if value != another:
                raise DataError(
                    f"labels={pattern} fits '{name}' in several ways, {word} '{value}' or '{another}': give each part "
                    "of the names a word, or letters of its own, as in {action}_s{subject}"
                )
            values.append(value)
    if lost:
        raise DataError(f"{len(lost)} names of clips do not fit labels={pattern}: {first_three(lost)}")
    return columns, []


def _read(path: Path, suffix: str) -> tuple[dict[str, list[str]], list[str]]:
    """Return the text of the columns that are used, and the names of the others."""
    if not path.is_file():
        raise DataError(
            f"no CSV of labels at '{path}': expected the columns name and label; or say "
            "labels=FILE.csv, labels='{action}_{subject}' for labels in the names of clips, or labelled=false"
        )
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, skipinitialspace=True, strict=True)
            titles = [title.strip() for title in next(reader, [])]
            rows = [(reader.line_num, row) for row in reader if row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"'{path}' is not a CSV file in UTF-8: {error}") from error
    header = [title.lower() for title in titles]
    if twice := [column for column in _COLUMNS if header.count(column) > 1]:
        raise DataError(f"'{path}' has the columns {', '.join(twice)} twice")
    if missing := [column for column in ("name", "label") if column not in header]:
        found = ", ".join(titles)
        between = [word for letter, word in _NO_COMMAS.items() if letter in found]
        advice = f": expected commas between the cells, found {between[0]}" if between else ""
        raise DataError(f"'{path}' lacks the columns {', '.join(missing)}; it has {found[:200] or 'none'}{advice}")
    columns: dict[str, list[str]] = {column: [] for column in _COLUMNS if column in header}
    for line, row in rows:
        if len(row) != len(header):
            raise DataError(f"'{path}', line {line} has {len(row)} cells, the header {len(header)}")
        for column, values in columns.items():
            value = row[header.index(column)].strip()
            if not value and column in ("name", "label"):
                raise DataError(f"'{path}', line {line}: the {column} is missing")
            values.append(value.removesuffix(suffix) if column == "name" else value)
    return columns, [title for title in titles if title.lower() not in _COLUMNS]


def _match(folder: Path, suffix: str, table: Path, names: list[str], files: list[str]) -> None:
    what = f"{suffix} file" if suffix else "folder"
    for these, others, problem in (
        (names, files, f"clips of '{table}' have no {what} in '{folder}'"),
        (files, names, f"{what}s of '{folder}' have no line in '{table}'"),
    ):
        if lost := sorted(set(these) - set(others)):
            raise DataError(f"{len(lost)} {problem}: {first_three(lost)}")


def _classes(labels: list[str]) -> tuple[list[str], np.ndarray]:
    numbers = _integers(labels)
    class_names = sorted(set(labels)) if numbers is None else [str(number) for number in sorted(set(numbers))]
    index = {name: label for label, name in enumerate(class_names)}
    return class_names, np.array([index[str(label)] for label in numbers or labels], np.int64)


def _ids(values: list[str]) -> np.ndarray:
    numbers = _integers([value or "-1" for value in values])
    return np.array(values if numbers is None else numbers)


def _integers(values: list[str]) -> list[int] | None:
    """Return the numbers, or None if one is text: not written as Python prints it (`01`), or too large for int64."""
    if not all(map(_INTEGER.fullmatch, values)):
        return None
    numbers = [int(value) for value in values]
    return numbers if all(-_LARGEST < number < _LARGEST for number in numbers) else None
