import numpy as np
import pytest

from skgraph.datasets.preparation.track_bodies import track_bodies


def track(*detections, identity=None, hidden=(), confidence=None, **options):
    """Bodies of detections (frame, x): a square of 10 by 10, of four joints, with its lower left corner at x."""
    frame, x = np.array(detections).T
    square = np.array([[0, 0], [10, 0], [0, 10], [10, 10]])
    joints = square + np.stack([x, np.zeros(len(x))], axis=1)[:, None]
    seen = np.ones((len(x), 4), bool)
    for detection, joint in hidden:
        seen[detection, joint] = False
    joints = np.where(seen[..., None], joints, np.nan)
    confidence = np.ones(len(x)) if confidence is None else np.array(confidence)
    confidence = np.where(seen, confidence[:, None], 0)
    identity = np.full(len(x), -1) if identity is None else np.array(identity)
    return track_bodies(frame.astype(int), joints, seen, confidence, identity, **options).tolist()


def test_two_people_in_changing_order():
    assert track((0, 0), (0, 50), (1, 51), (1, 1), (2, 2), (2, 52)) == [0, 1, 1, 0, 0, 1]


def test_frames_may_come_in_any_order():
    assert track((2, 2), (0, 50), (1, 51), (0, 0), (2, 52), (1, 1)) == [1, 0, 0, 1, 0, 1]


def test_the_nearest_pair_is_joined_first():
    # The one at 6 is nearer to the one at 5; the one at 0 keeps -1, though it came first.
    assert track((0, 0), (0, 5), (1, 6), (1, -1)) == [0, 1, 1, 0]


def test_gate_is_half_of_the_body_and_all_of_it_after_a_gap():
    # The diagonal of the square is 14.14.
    assert track((0, 0), (1, 7)) == [0, 0]
    assert track((0, 0), (1, 8)) == [0, 1]
    assert track((0, 0), (2, 14)) == [0, 0]
    assert track((0, 0), (2, 15)) == [0, 1]


def test_gaps():
    assert track((0, 0), (30, 0)) == [0, 0]
    assert track((0, 0), (31, 0)) == [0, 1]


def test_only_joints_seen_in_both_count():
    assert track((0, 0), (1, 1), hidden=[(0, 0), (0, 1), (1, 2)]) == [0, 0]
    assert track((0, 0), (1, 0), hidden=[(0, 0), (0, 1), (1, 2), (1, 3)]) == [0, 1]  # none is


def test_nothing_seen_is_nobody():
    assert track((0, 0), (1, 0), hidden=[(1, v) for v in range(4)]) == [0, -1]
    assert track((0, 0), hidden=[(0, v) for v in range(4)], identity=[3]) == [-1]


def test_rank_is_coverage_times_confidence():
    people = [(0, 0), (0, 50), (0, 90), (1, 0), (1, 50), (1, 90), (2, 50)]
    assert track(*people, max_bodies=3) == [1, 0, 2, 1, 0, 2, 0]
    sure = [0.9, 0.5, 0.8, 0.9, 0.5, 0.8, 0.5]  # sums 1.8, 1.5, 1.6
    assert track(*people, confidence=sure) == [0, -1, 1, 0, -1, 1, -1]
    assert track(*people, confidence=sure, max_bodies=1) == [0, -1, -1, 0, -1, -1, -1]


def test_identities_are_kept():
    # Person 7 and person 3 change places at once, which only an identity can tell.
    assert track((0, 0), (0, 50), (1, 50), (1, 0), identity=[7, 3, 7, 3]) == [1, 0, 1, 0]
    assert track((0, 0), (99, 900), identity=[5, 5]) == [0, 0]
    assert track((0, 0), (1, 0), (2, 0), (3, 0), identity=[5, -1, 5, -1]) == [0, 1, 0, 1]


@pytest.mark.parametrize("people", [3, 30])
def test_a_crowd(people):
    # All of them step aside at once; more than a few take the path that loops over the joints.
    detections = [(t, 20 * i + 3 * t) for t in range(4) for i in range(people)]
    assert track(*detections, max_bodies=people) == list(range(people)) * 4
