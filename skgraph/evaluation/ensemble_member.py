"""One evaluation that takes part in a fusion, and the check that two are of the same evaluation."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from skgraph.errors import DataError, first_three
from skgraph.evaluation.result_files import card_value, read_card
from skgraph.evaluation.scores import Scores, quoted, read_scores

# What members must share: a sum over anything else would mix two evaluations. `normalise.scale` is not among them: it
# is measured on each stream's own coordinates, so that it differs between the streams of one recipe.
_SHARED = (
    "protocol",
    "recipe",
    "options",
    "dataset.content_hash",
    "dataset.split",
    "dataset.preprocessing",
    "bodies",
    "crop",
    "crops",
    "validation",
    "joint_map",
    "config.frames",
    "config.normalise.center",
    "config.normalise.align",
)
# What an old card lacks and a new one says to be nothing is the same.
_MAY_LACK = ("recipe", "crops", "validation", "joint_map", "dataset.preprocessing")
_ABSENT = object()


@dataclass(frozen=True, eq=False)
class Member:
    """One evaluation that takes part: its folder, its card and its test scores."""

    folder: Path
    card: dict[str, Any]
    scores: Scores


def read_member(path: Path) -> Member:
    """Read one evaluation: its card and its test scores.

    Args:
        path: the folder, or its ``scores.npz``.

    Raises:
        DataError: it is no evaluation folder, or what it holds cannot be used.
    """
    folder = path.parent if path.name == "scores.npz" else path
    if not (folder / "scores.npz").is_file():
        inside = sorted(str(file.parent) for file in folder.glob("evaluation/*/scores.npz"))
        hint = f"; evaluations in it are {quoted(inside)}" if inside else ""
        raise DataError(f"'{folder}' is not the folder of an evaluation: it holds no scores.npz{hint}")
    card = read_card(folder / "result.json")
    if "members" in card:
        raise DataError(f"'{folder}' is an ensemble itself: list its members instead")
    if card.get("protocol") == "detection":
        raise DataError(f"'{folder}' is a detection, which has no scores of whole clips to fuse")
    if card.get("protocol") == "knn":
        raise DataError(
            f"'{folder}' holds votes of neighbours, whose sums are mostly ties: fuse linear or retrieval instead"
        )
    needed = ("stream", "run", *(key for key in _SHARED if key not in _MAY_LACK))
    if lacking := [key for key in needed if card_value(card, key, _ABSENT) is _ABSENT]:
        raise DataError(f"'{folder / 'result.json'}' is not the card of an evaluation: it lacks {', '.join(lacking)}")
    return Member(folder, card, read_scores(folder / "scores.npz"))


def check_same_evaluation(first: Member, other: Member) -> None:
    """Compare what two cards say about the evaluation, apart from the run and its stream.

    Raises:
        DataError: the cards differ; the message quotes how.
    """
    facts = [(key, card_value(first.card, key), card_value(other.card, key)) for key in _SHARED]
    if differing := [f"{key} is {_shown(a)} and {_shown(b)}" for key, a, b in facts if a != b]:
        raise DataError(
            f"'{first.folder}' and '{other.folder}' are not of the same evaluation: {first_three(differing, '; ')}"
        )


def _shown(value: object) -> str:
    """A value of a card in a sentence; a mapping or a hash may be long."""
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
