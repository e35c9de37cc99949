import numpy as np

from skgraph.datasets.preparation.presets.mamp import mamp
from tests.datasets.preparation.presets.bodies import POSE, body, frame_shown, recording


def test_gaps_are_closed():
    clip = mamp(recording(30, body([3, 4, 5, *range(10, 25)])))
    assert clip.joints.shape == (1, 18, 25, 3)
    assert frame_shown(clip.joints, clip.there) == [[3, 4, 5, *range(10, 25)]]


def test_the_origin_is_the_first_actor_in_its_first_frame_and_nothing_turns():
    clip = mamp(recording(20, body(range(20), at=(1, 2, 3), speed=0.1)))
    np.testing.assert_allclose(clip.joints[0, 0, :20], POSE[:20], atol=1e-6)
    np.testing.assert_allclose(clip.joints[0, 5, 1], [0.5, 0, 0], atol=1e-6)


def test_a_body_that_returns_is_placed_at_too_early_times():
    """Frames 6 to 19 are there for the first; the second's later frames follow its earlier ones without the gap."""
    first, second = body(range(20), speed=0.05), body([*range(3, 9), *range(12, 20)], at=(1, 0, 3), slot=1)
    clip = mamp(recording(20, first, second))
    assert clip.there[1].tolist() == [False] * 3 + [True] * 14 + [False] * 3
    assert np.diff(frame_shown(clip.joints, clip.there)[1]).tolist() == [1] * 5 + [4] + [1] * 7


def test_a_body_that_does_not_overlap_joins_the_first_actor():
    first, later = body(range(15), speed=0.1), body(range(15, 30), at=(3, 0, 3))
    clip = mamp(recording(30, first, later))
    assert clip.there.tolist() == [[True] * 30, [False] * 30]


def test_frames_in_which_nobody_is_left_go():
    person, other, short = (
        body(range(15), speed=0.1),
        body(range(5, 15), at=(2, 0, 3)),
        body(range(15, 20), at=(3, 0, 3)),
    )
    # The short ones are dropped, one body is left, and its 15 frames are the clip.
    assert mamp(recording(20, person, other, short)).joints.shape == (1, 15, 25, 3)
    two = mamp(recording(40, body(range(15), speed=0.1), body(range(3, 15), at=(2, 0, 3)), body(range(15, 20), wide=9)))
    assert two.joints.shape[:2] == (2, 15)


def test_300_frames_at_most():
    assert mamp(recording(400, body(range(400)))).joints.shape[1] == 300


def test_actors_are_ranked_without_the_frames_in_which_they_are_wide():
    """The second walks farther, but only where the tracker loses it: CTR-GCN's scripts make it the second actor."""
    first, second = body(range(20), speed=0.1), body(range(20), at=(2, 0, 3))
    second.joints[8:12] = second.joints[8:12] * (9, 1, 1) + np.array([5.0, 0, 0])
    clip = mamp(recording(20, first, second))
    np.testing.assert_allclose(clip.joints[0, 0, :20], POSE[:20], atol=1e-6)


def test_of_bodies_that_are_all_wide_the_last_stays():
    wide = [body(range(20), at=(at, 0, 3), wide=9, speed=speed) for at, speed in ((0, 0.1), (4, 0.0))]
    clip = mamp(recording(20, *wide))
    assert len(clip.joints) == 1 and np.ptp(clip.joints[0, :, 1, 0]) == 0
