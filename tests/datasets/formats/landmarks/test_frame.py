import pytest

from skgraph.datasets.formats.landmarks.frame import joint_indices, plain


@pytest.mark.parametrize(
    "name", ["LEFT_EYE_INNER", "leftEyeInner", "left eye inner", "Left-Eye-Inner", "left.eye_inner"]
)
def test_any_spelling(name):
    assert plain(name) == "lefteyeinner"
    assert joint_indices([name, "chin"], ["nose", "left_eye_inner"]) == [1, -1]


def test_numbers_from_0_or_from_1():
    joints = ["nose", "left_eye", "right_eye"]
    assert joint_indices(["0", "2", "3"], joints) == [0, 2, -1]  # 3 is no joint of this person
    assert joint_indices(["1", "3"], joints) == [0, 2]
    assert joint_indices(["1", "2"], joints) == [1, 2]  # may be either
