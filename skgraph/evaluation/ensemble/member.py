"""A member of an ensemble, and the check that two members are of the same evaluation."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from skgraph.errors import DataError, first_three
from skgraph.evaluation.results.result import EnsembleResult, Result, value_at
from skgraph.evaluation.results.scores import Scores, quoted, read_scores

# Keys that members must share; not `normalise.scale`, which is measured on the coordinates of each stream.
_SHARED = (
    *("protocol", "recipe", "options", "dataset.content_hash", "dataset.split", "dataset.preprocessing", "bodies"),
    *("crop", "crops", "validation", "joint_map", "config.frames", "config.normalise.center", "config.normalise.align"),
)
_ABSENT = object()
_UNSUITABLE = {
    "detection": "a detection, which has no scores of whole clips to fuse",
    "knn": "of votes of neighbours, whose sums are mostly ties: fuse linear or retrieval instead",
}


@dataclass(frozen=True, eq=False)
class EnsembleMember:
    """The folder of one evaluation, its result and its test scores."""

    folder: Path
    result: Result
    scores: Scores


def read_member(path: Path) -> EnsembleMember:
    """Read one evaluation from its folder or its ``scores.npz``, or raise a DataError where it cannot be fused."""
    folder = path.parent if path.name == "scores.npz" else path
    if not (folder / "scores.npz").is_file():
        inside = sorted(str(file.parent) for file in folder.glob("evaluation/*/scores.npz"))
        hint = f"; evaluations in it are {quoted(inside)}" if inside else ""
        raise DataError(f"'{folder}' is not the folder of an evaluation: it holds no scores.npz{hint}")
    result = Result.load(folder / "result.json")
    if isinstance(result, EnsembleResult):
        raise DataError(f"'{folder}' is an ensemble itself: list its members instead")
    if result.protocol in _UNSUITABLE:
        raise DataError(f"'{folder}' is {_UNSUITABLE[result.protocol]}")
    if missing := [key for key, value in _shared(result).items() if value is _ABSENT]:
        raise DataError(f"the result '{folder / 'result.json'}' lacks {', '.join(missing)}")
    return EnsembleMember(folder, result, read_scores(folder / "scores.npz"))


def check_same_evaluation(first: EnsembleMember, other: EnsembleMember) -> None:
    """Raise a DataError, which quotes what differs, unless two members differ in the run and its stream alone."""
    pairs = zip(_SHARED, _shared(first.result).values(), _shared(other.result).values(), strict=True)
    if differing := [f"{key} is {_quote(a)} and {_quote(b)}" for key, a, b in pairs if a != b]:
        raise DataError(
            f"'{first.folder}' and '{other.folder}' are not of the same evaluation: {first_three(differing, '; ')}"
        )


def _shared(result: Result) -> dict[str, object]:
    content = result.to_dict()
    return {key: value_at(content, key, _ABSENT) for key in _SHARED}


def _quote(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
