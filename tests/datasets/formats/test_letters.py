import numpy as np
import pytest

from skgraph.datasets.formats.letters import are_letters


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    "number, good",
    [(0x41, True), (0x1F600, True), (0x10FFFF, True), (0x110000, False), (0xD800, False), (2**32 - 1, False)],
)
def test_numbers_that_are_letters(order, number, good):
    values = np.frombuffer(np.array([0x61, number], f"{order}u4").tobytes(), f"{order}U1")
    assert are_letters(values) == are_letters(values[::-1]) == good


def test_no_letters_at_all():
    assert are_letters(np.array([""])) and are_letters(np.zeros(0, "U3")) and are_letters(np.zeros((2, 2), "U0"))
