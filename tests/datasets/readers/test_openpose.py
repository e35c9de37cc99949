import json

import numpy as np
import pytest

from skgraph.data import SkeletonStore
from skgraph.datasets.preparation.write_store import write_store
from skgraph.datasets.readers.openpose import read_openpose
from skgraph.errors import ConfigError, DataError


def person(x, y=100.0, confidence=0.9, joints=25, **more):
    """Somebody whose joints stand one below the other, 10 pixels apart."""
    flat = [value for v in range(joints) for value in (x, y + 10 * v, confidence)]
    return {"person_id": [-1], "pose_keypoints_2d": flat, "face_keypoints_2d": [], **more}


def save(folder, frames, video="clip"):
    """`frames` by number, each a list of people."""
    folder.mkdir(exist_ok=True)
    for number, people in frames.items():
        content = people if isinstance(people, str) else json.dumps({"version": 1.3, "people": people})
        (folder / f"{video}_{number:012d}_keypoints.json").write_text(content)


@pytest.fixture
def folder(tmp_path):
    """'walk' has two people who change places in the lists, and a frame without a file; 'wait' has one person."""
    save(tmp_path / "walk", {7: [person(0), person(400)], 8: [person(402), person(2)], 10: [person(6)], 11: []})
    save(tmp_path / "wait", {0: [person(5, confidence=0.5)]})
    (tmp_path / "labels.csv").write_text("name,label,subject\nwalk,go,1\nwait,stay,2\n")
    return tmp_path


def test_reads(folder):
    raw = read_openpose(folder)
    assert (raw.name, raw.class_names, raw.y.tolist()) == (["walk", "wait"], ["go", "stay"], [0, 1])
    assert (raw.units, raw.fps, raw.topology.name, raw.subject.tolist()) == ("px", 30, "openpose_25", [1, 2])
    walk, wait = raw.clips()
    assert walk.joints.shape == (2, 5, 25, 2) and walk.joints.dtype == np.float32
    assert walk.frame_mask.tolist() == [[True, True, False, True, False], [True, True, False, False, False]]
    assert walk.joints[0, :, 0, 0].tolist() == [0, 2, 0, 6, 0]
    assert walk.joints[1, :2, 0].tolist() == [[400, -100], [402, -100]]  # y is up
    assert wait.joints[0, 0, 24].tolist() == [5, -340]
    assert (wait.confidence == 0.5).all()


def test_joints_that_were_not_found_are_filled_in(folder):
    lost = person(4)
    lost["pose_keypoints_2d"][:3] = [0, 0, 0]  # Nose
    lost["pose_keypoints_2d"][3:6] = [999, 999, 0.04]  # Neck
    save(folder / "wait", {0: [person(0)], 1: [lost], 2: [person(8)]})
    clip = list(read_openpose(folder).clips())[1]
    assert clip.joints[0, :, :2].tolist() == [[[0, -100], [0, -110]], [[4, -100], [4, -110]], [[8, -100], [8, -110]]]
    assert clip.confidence[0, 1, :3].tolist() == [0, 0, np.float32(0.9)]
    clip = list(read_openpose(folder, min_confidence=0.01).clips())[1]
    assert clip.joints[0, 1, 1].tolist() == [999, -999]


def test_store(folder, tmp_path):
    written = write_store(read_openpose(folder), tmp_path / "store")
    store = SkeletonStore.open(written.path)
    assert (store.meta["units"], store.num_clips, store.max_bodies) == ("px", 2, 2)
    assert store.meta["preprocessing"] == "y negated; joints below confidence 0.05 filled in; at most 2 bodies"
    assert store.clip(0).joints[1, 1, 0].tolist() == [402, -100]
    assert store.clip(0).frame_mask[1].tolist() == [True, True, False, False, False]


def test_a_clip_without_anybody_is_left_out(folder, tmp_path):
    save(folder / "empty", {0: [], 1: []})
    written = write_store(read_openpose(folder, labelled=False), tmp_path / "store")
    assert written.excluded == {"nobody in it": ["empty"]}


def test_identities_of_openpose_are_kept(folder):
    swap = {0: [person(0, person_id=[4]), person(400, person_id=[2])], 1: [person(0, person_id=[2])]}
    save(folder / "wait", swap)
    clip = list(read_openpose(folder).clips())[1]
    assert clip.joints[0, :, 0, 0].tolist() == [400, 0]


def test_videos_in_one_folder(tmp_path):
    for video, x in (("walk-1", 0), ("wait", 50)):
        save(tmp_path, {3: [person(x)], 5: [person(x + 1)]}, video=video)
    (tmp_path / "labels.csv").write_text("name,label\nwalk-1,go\nwait,stay\n")
    raw = read_openpose(tmp_path)
    assert (raw.name, raw.class_names, raw.y.tolist()) == (["walk-1", "wait"], ["go", "stay"], [0, 1])
    walk, wait = raw.clips()
    assert walk.frame_mask.tolist() == [[True, False, True]]
    assert (walk.joints[0, 2, 0, 0], wait.joints[0, 2, 0, 0]) == (1, 51)
    (tmp_path / "labels.csv").write_text("name,label\nwalk-1,go\nrun,go\n")
    with pytest.raises(DataError, match="1 clips of '.*labels.csv' have no folder in '.*': run"):
        read_openpose(tmp_path)


def test_one_video_needs_no_labels(tmp_path):
    save(tmp_path / "walk", {3: [person(0)]}, video="")  # as OpenPose names frames of an image folder
    raw = read_openpose(tmp_path / "walk")
    assert (raw.name, raw.class_names, next(raw.clips()).joints.shape) == (["walk"], ["unlabelled"], (1, 1, 25, 2))
    assert read_openpose(tmp_path).name == ["walk"]


def test_names_of_other_programs(tmp_path):
    for number in (4, 6):
        text = json.dumps({"people": [person(number)]})
        for camera in ("cam1", "cam2"):
            (tmp_path / camera).mkdir(exist_ok=True)
            (tmp_path / camera / f"{camera}.000{number}.json").write_text(text)  # as in Pose2Sim
    (tmp_path / "calibration.json").write_text("{}")
    cameras, camera = read_openpose(tmp_path, labelled=False), read_openpose(tmp_path / "cam2")
    assert (cameras.name, camera.name) == (["cam1", "cam2"], ["cam2"])
    for clip in (*cameras.clips(), *camera.clips()):
        assert clip.joints[0, :, 0, 0].tolist() == [4, 0, 6]


def test_one_frame(tmp_path):
    save(tmp_path, {3: [person(7)]})
    raw = read_openpose(tmp_path / "clip_000000000003_keypoints.json")
    assert (raw.name, next(raw.clips()).joints[0, :, 0, 0].tolist()) == (["clip_000000000003"], [7])


def test_models(folder):
    old = person(3, joints=18)
    old = {"pose_keypoints": old["pose_keypoints_2d"]}  # before version 1.1
    save(folder / "wait", {0: [old]})
    save(folder / "walk", {7: [person(0, joints=18)], 8: [], 10: [], 11: []})
    assert read_openpose(folder).topology.name == "openpose_18"  # of the first person
    raw = read_openpose(folder, topology="openpose_18", unit="normalised", max_bodies=1)
    assert [clip.joints.shape for clip in raw.clips()] == [(1, 5, 18, 2), (1, 1, 18, 2)]
    assert raw.units == "normalised"


@pytest.mark.parametrize(
    "content, message",
    [
        ('{"people": [', "clip_000000000000_keypoints.json' is not a complete JSON file"),
        ("[]", "000_keypoints.json' must be an object, found a list of 0"),
        ('{"bodies": []}', "lacks the key 'people'; it has 'bodies'"),
        ('{"people": {"0": 1}}', "people must be a list, found an object of 1"),
        ('{"people": [7]}', "person 0 must be an object, found 7"),
        ('{"people": [{"a": 1}]}', "person 0 lacks the key 'pose_keypoints_2d'; it has 'a'"),
        ('{"people": [{"pose_keypoints_2d": "1,2,3"}]}', "pose_keypoints_2d must be a list, found the text '1,2,3'"),
        (
            [person(0), person(0, joints=18)],
            "person 1: .* must have 75 numbers, .* found 54: say topology=openpose_18",
        ),
        ([person(0, joints=15)], "must have 75 numbers, x, y and confidence of the 25 joints, found 45$"),
        ([person("left")], "person 0: pose_keypoints_2d: number 0 is the text 'left'"),
        ([person(1e300)], r"frame 0, person 0: joint 'Nose' is at \[1e\+300, 100.0\]"),
        ([person(float("nan"))], "NaN is not JSON; expected null"),
        ([person(0, confidence=90)], "joint 'Nose' has the confidence 90, expected 0 to 1"),
        ([person(0, person_id=3)], "person_id must be a list of one whole number, found 3"),
        ([person(0, person_id=[3])] * 2, "frame 0, person 1 has the identity 3, as another person of the frame"),
    ],
)
def test_bad_files(folder, content, message):
    save(folder / "wait", {0: content})
    with pytest.raises(DataError, match=message):
        list(read_openpose(folder).clips())


@pytest.mark.parametrize(
    "names, message",
    [
        ([], "wait' holds no file VIDEO_000000000000_keypoints.json"),
        (["a_keypoints.json"], "a_keypoints.json' has no frame number in its name"),
        (
            ["a_01_keypoints.json", "b_02_keypoints.json"],
            "holds the frames of 2 videos, expected one in a sub-folder: 'a', 'b'",
        ),
        (["a_1_keypoints.json", "a_01_keypoints.json"], "a_1_keypoints.json' has the frame number of 'a_01_keypoints"),
        (["a_1_keypoints.json", "a_999999999999_keypoints.json"], "has frames 1 to 999999999999, expected"),
    ],
)
def test_bad_names(folder, names, message):
    for path in (folder / "wait").iterdir():
        path.unlink()
    for name in names:
        (folder / "wait" / name).write_text(json.dumps({"people": [person(0)]}))
    with pytest.raises(DataError, match=message):
        list(read_openpose(folder).clips())


def test_a_folder_where_a_file_should_be(folder):
    (folder / "wait" / "clip_000000000001_keypoints.json").mkdir()
    with pytest.raises(DataError, match="is a folder, expected a file"):
        list(read_openpose(folder).clips())


def test_bad_options(folder):
    with pytest.raises(ConfigError, match="are 2D, topology 'ntu_rgbd' is 3D"):
        read_openpose(folder, topology="ntu_rgbd")
    with pytest.raises(ConfigError, match="max_bodies must be a whole number, 1 or more, found 0"):
        read_openpose(folder, max_bodies=0)
    with pytest.raises(ConfigError, match="found 'yard'"):
        read_openpose(folder, unit="yard")


def test_damage_gives_a_data_error_or_a_clip(folder):
    path = folder / "wait" / "clip_000000000000_keypoints.json"
    content, generator = path.read_bytes(), np.random.default_rng(0)
    for _ in range(50):
        damaged = bytearray(content)
        for _ in range(generator.integers(1, 4)):
            damaged[generator.integers(len(damaged))] = generator.integers(256)
        path.write_bytes(bytes(damaged[: generator.integers(1, 2 * len(damaged))]))
        try:
            clip = list(read_openpose(folder).clips())[1]
        except DataError:
            continue
        assert clip.excluded or np.isfinite(clip.joints).all()
