"""Results of many runs, found on disk."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from skgraph._internal.atomic import restore_below, restore_folder
from skgraph.errors import DataError
from skgraph.evaluation.results.result import Result


def collect(paths: Iterable[Path | str]) -> tuple[list[Result], list[str]]:
    """Read every ``result.json`` at or below some paths: results, each once, and a sentence for each unusable file.

    Leaves out folders whose name begins with a dot: unfinished or replaced results.
    A DataError says that a path does not exist, or that no result can be used.
    """
    files: dict[Path, Path] = {}
    folders = [Path(path) for path in paths]
    for path in folders:
        restore_folder(path)
        if not path.exists():
            raise DataError(f"'{path}' does not exist: expected the folder of a run, an evaluation or an ensemble")
        if path.is_dir():
            restore_below(path)
        # A shell may list other files beside folders.
        for file in sorted(path.rglob("result.json")) if path.is_dir() else [path] * (path.name == "result.json"):
            if not any(part.startswith(".") for part in file.relative_to(path).parts):
                files.setdefault(file.resolve(), file)
    results, warnings = [], []
    for file in files.values():
        try:
            result = Result.load(file)
            key = result.headline[0]
            if result.metrics[key] is None:
                raise DataError(f"the result '{file}' is left out: its {key} is not defined")
            undefined = {name: None for name, metrics in result.baselines.items() if metrics[key] is None}
            result = replace(result, **undefined)  # type: ignore[arg-type]
        except DataError as error:
            warnings.append(str(error))
        else:
            results.append(result)
    if not results:
        listed = ", ".join(f"'{path}'" for path in folders) or "no path at all"
        unusable = f"; {len(warnings)} cannot be used, the first: {warnings[0]}" if warnings else ""
        raise DataError(f"there is no result.json of an evaluation at or below {listed}{unusable}")
    return results, warnings
