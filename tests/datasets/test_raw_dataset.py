import numpy as np
import pytest

from skgraph.datasets.raw_dataset import RawClip, RawDataset
from skgraph.errors import DataError
from skgraph.topology import Topology


def raw(names=("a", "b"), fps=30.0, **ids):
    return RawDataset(
        topology=Topology.load("ntu_rgbd"),
        class_names=["sit"],
        name=list(names),
        y=np.zeros(len(names), np.int64),
        clips=lambda: iter(()),
        unit="m",
        fps=fps,
        source="a lab",
        **ids,
    )


def test_names_are_any_text():
    assert len(raw(["Jürgen 😀", "new\nline"])) == 2


def test_long_names():
    """A store keeps names in an array of the longest."""
    assert len(raw(["a" * 1000, "b"])) == 2
    message = "'a lab': the name of clip 1 has 1001 characters, expected at most 1000: 'b{60}...'"
    with pytest.raises(DataError, match=message):
        raw(["a", "b" * 1001])


@pytest.mark.parametrize("name", ["\udcff", "a\0"])
def test_names_that_are_no_text(name):
    """A file's name may be any bytes; the NUL at the end of a name would be lost in the store."""
    with pytest.raises(
        DataError, match="'a lab': clip name '.*' is not valid text: expected the name of clip 1 in UTF-8"
    ):
        raw(["a", name])


@pytest.mark.parametrize("fps", [0, -1, 1e6, 1e300, float("inf"), float("nan")])
def test_rates_that_no_store_has(fps):
    with pytest.raises(DataError, match="'a lab': fps must be a positive number of frames a second, found"):
        raw(fps=fps)


def test_no_clip_and_one_name_twice():
    with pytest.raises(DataError, match="'a lab': it holds no clip"):
        raw([])
    with pytest.raises(DataError, match="'a lab': clip name 'a' is used twice, by clips 0 and 2"):
        raw(["a", "b", "a"])


def test_ids_that_no_store_has():
    assert raw(subject=np.array([1, 2**63 - 1], np.uint64)).ids("subject").tolist() == [1, 2**63 - 1]
    with pytest.raises(DataError, match=f"'a lab': clip 'b' has the camera {2**63}, expected at most {2**63 - 1}"):
        raw(camera=np.array([1, 2**63], np.uint64))


def test_a_body_is_absent_where_all_its_joints_are_zero():
    joints = np.ones((2, 3, 4, 3))
    joints[1, 2] = 0
    joints[0, 0, 1:] = 0
    assert RawClip(joints).there.tolist() == [[True, True, True], [True, True, False]]


def test_a_mask_says_more_than_zeros():
    there = np.array([[True, False]])
    assert RawClip(np.zeros((1, 2, 4, 3)), there).there is there


def test_left_out():
    clip = RawClip.left_out("no body")
    assert clip.excluded == "no body" and not clip.there.any()
