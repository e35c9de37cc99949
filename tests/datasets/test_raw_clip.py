import numpy as np

from skgraph.datasets.raw_clip import RawClip


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
