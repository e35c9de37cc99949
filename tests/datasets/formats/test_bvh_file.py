import time

import numpy as np
import pytest

from skgraph.datasets.formats import bvh_file
from skgraph.datasets.formats.bvh_file import BvhFile
from skgraph.errors import DataError
from tests.datasets.bvh_files import BODY, ROOT_CHANNELS, bvh


@pytest.fixture
def opened(tmp_path):
    def open_text(text):
        (tmp_path / "clip.bvh").write_text(text, encoding="utf-8")
        return BvhFile.open(tmp_path / "clip.bvh")

    return open_text


def places(file, frame=0):
    """Rounded position of every joint in a frame, by name."""
    found = file.positions()[frame].round(6) + 0.0
    return {joint.name: place for joint, place in zip(file.joints, found.tolist(), strict=True)}


def test_header(opened):
    file = opened(bvh([{}, {}]))
    assert (file.frames, file.frame_time, len(file.joints)) == (2, 0.0083333, 16)
    assert [joint.name for joint in file.joints[:5]] == ["Hips", "Spine", "Head", "HeadEnd", "LeftArm"]
    assert [joint.parent for joint in file.joints[:5]] == [-1, 0, 1, 2, 1]
    assert file.joints[3].is_end and file.joints[3].channels == ()
    assert file.rest[[1, 3, 5]].tolist() == [[0, 50, 0], [0, 90, 0], [50, 50, 0]]


def test_nothing_turned(opened):
    found = places(opened(bvh([{"Hips": (1, 100, 2)}])))
    assert found["Hips"] == [1, 100, 2]
    assert found["LeftHand"] == [51, 150, 2]
    assert found["RightFootEnd"] == [-9, 20, 2]


def test_rotations_are_taken_in_the_order_of_the_channels(opened):
    # Rz(90) Rx(90) brings y to z; the other way round, y to -x.
    z_first = opened(bvh([{"Spine": (90, 90)}]))
    assert places(z_first)["Head"] == [0, 50, 30]
    x_first = opened(bvh([{"Spine": (90, 90)}], channels="3 Xrotation Zrotation Yrotation"))
    assert places(x_first)["Head"] == [-30, 50, 0]


def test_children_turn_with_their_parents(opened):
    # The body is turned about y, so that its left, +x, is at -z; the left arm is lowered to its side.
    found = places(opened(bvh([{"Hips": (0, 0, 0, 0, 0, 90), "LeftArm": (-90,)}])))
    assert found["LeftArm"] == [0, 50, -20]
    assert found["LeftHand"] == [0, 20, -20]


def test_position_channels_replace_coordinates_of_the_offset(opened):
    body = BODY | {"Hips": (None, "5 95 5")}
    assert places(opened(bvh([{"Hips": (0, 90, 0)}], body)))["Hips"] == [0, 90, 0]
    channels = "4 Xposition Zrotation Xrotation Yrotation"
    assert places(opened(bvh([{"Head": (7,), "Spine": (0, 90)}], channels=channels)))["Head"] == [-30, 57, 0]


def test_six_channels_mixed_in_any_order_and_case(opened):
    channels = "6 zROTATION XPOSITION Yrotation Yposition Xrotation Zposition"
    found = places(opened(bvh([{"Spine": (90, 1, 0, 2, 0, 3), "Head": (0, 0, 0, 30)}], channels=channels)))
    assert found["Spine"] == [1, 2, 3]
    assert found["Head"] == [-29, 2, 3]


def test_names_with_blanks_braces_on_the_line_and_windows_lines(opened):
    text = (
        "\ufeffhierarchy\nroot Bip01 Pelvis {\nOFFSET 0 0 0\nCHANNELS 3 Xposition Yposition Zposition\n"
        "JOINT Bip01 L Thigh{ OFFSET 1 2 3 CHANNELS 0 end site { OFFSET 0 0 1 } } }\n"
        "MOTION\nFrames:\t1\nFrame Time:\t.0333333\n\n1e1 2. -3\n\n"
    ).replace("\n", "\r\n")
    found = places(opened(text))
    assert found == {"Bip01 Pelvis": [10, 2, -3], "Bip01 L Thigh": [11, 4, 0], "Bip01 L ThighEnd": [11, 4, 1]}


def test_some_joints_and_frames(opened):
    frames = [{"Hips": (t, 0, 0)} for t in range(7)]
    found = opened(bvh(frames)).positions([2, 0], every=3)
    assert found.tolist() == [[[t, 80, 0], [t, 0, 0]] for t in (0, 3, 6)]
    assert opened(bvh()).positions().shape == (0, 16, 3)


def test_batches_are_put_together(opened, monkeypatch):
    frames = [{"Hips": (t, 0, 0), "Spine": (t,)} for t in range(25)]
    whole = opened(bvh(frames)).positions()
    monkeypatch.setattr(bvh_file, "_BATCH", 10)
    np.testing.assert_array_equal(opened(bvh(frames)).positions(), whole)


def test_against_scipy(opened):
    rotation = pytest.importorskip("scipy.spatial.transform").Rotation
    angles = np.random.default_rng(0).uniform(-720, 720, (8, 2, 3)).round(6)
    frames = [{"Spine": spine.tolist(), "LeftArm": arm.tolist()} for spine, arm in angles]
    found = opened(bvh(frames)).positions()[:, 5]
    spine, arm = (rotation.from_euler("ZXY", angles[:, i], degrees=True) for i in (0, 1))
    np.testing.assert_allclose(found, spine.apply([20, 0, 0]) + np.array([0, 50, 0]) + (spine * arm).apply([30, 0, 0]))


def test_bones_keep_their_lengths(opened):
    generator = np.random.default_rng(0)
    file = opened(bvh([{joint: generator.normal(0, 90, 3) for joint in BODY} for _ in range(5)]))
    child, parent = zip(*((i, joint.parent) for i, joint in enumerate(file.joints) if joint.parent >= 0), strict=True)
    found = file.positions()
    lengths = np.linalg.norm(found[:, child] - found[:, parent], axis=-1)
    np.testing.assert_allclose(lengths, np.tile(np.linalg.norm([file.joints[i].offset for i in child], axis=1), (5, 1)))


def test_ten_thousand_frames_take_less_than_seconds(opened):
    file = opened(bvh([{"Hips": (0.1, 0.2, 0.3), "Head": (1.5,)}] * 10_000))
    started = time.perf_counter()
    assert file.positions().shape == (10_000, 16, 3)
    assert time.perf_counter() - started < 5  # half a second on an idle machine


ONE = bvh([{"Hips": (1, 2, 3)}])


@pytest.mark.parametrize(
    "old, new, message",
    [
        ("HIERARCHY", "HIERARCHIE", "line 1: expected 'HIERARCHY', found 'HIERARCHIE'"),
        ("ROOT Hips", "JOINT Hips", "line 2: expected ROOT, found 'JOINT'"),
        ("ROOT Hips", "ROOT", "line 2: a joint has no name"),
        ("ROOT Hips\n{", "ROOT Hips\nOFFSET", "line 3: expected '{', found 'OFFSET'"),
        ("JOINT Spine", "ROOT Spine", "line 6: expected } or JOINT or END in joint 'Hips', found 'ROOT'"),
        ("JOINT LeftHand", "JOINT Head", "joint 'Head' occurs twice, first in line 10"),
        ("OFFSET 0 50 0", "OFFSET 0 fifty 0", "line 8: expected a finite number, found 'fifty'"),
        ("OFFSET 0 50 0", "OFFSET 0 nan 0", "line 8: expected a finite number, found 'nan'"),
        ("OFFSET 0 50 0", "OFFSET 0 1e999 0", "line 8: expected a finite number, found '1e999'"),
        ("OFFSET 0 50 0", "OFFSET 0 5_0 0", "line 8: expected a finite number, found '5_0'"),
        ("OFFSET 0 50 0", "OFFSET 0 \uff15\uff10 0", "line 8: expected a finite number, found '\uff15\uff10'"),
        ("OFFSET 0 50 0", "", "expected OFFSET or JOINT or END in joint 'Spine', found '}'"),
        (
            "OFFSET 0 50 0",
            "OFFSET 0 50 0 OFFSET 0 50 0",
            "line 8: expected } or CHANNELS or JOINT or END in joint 'Spine', found 'OFFSET'",
        ),
        (
            "OFFSET 0 50 0",
            "OFFSET 0 50 0 0",
            "line 8: expected } or CHANNELS or JOINT or END in joint 'Spine', found '0'",
        ),
        ("End Site", "End Effector", "line 14: expected 'End Site', found 'End Effector'"),
        ("End Site\n\t\t\t{", "End Site\n\t\t\t{\nJOINT Hat {", "expected OFFSET in joint 'HeadEnd', found 'JOINT'"),
        ("CHANNELS 3", "CHANNELS 12", "line 9: joint 'Spine' must have 0 to 6 channels, found '12'"),
        ("CHANNELS 3", "CHANNELS 2", "expected } or JOINT or END in joint 'Spine', found 'Yrotation'"),
        (
            "3 Zrotation",
            "3 Wrotation",
            "joint 'Spine' has the channel 'Wrotation', expected 3 different of Xposition, ",
        ),
        ("3 Zrotation", "3 Xrotation", "joint 'Spine' has the channel 'Xrotation', expected 3 different of"),
        (
            "CHANNELS 3",
            "CHANNELS 0 CHANNELS 3",
            "line 9: expected } or JOINT or END in joint 'Spine', found 'CHANNELS'",
        ),
        (
            "\t}\n}\nMOTION",
            "\t}\nCHANNELS 0\n}\nMOTION",
            "expected } or JOINT or END in joint 'Hips', found 'CHANNELS'",
        ),
        (
            f"CHANNELS {ROOT_CHANNELS}",
            "JOINT Tail { OFFSET 0 0 0 } CHANNELS 0",
            "expected } or JOINT or END in joint 'Hips', found 'CHANNELS'",
        ),
        ("MOTION", "}", "expected MOTION, found '}'"),
        ("MOTION", "", "expected MOTION, found 'Frames:'"),
        ("Frames: 1", "Frames: one", "expected 'Frames: ' and their number, found 'Frames: one'"),
        ("Frames: 1", "Frames: " + 400 * "9", "expected 'Frames: ' and their number"),
        ("Frame Time: 0.0083333", "Frame Time: 120", r"the frame time is 120 s, expected 0\.0001 to 10"),
        ("Frame Time: 0.0083333", "Frame Time: 0", "the frame time is 0 s, expected"),
        ("Frame Time: 0.0083333", "Frame Time: inf", "expected a finite number, found 'inf'"),
        ("Frames: 1", "Frames: 2", "must have 2 frames by its header, found 1"),
        ("Frames: 1", "Frames: 0", "must have 0 frames by its header, found 1"),
        ("1 2 3", "1 2", "line 80: a frame must be 36 numbers, found 35"),
        ("1 2 3", "1 2 three", "line 80: 'Hips Zposition' must be a finite number, found 'three'"),
        ("1 2 3", "1 2 3_0", "line 80: 'Hips Zposition' must be a finite number, found '3_0'"),
        ("1 2 3", "1 NaN 3", "line 80: 'Hips Yposition' must be a finite number, found 'NaN'"),
        ("1 2 3", "1 2 3 1e308 0 1e308", "found 39"),
        ("OFFSET 0 30 0", "OFFSET 0 1.7e308 1.7e308", "line 80: the position of joint 'HeadEnd' is not finite"),
    ],
)
def test_bad_files(opened, old, new, message):
    text = ONE.replace("OFFSET 0 10 0", "OFFSET 0 1.7e308 0", 1) if "e308 1.7" in new else ONE
    assert old in text
    with pytest.raises(DataError, match=message):
        opened(text.replace(old, new, 1)).positions()


def test_files_that_are_none(opened, tmp_path):
    with pytest.raises(DataError, match="no file at '.*nothing.bvh': expected a BVH file"):
        BvhFile.open(tmp_path / "nothing.bvh")
    with pytest.raises(DataError, match="no file at"):
        BvhFile.open(tmp_path)
    with pytest.raises(DataError, match="ends after line 0, expected 'HIERARCHY'"):
        opened("")
    with pytest.raises(DataError, match=r"line 1: longer than 1048576 characters, expected a text file"):
        opened("0 " * 600_000)
    (tmp_path / "bytes.bvh").write_bytes(ONE.encode().replace(b"Spine", b"\xff\xfe\x00"))
    with pytest.raises(DataError, match=r"'.*bytes.bvh' is not a text file in UTF-8"):
        BvhFile.open(tmp_path / "bytes.bvh")


def test_nested_too_deep(opened):
    deep = "HIERARCHY ROOT a\n" + "".join(f"{{ OFFSET 0 0 0 JOINT j{i}\n" for i in range(5000))
    with pytest.raises(DataError, match="line 1001: more than 1000 joints and End Sites"):
        opened(deep)


def test_a_file_that_changes(opened, tmp_path):
    file = opened(ONE)
    (tmp_path / "clip.bvh").write_text(ONE.replace("OFFSET 0 30 0", "OFFSET 0 40 0"))
    with pytest.raises(DataError, match="has changed since it was opened"):
        file.positions()


def test_damage_of_any_kind_is_a_data_error(opened, tmp_path):
    text = bvh([{"Hips": (t, 2, 3)} for t in range(3)])
    generator = np.random.default_rng(0)
    for _ in range(200):
        damaged = bytearray(text.encode())
        for _ in range(generator.integers(1, 4)):
            start = int(generator.integers(len(damaged)))
            damaged[start : start + int(generator.integers(20))] = generator.bytes(int(generator.integers(5)))
        (tmp_path / "damaged.bvh").write_bytes(damaged)
        try:
            assert np.isfinite(BvhFile.open(tmp_path / "damaged.bvh").positions()).all()
        except DataError:
            pass


def test_a_line_of_a_million_words_takes_no_time(opened):
    text = bvh().replace("ROOT Hips", "ROOT Hips" + " a" * 400_000)
    with pytest.raises(DataError, match="line 2: the name of a joint has 800004 characters, expected at most 200"):
        opened(text)
    with pytest.raises(DataError, match="line 3: expected OFFSET or CHANNELS .*, found 'x'"):
        opened(bvh().replace("{", "{ x" + " x" * 400_000, 1))
