import numpy as np
import pytest

from skgraph.datasets.preparation.presets.agcn import agcn, rotation
from tests.datasets.preparation.presets.bodies import body, recording


def test_the_first_body_stands_along_the_axes_and_is_centred_in_every_frame():
    clip = agcn(recording(12, body(range(12), at=(1, 2, 3), speed=0.1)))
    assert (np.abs(clip.joints[0, :, 1]) < 1e-6).all()
    spine, shoulders = clip.joints[0, 0, 1] - clip.joints[0, 0, 0], clip.joints[0, 0, 8] - clip.joints[0, 0, 4]
    np.testing.assert_allclose(spine, [0, 0, 0.4], atol=1e-6)
    np.testing.assert_allclose(shoulders, [0.4, 0, 0], atol=1e-6)


def test_a_place_that_ends_early_is_repeated_to_the_end():
    clip = agcn(recording(10, body(range(4), speed=0.3)))
    assert clip.there[0].all()
    np.testing.assert_allclose(clip.joints[0, 4:8], clip.joints[0, :4], atol=1e-6)
    np.testing.assert_allclose(clip.joints[0, 8:], clip.joints[0, :2], atol=1e-6)


def test_a_place_that_starts_late_moves_to_the_start():
    clip = agcn(recording(8, body(range(4, 8))))
    shown = np.rint(clip.joints[0, :, 20, :] * 1000)
    assert (shown[:4] == shown[4:]).all() and (np.abs(np.diff(shown[:4], axis=0)).sum(axis=1) > 0).all()


def test_the_two_places_that_spread_most_are_kept_whatever_the_ids():
    tracks = [
        body(range(20), at=(x, 0, 3), speed=speed, slot=slot)
        for slot, (x, speed) in enumerate([(0, 0.0), (1, 0.3), (2, 0.1), (3, 0.0), (4, 9.0)])
    ]
    clip = agcn(recording(20, *tracks))
    distance = clip.joints[1, :, 1] - clip.joints[0, :, 1]
    np.testing.assert_allclose(np.linalg.norm(distance, axis=1), np.abs(1 - 0.2 * np.arange(20)), atol=1e-5)


def test_300_frames_at_most():
    assert agcn(recording(400, body(range(400)))).joints.shape[1] == 300


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
