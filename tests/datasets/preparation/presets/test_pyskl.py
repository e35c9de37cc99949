import numpy as np

from skgraph.datasets.preparation.presets.pyskl import pyskl
from tests.datasets.preparation.presets.bodies import body, recording


def test_true_times_in_the_frames_of_the_first_body_turned_by_its_first_pose():
    first, second = body(range(4, 30), speed=0.1), body(range(10, 28), at=(0, 0, 4), slot=1)
    clip = pyskl(recording(40, first, second))
    assert clip.there.tolist() == [[True] * 26, [False] * 6 + [True] * 18 + [False] * 2]
    np.testing.assert_allclose(clip.joints[0, 0, 1], 0, atol=1e-6)
    np.testing.assert_allclose(clip.joints[0, 0, 1] - clip.joints[0, 0, 0], [0, 0, 0.4], atol=1e-6)
    np.testing.assert_allclose(clip.joints[0, 10, 1], [1, 0, 0], atol=1e-6)  # walks along its shoulders


def test_a_body_that_is_zero_throughout_is_nobody():
    nobody = body(range(20))
    nobody.joints[:] = 0
    assert pyskl(recording(20, nobody)).excluded == "nobody in any frame"


def test_who_is_there_for_longer_comes_first():
    first, second = body(range(15), speed=1.0), body(range(30), at=(0, 0, 4), slot=1)
    assert pyskl(recording(30, first, second)).there.sum(axis=1).tolist() == [30, 15]


def test_a_body_of_eleven_frames_is_no_clip():
    assert pyskl(recording(30, body(range(11)))).excluded == "no body in 12 frames"
    assert pyskl(recording(30, body(range(12)))).joints.shape == (2, 12, 25, 3)
