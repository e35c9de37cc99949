import json

import numpy as np
import pytest

from skgraph.data import SkeletonStore
from skgraph.datasets.preparation.write_store import write_store
from skgraph.datasets.readers.mediapipe import read_mediapipe
from skgraph.errors import ConfigError, DataError
from skgraph.topology import Topology

JOINTS = Topology.load("mediapipe_33").joints
RIGHT = JOINTS.index("right_wrist")


def person(x=0.0, visibility=0.9):
    """Somebody 1.6 m tall, who faces the camera with the right hand, left in the image, at x - 0.5 and z -0.2."""
    pose = [{"x": x, "y": -0.8 + 0.05 * v, "z": 0.1, "visibility": visibility} for v in range(33)]
    pose[RIGHT] |= {"x": x - 0.5, "z": -0.2}
    return pose


def read(folder, content, name="clip.json", **options):
    """The only clip of a folder, from a JSON value or a text."""
    (folder / name).write_text(content if isinstance(content, str) else json.dumps(content))
    return next(read_mediapipe(folder, labelled=False, **options).clips())


def table(columns, frames):
    """A CSV of frames, values by number."""
    lines = [",".join(map(str, line)) for line in (("frame", *columns), *((t, *v) for t, v in frames.items()))]
    return "\n".join(lines) + "\n"


def flat(pose, keys="xyz"):
    return [landmark[key] for landmark in pose for key in keys]


def test_world_landmarks(tmp_path):
    clip = read(tmp_path, [None, person(0.1), [], person(0.2)])
    assert clip.joints.shape == (1, 4, 33, 3) and clip.joints.dtype == np.float32
    assert clip.frame_mask.tolist() == [[False, True, False, True]]
    # Kinect's axes: y up, z away from the camera, and x to its left, where the right hand of a person is who faces it.
    np.testing.assert_allclose(clip.joints[0, 1, 0], [-0.1, 0.8, 0.1], rtol=1e-6)
    np.testing.assert_allclose(clip.joints[0, 1, RIGHT], [0.4, 0.8 - 0.05 * RIGHT, -0.2], rtol=1e-5)
    np.testing.assert_allclose(clip.confidence[0, :, 5], [0, 0.9, 0, 0.9])


def test_image_landmarks(tmp_path):
    (tmp_path / "clip.json").write_text(json.dumps([person(0.1)]))
    raw = read_mediapipe(tmp_path, labelled=False, world=False)
    assert (raw.topology.name, raw.topology.dim, raw.units) == ("mediapipe_33_2d", 2, "normalised")
    np.testing.assert_allclose(next(raw.clips()).joints[0, 0, 0], [0.1, 0.8], rtol=1e-6)


def test_several_people(tmp_path):
    clip = read(tmp_path, {"frames": [[person(0), person(2)], [person(2.1), person(0.1)], [person(2.2)]], "fps": 30})
    assert clip.frame_mask.tolist() == [[True, True, True], [True, True, False]]
    np.testing.assert_allclose(clip.joints[0, :, 0, 0], [-2, -2.1, -2.2], rtol=1e-6)


def test_one_person_is_one_body(tmp_path):
    assert read(tmp_path, [person(0), person(99)]).frame_mask.tolist() == [[True, True]]
    assert read(tmp_path, [[person(0)], [], [person(99)]]).frame_mask.tolist() == [[True, False, True]]
    assert len(read(tmp_path, [[person(0), person(5)], [person(99)]], max_bodies=3).joints) == 3


def test_visibility(tmp_path):
    pose = person()
    pose[1] |= {"x": 9.0, "visibility": 0.0}  # hidden, and placed all the same
    del pose[2]["visibility"]
    pose[3] |= {"x": None}
    clip = read(tmp_path, [pose])
    assert clip.confidence[0, 0, :4].tolist() == [np.float32(0.9), 0, 1, 0]
    assert clip.joints[0, 0, 1, 0] == -9
    assert clip.joints[0, 0, 3].tolist() == clip.joints[0, 0, 2].tolist()  # where its parent is
    clip = read(tmp_path, [pose], min_confidence=0.1)
    assert clip.joints[0, 0, 1].tolist() == clip.joints[0, 0, 0].tolist()


def test_csv(tmp_path):
    columns = [f"{axis}{v}" for v in range(33) for axis in "xyzv"]
    lines = table(columns, {t: flat(person(0.1 * t), ("x", "y", "z", "visibility")) for t in (3, 4, 6)})
    lines += "7" + "," * len(columns) + "\n8" + ",0" * len(columns) + "\n"  # nobody found
    clip = read(tmp_path, lines, name="clip.csv")
    assert clip.frame_mask.tolist() == [[True, True, False, True, False, False]]
    np.testing.assert_allclose(clip.joints[0, :, 0, 0], [-0.3, -0.4, 0, -0.6, 0, 0], rtol=1e-6)
    np.testing.assert_allclose(clip.joints[0, 0, RIGHT], [0.2, 0.8 - 0.05 * RIGHT, -0.2], rtol=1e-4)
    assert clip.confidence[0, :, 0].tolist() == [np.float32(c) for c in (0.9, 0.9, 0, 0.9, 0, 0)]


def test_json_lines(tmp_path):
    frames = [{"frame": 2, "pose_world_landmarks": person(0.1)}, {"frame": 4, "pose_world_landmarks": person(0.2)}]
    clip = read(tmp_path, "\n".join(map(json.dumps, frames)) + "\n", name="clip.jsonl")
    assert clip.frame_mask.tolist() == [[True, False, True]]
    np.testing.assert_allclose(clip.joints[0, [0, 2], 0, 0], [-0.1, -0.2], rtol=1e-6)


def in_image(hips):
    """Somebody in an image, of whom x and y are fractions of its size, and z counts from the hips."""
    pose = [{"x": 0.5, "y": 0.1 + 0.02 * v, "z": -0.3} for v in range(33)]
    pose[0]["x"] = -0.01  # beside the image
    for v, z in ((23, 0.1), (24, -0.1)):
        pose[v] |= {"x": hips[0], "y": hips[1], "z": z}
    return pose


def test_image_landmarks_are_no_world_landmarks(tmp_path):
    for hips in ((0.35, 0.49), (0.5, 1.5)):
        found = f"image landmarks, not world landmarks: its hips are at {hips[0]:.2f}, {hips[1]:.2f} in the median"
        with pytest.raises(DataError, match=found + ", not at the origin; say world=false"):
            read(tmp_path, [in_image(hips)] * 3, world=True)
    assert read(tmp_path, [in_image((0, 0.01))]).joints.shape == (1, 1, 33, 3)
    for part in ([{"id": 11, "x": 0.4, "y": 0.3, "z": -0.1}], [{"x": 0.1, "y": 0.2, "z": 0.3}] * 33):
        with pytest.raises(DataError, match="clip.json' has image landmarks, .*: none is above or left of 0, 0; say"):
            read(tmp_path, [part], world=True)
    flat = [[{"x": 0.1, "y": 0.2}] * 33]
    with pytest.raises(DataError, match="clip.json' has landmarks without z, which are in the image: say world=false"):
        read(tmp_path, flat, world=True)
    assert read(tmp_path, flat, world=False).joints.shape == (1, 1, 33, 2)


def test_the_first_clip_decides_between_world_and_image(tmp_path):
    both = {"pose_landmarks": in_image((0.5, 0.5)), "pose_world_landmarks": person(0.1)}
    for content, dim in (([both], 3), ([[]], 3), ([in_image((0.5, 0.5))], 2), ([{"pose_landmarks": person()}], 2)):
        (tmp_path / "a.json").write_text(json.dumps(content))
        raw = read_mediapipe(tmp_path, labelled=False)
        assert (raw.topology.dim, raw.units) == (dim, "m" if dim == 3 else "normalised")
    (tmp_path / "b.json").write_text(json.dumps([{"pose_world_landmarks": person(0.1)}]))
    raw = read_mediapipe(tmp_path, labelled=False)  # image landmarks, as in a.json
    with pytest.raises(DataError, match="b.json', frame 0 has world landmarks only: say world=true"):
        list(raw.clips())
    assert read_mediapipe(tmp_path / "b.json").topology.dim == 3


def test_a_landmark_at_the_origin_was_not_found(tmp_path):
    pose = person()
    pose[3] |= {"x": 0, "y": 0.0, "z": 0}
    clip = read(tmp_path, [pose, [{"x": 0, "y": 0, "z": 0}] * 33])
    assert clip.frame_mask.tolist() == [[True, False]]
    assert clip.confidence[0, 0, 3] == 0
    assert clip.joints[0, 0, 3].tolist() == clip.joints[0, 0, 2].tolist()  # where its parent is


def test_the_table_of_labels_is_no_clip(tmp_path):
    columns = [f"{axis}{v}" for v in range(33) for axis in "xyz"]
    for name in ("a", "b"):
        (tmp_path / f"{name}.csv").write_text(table(columns, {0: flat(person()), 1: flat(person())}))
    (tmp_path / "labels.csv").write_text("name,label\na,sit\nb.csv,stand\n")
    assert read_mediapipe(tmp_path).name == ["a", "b"]
    assert read_mediapipe(tmp_path, labelled=False).name == ["a", "b"]
    (tmp_path / "labels.csv").rename(tmp_path / "mine.csv")
    assert read_mediapipe(tmp_path, labels=tmp_path / "mine.csv").class_names == ["sit", "stand"]


def test_store(tmp_path):
    clips = tmp_path / "clips"
    clips.mkdir()
    for name in "abcd":
        (clips / f"{name}.json").write_text(json.dumps({"fps": 29.97002997, "frames": [person(), person(0.01)]}))
    (clips / "labels.csv").write_text("name,label\na,sit\nb,sit\nc,stand\nd,stand\n")
    store = SkeletonStore.open(write_store(read_mediapipe(clips, fps=29.97), tmp_path / "store").path)
    assert (store.meta["units"], store.topology.name, store.num_clips) == ("m", "mediapipe_33", 4)
    assert store.meta["preprocessing"] == "x and y negated; at most 2 bodies"
    np.testing.assert_allclose(store.clip(0).joints[0, 1, 0], [-0.01, 0.8, 0.1], rtol=1e-6)


def changed(v, landmark):
    pose = person()
    pose[v] = landmark
    return pose


@pytest.mark.parametrize(
    "content, message",
    [
        ('[[{"x": 1', "clip.json' is not a complete JSON file"),
        ("7", "clip.json' must be a list of frames such as .*, found 7"),
        ({"fps": 30}, "clip.json', frame 0 has no landmarks: expected frames such as .*, found 'fps'"),
        ({"fps": 25, "frames": []}, "clip.json' has 25 frames a second, expected 30: say fps=25"),
        ({"metadata": {"fps": 25}, "frames": []}, "clip.json' has 25 frames a second, expected 30: say fps=25"),
        ({"fps": "fast", "frames": []}, "fps must be a number above 0, found the text 'fast'"),
        ({"fps": 10**400, "frames": []}, "fps must be a number above 0, found a huge whole number"),
        ([person()[:32]], "clip.json', frame 0 must have the 33 landmarks of the topology, .*, found 32"),
        ([changed(2, 7)], "frame 0: a landmark must have x and y, or be a list of 2 to 4 numbers, found 7"),
        ([{"frame": 3, "landmarks": []}] * 2, "clip.json' has frame 3 twice"),
        ([changed(0, {"x": 1e39, "y": 2, "z": 3})], r"joint 'nose' is at \[1e\+39, 2.0, 3.0\]"),
        (
            [changed(0, {"x": 1, "y": 2, "z": 3, "visibility": 50})],
            "joint 'nose' has the confidence 50, expected 0 to 1",
        ),
    ],
)
def test_bad_json(tmp_path, content, message):
    with pytest.raises(DataError, match=message):
        read(tmp_path, content)


HEADER = "frame," + ",".join(f"{axis}{v}" for v in range(33) for axis in "xyz")
CELLS = ",1" * 98


@pytest.mark.parametrize(
    "content, message",
    [
        ("frame,x0,y0\n", "clip.csv' lacks the columns nose_z, left_eye_inner_x, left_eye_inner_y and 94 more"),
        (f"{HEADER}\n1e300,1{CELLS}\n", "has the frame a huge whole number, expected 0 or more"),
        (f"{HEADER}\n0,inf{CELLS}\n", r"frame 0, person 0: joint 'nose' is at \[inf, 1.0\]"),
    ],
)
def test_bad_csv(tmp_path, content, message):
    with pytest.raises(DataError, match=message):
        read(tmp_path, content, name="clip.csv")


def test_bad_folders_and_options(tmp_path):
    with pytest.raises(DataError, match="no folder at '.*nowhere'"):
        read_mediapipe(tmp_path / "nowhere")
    (tmp_path / "a.json").write_text("[]")
    with pytest.raises(ConfigError, match="world landmarks are 3D, topology 'coco_17' is 2D: say world=false"):
        read_mediapipe(tmp_path, topology="coco_17", labelled=False, world=True)
    (tmp_path / "b.csv").write_text("frame")
    with pytest.raises(DataError, match="holds .json and .csv files, expected clips of one kind"):
        read_mediapipe(tmp_path, labelled=False)
