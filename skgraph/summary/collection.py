"""The results of many runs: found on disk, and checked to say what a table needs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from skgraph.errors import DataError
from skgraph.evaluation.result import headline
from skgraph.evaluation.result_files import read_card


@dataclass(frozen=True)
class Result:
    """A card and the file that it was read from."""

    path: Path
    card: dict[str, Any]


def collect(paths: Iterable[Path | str]) -> tuple[list[Result], list[str]]:
    """Read every ``result.json`` at or below some paths.

    Args:
        paths: folders of runs, of evaluations or of ensembles, or anything above them.

    Returns:
        the results, each once, and a sentence for each file that cannot be used.

    Raises:
        DataError: a path does not exist, or there is not one result that can be used.
    """
    files: dict[Path, Path] = {}
    paths = [Path(path) for path in paths]
    for path in paths:
        if not path.exists():
            raise DataError(f"'{path}' does not exist: expected the folder of a run, an evaluation or an ensemble")
        # Of files that a shell listed beside folders, only results count.
        for file in sorted(path.rglob("result.json")) if path.is_dir() else [path] * (path.name == "result.json"):
            files.setdefault(file.resolve(), file)
    results, warnings = [], []
    for file in files.values():
        try:
            results.append(Result(file, _checked(read_card(file), file)))
        except DataError as error:
            warnings.append(str(error))
    if not results:
        listed = ", ".join(f"'{path}'" for path in paths)
        unusable = f"; {len(warnings)} cannot be used, the first: {warnings[0]}" if warnings else ""
        raise DataError(f"there is no result.json of an evaluation at or below {listed or 'no path at all'}{unusable}")
    return results, warnings


def parts(card: dict[str, Any]) -> list[dict[str, Any]]:
    """The card itself, or the members of an ensemble."""
    members = card.get("members")
    return members if isinstance(members, list) and members else [card]


def best_epochs(card: dict[str, Any]) -> list[dict[str, Any]]:
    """What a card says of best epochs: nothing, one, or one for each labelled subset."""
    best = card.get("best")
    return best if isinstance(best, list) else [] if best is None else [best]


def _checked(card: dict[str, Any], path: Path) -> dict[str, Any]:
    """The card, if it has what a table needs."""

    def expect(good: bool, what: str) -> None:
        if not good:
            raise DataError(f"the result '{path}' is left out: it has no {what}")

    expect(isinstance(card.get("protocol"), str), "protocol")
    expect(isinstance(card.get("recipe"), (str, type(None))), "recipe that is a word")
    options = card.get("options", {})
    expect(isinstance(options, dict), "mapping of options")
    expect(isinstance(options.get("fraction", 1.0), (int, float)), "fraction of labels that is a number")
    dataset = card.get("dataset")
    for key in ("name", "split", "content_hash"):
        expect(isinstance(dataset, dict) and isinstance(dataset.get(key), str), f"dataset.{key}")
    for part in parts(card):
        for key in ("objective", "encoder"):
            expect(isinstance(part, dict) and isinstance(part.get(key), str), key)
        expect(isinstance(part.get("config"), dict), "config")
        expect(isinstance(part.get("stream"), (str, type(None))), "stream that is a word")  # one of one's own has none
    expect(all(isinstance(best, dict) for best in best_epochs(card)), "best epoch that is a mapping")
    for figures in (card, card.get("random_init") or {}):
        spread = figures.get("top1_std") if isinstance(figures, dict) else None
        expect(spread is None or (isinstance(spread, (int, float)) and 0 <= spread <= 100), "top1_std in per cent")
    fraction = options.get("fraction", 1.0)
    expect(0 < fraction <= 1, "fraction of labels in (0, 1]")
    first = headline(card)[0]
    for figures, key in [(card, first), (card.get("random_init"), first), *((b, "top1") for b in best_epochs(card))]:
        if figures is not None:
            value = figures.get(key) if isinstance(figures, dict) else None
            good = isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 100
            expect(good, f"{key} in per cent")
    return card
