import numpy as np
import pytest

from skgraph.datasets.formats.json_checks import describe, expect, expect_key, expect_numbers
from skgraph.errors import DataError


def test_passes_what_fits():
    assert expect([1], list, "it") == [1]
    assert expect_key({"a": None}, "a", "it") is None
    numbers = expect_numbers([1, 2.5, None], 3, "it")
    assert numbers.dtype == np.float64 and numbers[:2].tolist() == [1, 2.5] and np.isnan(numbers[2])


@pytest.mark.parametrize(
    "check, arguments, message",
    [
        (expect, ({"a": 1}, list), "it must be a list, found an object of 1"),
        (expect, (None, dict), "it must be an object, found null"),
        (expect, (True, int), "it must be a whole number, found True"),
        (expect, (2.5, int), r"it must be a whole number, found 2\.5"),
        (expect, ("x" * 99, int), f"it must be a whole number, found the text '{'x' * 30}'"),
        (expect_key, ({"b": 1}, "a"), "it lacks the key 'a'; it has 'b'"),
        (expect_key, ([1], "a"), "it must be an object, found a list of 1"),
        (expect_numbers, ([1, 2], 3), "it must have 3 numbers, found 2"),
        (expect_numbers, ([1, "2", 3], 3), "it: number 1 is the text '2'"),
        (expect_numbers, ([1, 2, True], 3), "it: number 2 is True"),
        (expect_numbers, ([[1], [2], [3]], 3), "it: number 0 is a list of 1"),
        (expect_numbers, ([1, 2, 10**400], 3), "it holds a whole number that no float can hold"),
    ],
)
def test_bad_values(check, arguments, message):
    with pytest.raises(DataError, match=f"^{message}$"):
        check(*arguments, "it")


def test_describes_huge_numbers_briefly():
    assert describe(10**5000) == "a huge whole number"


def test_text_is_described_in_one_line():
    assert describe("new\nline") == r"the text 'new\nline'"
