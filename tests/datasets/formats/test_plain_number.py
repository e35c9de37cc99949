import math

import pytest

from skgraph.datasets.formats.plain_number import plain_number


@pytest.mark.parametrize("word", ["1", "-1.5", "+.5e-3", "2E7", " 3 ", "1e999"])
def test_numbers(word):
    assert plain_number(word) == float(word)
    assert math.isnan(plain_number("NaN")) and plain_number("-inf") == -math.inf


@pytest.mark.parametrize("word", ["1_0", "\uff11\uff12", "\u0661", "1\xa0", "", "x", "0x1"])
def test_other_words(word):
    with pytest.raises(ValueError):
        plain_number(word)
