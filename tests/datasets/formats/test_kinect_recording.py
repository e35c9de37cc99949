import numpy as np
import pytest

from skgraph.datasets.formats.kinect_recording import Recording, Track
from skgraph.errors import DataError


def rows(*values):
    return np.array(values, float)[:, None, None] * np.ones((1, 2, 3))


def test_rows_become_tracks():
    bodies = Track(np.array([0, 0, 2, 3]), np.array([0, 1, 0, 0]), rows(1, 2, 3, 4), np.ones((4, 2)))
    recording = Recording.of_bodies(5, [b"7", b"9", b"7", b"9"], bodies)
    first, second = recording.tracks
    assert (first.frame.tolist(), second.frame.tolist(), second.slot.tolist()) == ([0, 2], [0, 3], [1, 0])
    assert first.joints[:, 0, 0].tolist() == [1, 3] and len(second) == 2


def test_one_body_twice_in_a_frame():
    with pytest.raises(DataError, match="frame 4 holds the body 7 twice"):
        Recording.of_bodies(9, [b"7", b"7"], Track(np.array([4, 4]), np.array([0, 1]), rows(1, 2), np.ones((2, 2))))


def test_tracks_are_joined_in_the_order_of_their_frames():
    late, early = (Track(np.array(f), np.zeros(2, int), rows(*f), np.ones((2, 2))) for f in ([5, 6], [0, 3]))
    joined = Track.join([late, early])
    assert joined.frame.tolist() == [0, 3, 5, 6] == joined.joints[:, 0, 0].tolist()
