import numpy as np
import pytest

from skgraph.datasets.preparation.presets.align import rotation


@pytest.mark.parametrize("axis", [(1.0, 0, 0), (0, 0, 1.0)])
def test_rotation(axis):
    for direction in np.random.default_rng(0).normal(size=(20, 3)):
        turn = rotation(direction, np.array(axis))
        np.testing.assert_allclose(turn @ direction, np.linalg.norm(direction) * np.array(axis), atol=1e-12)
        np.testing.assert_allclose(turn @ turn.T, np.eye(3), atol=1e-12)
        np.testing.assert_allclose(turn @ np.cross(direction, axis), np.cross(direction, axis), atol=1e-12)
        assert np.linalg.det(turn) == pytest.approx(1)


@pytest.mark.parametrize("direction", [(0, 0, 0), (0, 0, 2), (0, 0, -2), (0, 0, 1e-30)])
def test_nothing_to_turn(direction):
    assert (rotation(np.array(direction, float), np.array([0, 0, 1.0])) == np.eye(3)).all()
