import numpy as np
import pytest

from skgraph.datasets.formats.asf_file import AsfSkeleton
from skgraph.errors import DataError
from tests.datasets.acclaim_files import BONES, asf


def parse(text):
    return AsfSkeleton.parse(text.encode(), "a.asf")


def test_bones_units_and_rest():
    skeleton = parse(asf())
    assert skeleton.parents == {"root": None, **{bone: parent for bone, (parent, *_) in BONES.items()}}
    assert skeleton.length == 0.45 and skeleton.degrees
    assert [bone.values for bone in skeleton.bones][:3] == [
        ("tx", "ty", "tz", "rx", "ry", "rz"),
        ("rx", "ry", "rz"),
        (),
    ]
    np.testing.assert_allclose(skeleton.rest[:4], [(0, 0, 0), (0, 8, 0), (0, 16, 0), (6, 8, 0)])
    assert not parse(asf(angle="rad")).degrees


def test_words_of_the_format():
    text = (
        asf().replace("(-160.0 20.0)", "-160.0, 20.0  # a limit").replace(":bonedata", ":BoneData").replace("TX", "tx")
    )
    assert parse(text).parents == parse(asf()).parents


def test_a_bone_may_come_before_its_parent():
    swapped = {"head": BONES["head"], **BONES}
    assert list(parse(asf(swapped)).parents) == ["root", "back", "head", "larm", "rarm", "lleg", "rleg"]


def test_a_bone_turns_about_its_own_axes_in_the_order_of_its_values():
    skeleton = parse(asf())
    motion = np.zeros((4, 15))
    motion[0, :3] = 1, 2, 3  # moves the whole body
    motion[1, 9] = np.pi / 2  # of larm, x: its own, which points up at rest as its axis is turned by 90 degrees about z
    motion[2, 5], motion[2, 3] = np.pi / 2, np.pi / 2  # of the root: x, then z, about fixed axes
    motion[3, 6], motion[3, 9] = np.pi / 2, np.pi / 2  # of back about x, which carries the arm
    places = {name: i for i, name in enumerate(skeleton.parents)}
    found = skeleton.positions(motion).round(9)
    np.testing.assert_allclose(found[0], skeleton.rest + np.array([1, 2, 3]))
    np.testing.assert_allclose(found[1, places["larm"]], (0, 8, -6), atol=1e-9)
    np.testing.assert_allclose(found[2, places["back"]], (0, 0, 8), atol=1e-9)
    np.testing.assert_allclose(found[2, places["larm"]], (0, 6, 8), atol=1e-9)
    np.testing.assert_allclose(found[3, places["back"]], (0, 0, 8), atol=1e-9)
    np.testing.assert_allclose(found[3, places["larm"]], (0, 6, 8), atol=1e-9)


def bone(**changed):
    keys = dict(zip(("parent", "direction", "length", "axis", "dof"), BONES["larm"], strict=True)) | changed
    return BONES | {"larm": tuple(keys.values())}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "has no :root with its order: expected an Acclaim skeleton"),
        (asf(length="x"), "line 6: the length must be a finite number, found 'x'"),
        (asf(length="0"), "the length unit must be positive, found 0"),
        (asf(angle="turns"), "the angle unit must be deg or rad, found 'turns'"),
        (asf(order="TX TX"), "order must be different of tx, ty, tz, rx, ry, rz, found 'TX TX'"),
        (asf(root="  position 0 1 0"), "the position of the root must be 0 0 0"),
        (asf(root="  orientation 0 90 0"), "the orientation of the root must be 0 0 0"),
        (asf(bone(direction="1 0")), "the direction of bone 'larm' must be 3 finite numbers, found '1 0'"),
        (asf(bone(length="1e9")), "bone 'larm' has the length 1e.09 and the direction"),
        (asf(bone(axis="0 0 0")), "the axis of bone 'larm' must be three angles and their order such as XYZ"),
        (asf(bone(dof="rx tx")), "dof of bone 'larm' must be different of rx, ry, rz, found 'rx tx'"),
        (asf(bone(parent="larm")), "bone 'larm' does not hang on the root"),
        (asf(bone(parent="tail")), "the hierarchy names the unknown bone 'tail'"),
        (asf(more=":hierarchy\nroot larm"), "bone 'larm' hangs on two bones"),
        (asf().replace("    back head larm rarm\n", ""), "bone 'head' is not in the hierarchy"),
        (asf().replace("name head", "name back"), "bone 'back' occurs twice"),
        (asf().replace("name head", "name"), "a bone has no name"),
    ],
)
def test_mistakes(text, message):
    with pytest.raises(DataError, match=f"'a.asf'.*{message}"):
        parse(text)


def test_other_bytes():
    with pytest.raises(DataError, match="'a.asf' is not a text file in UTF-8"):
        AsfSkeleton.parse(b"\xff\xfe", "a.asf")
    with pytest.raises(DataError, match="more than 1000 bones"):
        parse(asf({f"b{i}": ("root", "0 1 0", 1, "0 0 0 XYZ", "") for i in range(1001)}))
