import numpy as np
import pytest

from skgraph.datasets.preparation.presets import PRESETS
from skgraph.datasets.preparation.presets.skgraph_preset import skgraph_preset
from tests.datasets.preparation.presets.bodies import POSE, body, frame_shown, recording


def test_one_body_relative_to_where_it_starts():
    clip = skgraph_preset(recording(20, body(range(20), speed=0.01)))
    assert clip.joints.shape == (1, 20, 25, 3) and clip.frame_mask.all() and (clip.confidence == 1).all()
    np.testing.assert_allclose(clip.joints[0, 0, :20], POSE[:20], atol=1e-6)
    np.testing.assert_allclose(clip.joints[0, :, 1, 0], 0.01 * np.arange(20), atol=1e-6)


def test_bodies_keep_their_times_and_their_distance():
    first, second = body(range(5, 35), speed=0.02), body([*range(12, 20), *range(25, 30)], at=(1.0, 0, 4.0), slot=1)
    clip = skgraph_preset(recording(40, second, first))  # the one that moves more comes first
    assert clip.frame_mask.sum(axis=1).tolist() == [30, 13] and clip.frame_mask.shape == (2, 30)
    assert np.flatnonzero(clip.frame_mask[1]).tolist() == [*range(7, 15), *range(20, 25)]
    np.testing.assert_allclose(clip.joints[1, 7, 1] - clip.joints[0, 0, 1], [1 - 0.02 * 5, 0, 1], atol=1e-6)
    assert (clip.joints[~clip.frame_mask] == 0).all()


def test_an_id_that_changes_is_one_body():
    clip = skgraph_preset(recording(40, body(range(18), speed=0.02), body(range(21, 40), speed=0.02)))
    assert clip.frame_mask.tolist() == [[True] * 18 + [False] * 3 + [True] * 19]
    assert frame_shown(clip.joints, clip.frame_mask) == [[*range(18), *range(21, 40)]]


def test_another_place_is_another_body():
    clip = skgraph_preset(recording(40, body(range(18)), body(range(21, 40), at=(2.0, 0, 3.0))))
    assert clip.frame_mask.sum(axis=1).tolist() in ([18, 19], [19, 18])


def test_who_moves_most_is_kept_of_three():
    slow, fast, middle = (body(range(30), at=(x, 0, 3), speed=s) for x, s in ((-1, 0.0), (0, 0.05), (1, 0.02)))
    clip = skgraph_preset(recording(30, slow, fast, middle))
    steps = clip.joints[:, 1, 1, 0] - clip.joints[:, 0, 1, 0]
    np.testing.assert_allclose(steps, [0.05, 0.02], atol=1e-6)


def test_spurious_bodies_are_left_out():
    person, short, table = (
        body(range(30)),
        body(range(11), at=(2, 0, 3)),
        body(range(30), at=(-2, 0, 3), wide=5, speed=1),
    )
    assert skgraph_preset(recording(30, person, short, table)).joints.shape[0] == 1
    assert skgraph_preset(recording(30, person, body(range(12), at=(2, 0, 3)))).joints.shape[0] == 2
    # Alone, nobody is spurious.
    assert skgraph_preset(recording(30, short)).joints.shape == (1, 11, 25, 3)
    assert skgraph_preset(recording(30, table)).joints.shape == (1, 30, 25, 3)


@pytest.mark.parametrize("preset", PRESETS)
def test_a_recording_of_nobody_is_left_out(preset):
    assert PRESETS[preset](recording(0)).excluded in ("no frames", "nobody in any frame")
    assert PRESETS[preset](recording(7)).excluded == "nobody in any frame"


def test_thousands_of_ids_take_no_time():
    """A tracker that gives a new id in every frame: of a body that stands still, and of two far apart."""
    still = skgraph_preset(recording(3000, *(body([t]) for t in range(3000))))
    assert still.joints.shape[:2] == (1, 3000) and still.frame_mask.all()
    apart = skgraph_preset(recording(3000, *(body([t], at=(500.0 * t, 0, 3)) for t in range(3000))))
    assert apart.joints.shape[0] == 2
