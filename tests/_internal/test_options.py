from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import pytest
from torch import nn

from skgraph._internal.options import at_least, check_kinds, import_target
from skgraph.errors import ConfigError


def taker(
    count: int = 1,
    rate: float = 0.5,
    flag: bool = True,
    name: str = "a",
    width: int | None = None,
    kind: Literal["mean", "sum"] | None = "mean",
    widths: Sequence[int] = (1, 2),
    pair: tuple[float, float] = (0.0, 1.0),
    levels: Sequence[int | str] = (1, "g"),
    options: Mapping[str, object] | None = None,
    factory: Callable[..., nn.Module] = nn.Linear,
    anything: Sequence[Any] = (),
    unknown: NotImportedHere = 3,  # noqa: F821
    unannotated=3,
):
    """Has an argument of every kind."""


GOOD = {
    "count": [1, -3],
    "rate": [1, 0.5],
    "flag": [False],
    "name": ["b"],
    "width": [None, 8],
    "kind": ["sum", None],
    "widths": [[4, 8], (4,), []],
    "pair": [[0, 1.0]],
    "levels": [[5, "g"]],
    "options": [None, {"heads": 4}],
    "factory": [nn.ReLU],
    "unknown": ["whatever"],
    "unannotated": ["whatever", 3],
}
BAD = {
    "count": ["a", 1.5, True, None],
    "rate": ["a", True, None],
    "flag": ["maybe", 1, None],
    "name": [3, None],
    "width": ["8", 1.5],
    "kind": ["median", 1],
    "widths": [8, "8", [8.0], [True], None],
    "pair": [[0.5], [0, 1, 2], 0.5, ["a", "b"]],
    "levels": [24, [[2]], None],
    "options": [3, [1]],
}


@pytest.mark.parametrize(("key", "value"), [(key, value) for key, values in GOOD.items() for value in values])
def test_values_that_fit(key, value):
    check_kinds(taker, {key: value}, "here")


@pytest.mark.parametrize(("key", "value"), [(key, value) for key, values in BAD.items() for value in values])
def test_values_that_do_not_fit(key, value):
    with pytest.raises(ConfigError, match=rf"^here\.{key} must be .*, found "):
        check_kinds(taker, {key: value}, "here")


def test_what_was_expected_is_said_in_words():
    for key, value, words in (
        ("flag", "maybe", "true or false, found 'maybe'"),
        ("kind", "median", "'mean' or 'sum' or null, found 'median'"),
        ("pair", [0.5], r"a list of 2 with a number as each item, found '\[0.5\]'"),
        ("levels", 3, "a list with a whole number or a word as each item, found '3'"),
        ("anything", 3, "a list with anything as each item, found '3'"),
        ("options", 3, "a mapping or null, found '3'"),
    ):
        with pytest.raises(ConfigError, match=words):
            check_kinds(taker, {key: value}, "here")


@pytest.mark.parametrize("value", [0, -2, float("nan"), float("inf")])
def test_at_least(value):
    at_least("Part", 1, depth=1, width=None, rate=2.5)
    with pytest.raises(ConfigError, match="Part: depth must be at least 1, found"):
        at_least("Part", 1, width=3, depth=value)


@pytest.mark.parametrize(
    "config, message",
    [
        (None, "encoder must be a mapping with a _target_, found 'None'"),
        ({"dim": 3}, "encoder must be a mapping with a _target_, found '{'dim': 3}'"),
        ({"_target_": 5}, "encoder must be a mapping with a _target_, found '{'_target_': 5}'"),
        ({"_target_": ""}, "encoder._target_ '' cannot be imported: Empty path; a custom file must lie in the folder"),
        ({"_target_": "skgraph.nothing"}, "encoder._target_ 'skgraph.nothing' cannot be imported: No module named"),
    ],
)
def test_targets_that_cannot_be_imported(config, message, caplog):
    with pytest.raises(ConfigError) as error:
        import_target(config, "encoder")
    assert str(error.value).startswith(message) and not caplog.records


def test_a_target_is_imported_and_not_called():
    assert import_target({"_target_": "torch.nn.Linear"}, "encoder") is nn.Linear
