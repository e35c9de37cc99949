from __future__ import annotations

import math

import pytest

from skgraph.training import learning_rate


def test_warm_up_is_linear_and_reaches_the_peak():
    rates = [learning_rate(step, 100, 10, 1.0) for step in range(10)]
    assert rates == pytest.approx([0.1 * (i + 1) for i in range(10)])


def test_cosine_to_the_final_rate():
    assert learning_rate(10, 110, 10, 1.0, 0.2) == 1.0
    assert learning_rate(60, 110, 10, 1.0, 0.2) == pytest.approx(0.6)
    assert learning_rate(85, 110, 10, 1.0, 0.2) == pytest.approx(0.2 + 0.4 * (1 + math.cos(0.75 * math.pi)))
    assert learning_rate(110, 110, 10, 1.0, 0.2) == pytest.approx(0.2)


def test_no_warm_up():
    assert learning_rate(0, 10, 0, 3.0) == 3.0
