"""Weights of a fusion: published, given, or tuned on held-out people."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from skgraph._internal.text import count
from skgraph.errors import ConfigError, DataError
from skgraph.evaluation.ensemble.member import EnsembleMember
from skgraph.evaluation.results.scores import Scores, check_same_classes, join_scores, quoted, read_scores

# Weights of 1 each.
_SUMS = {
    "equal": "the plain sum, which ranks as the mean of logits does (CMD, ECCV 2022)",
    "mamp": "the plain sum; MAMP's code has the joint stream only and publishes no fusion",
}
# Weights by stream, and their source.
_STREAM_WEIGHTS = {
    "aimclr": ({"joint": 0.6, "bone": 0.6, "motion": 0.4}, "AimCLR, AAAI 2022; also MS-CLR and HiCLR"),
    "actclr": ({"joint": 0.4, "bone": 0.4, "motion": 0.4}, "ActCLR, CVPR 2023"),
}
_NAMES = (*_SUMS, *_STREAM_WEIGHTS, "tuned")
_TUNED = "the best top-1 on clips of held-out training people; no test label was looked at"
_STEPS = 10  # the grid of tuned weights: tenths
_MOST_TUNED = 6  # members; the grid has 3003 points for six and 19448 for eight
_LARGEST = 1e6  # keeps sums of logits from overflowing


def check_weights(weights: Any, count: int) -> None:
    """Raise a ConfigError for an unknown name, or numbers that do not fit ``count`` members."""
    if isinstance(weights, str) and weights in _NAMES:
        if weights == "tuned" and count > _MOST_TUNED:
            raise ConfigError(f"weights=tuned searches a grid for at most {_MOST_TUNED} members, found {count}")
        return
    if not isinstance(weights, (list, tuple)) or not all(type(weight) in (int, float) for weight in weights):
        raise ConfigError(f"weights must be one of {', '.join(_NAMES)} or a list of numbers, found '{weights}'")
    if len(weights) != count:
        raise ConfigError(f"weights must be {count} numbers, one for each of scores, found {len(weights)}")
    if not all(0 <= weight <= _LARGEST for weight in weights) or not any(weights):
        raise ConfigError(f"weights must be from 0 to {_LARGEST:g} and not all 0, found {list(weights)}")


def choose_weights(weights: str | Sequence[float], members: Sequence[EnsembleMember]) -> tuple[str, list[float], str]:
    """Return the name of checked weights (``"given"`` for numbers), a number for each member, and their source.

    A ConfigError says that the members are of other streams, or that held-out scores are missing.
    """
    if not isinstance(weights, str):
        return "given", [float(weight) for weight in weights], "given in the order of scores"
    if weights == "tuned":
        return weights, tuned_weights(_held_out(members)), _TUNED
    if weights in _SUMS:
        return weights, [1.0] * len(members), _SUMS[weights]
    by_stream, source = _STREAM_WEIGHTS[weights]
    if sorted(str(member.result.stream) for member in members) != sorted(by_stream):
        found = ", ".join(f"'{member.folder}' of stream '{member.result.stream}'" for member in members)
        raise ConfigError(f"weights={weights} need one evaluation of each of {', '.join(by_stream)}, found {found}")
    return weights, [by_stream[str(member.result.stream)] for member in members], source


def tuned_weights(scores: Sequence[Scores]) -> list[float]:
    """Search the weights of best top-1 on held-out training clips, which the members have in the same order.

    Tries every point of the simplex in steps of 0.1. Among equally good points the most even one wins, then the one
    with more weight on earlier members.
    """

    def right(point: tuple[int, ...]) -> int:
        return int((fuse([each.logits for each in scores], point).argmax(axis=1) == scores[0].label).sum())

    # Whole numbers keep ties of votes exact, and the comparison of points with them.
    grid = [point for point in itertools.product(range(_STEPS + 1), repeat=len(scores)) if sum(point) == _STEPS]
    grid.sort(key=lambda point: (sum(tenths**2 for tenths in point), [-tenths for tenths in point]))
    return [tenths / _STEPS for tenths in max(grid, key=right)]  # the first of the best


def fuse(logits: Sequence[np.ndarray], weights: Sequence[float]) -> np.ndarray:
    """Return the weighted sum of logits ``[n, K]``, of the same clips in the same order, in float64."""
    return sum((weight * each.astype(np.float64) for weight, each in zip(weights, logits, strict=True)), np.zeros(()))


def _held_out(members: Sequence[EnsembleMember]) -> list[Scores]:
    """Read the scores of held-out training clips of every member, joined by name; none may be a test clip."""
    scores = []
    for member in members:
        path = member.folder / "validation_scores.npz"
        if not path.is_file():
            raise ConfigError(
                f"weights=tuned needs '{path}', scores of held-out people: validation=0.2 of skgraph.evaluate makes it"
            )
        scores.append(read_scores(path))
        check_same_classes(scores[-1], member.scores)
        if len(both := np.intersect1d(scores[-1].name, member.scores.name)):
            raise DataError(
                f"'{path}' holds {count(len(both), 'clip')} of the test side, which tunes nothing: {quoted(both)}"
            )
    return join_scores(scores)
