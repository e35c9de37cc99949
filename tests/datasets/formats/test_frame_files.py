import pytest

from skgraph.datasets.formats.frame_files import group_frames
from skgraph.errors import DataError


@pytest.fixture
def folder(tmp_path):
    def make(*names):
        for name in names:
            (tmp_path / name).touch()
        return tmp_path

    return make


def test_groups(folder):
    at = folder("b_10.txt", "b_9.txt", "a2-0003.txt", "S001_rgb_000000000012.txt", "7.txt", "b.8.txt", "b_1.json")
    found = group_frames(at, ".txt")
    assert list(found) == sorted(["S001_rgb", "a2", "b", at.name])
    assert [(number, path.name) for number, path in found["b"]] == [(8, "b.8.txt"), (9, "b_9.txt"), (10, "b_10.txt")]
    assert [number for number, _ in found["a2"] + found["S001_rgb"] + found[at.name]] == [3, 12, 7]
    assert group_frames(at, "_keypoints.json") == {}


def test_bad_names(folder):
    with pytest.raises(
        DataError, match="classes.txt' has no frame number in its name, expected VIDEO_000000000012.txt"
    ):
        group_frames(folder("a_1.txt", "classes.txt"), ".txt")


def test_a_number_twice(folder):
    with pytest.raises(DataError, match="a_1.txt' has the frame number of 'a_01.txt'"):
        group_frames(folder("a_1.txt", "a_01.txt"), ".txt")
