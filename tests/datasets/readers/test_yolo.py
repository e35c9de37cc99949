import json

import numpy as np
import pytest

from skgraph.data import SkeletonStore
from skgraph.datasets.preparation.write_store import write_store
from skgraph.datasets.readers.yolo import read_yolo
from skgraph.errors import ConfigError, DataError


def person(x, confidence=0.9, **more):
    """Somebody whose 17 joints stand one below the other, 10 pixels apart, from y 100."""
    keypoints = {"x": [x] * 17, "y": [100 + 10 * v for v in range(17)], "visible": [confidence] * 17}
    box = {"x1": 0.0, "y1": 0.0, "x2": 9.0, "y2": 9.0}
    return {"name": "person", "class": 0, "confidence": 0.8, "box": box, "keypoints": keypoints, **more}


def line(x, *after, each=3):
    """A line of a label file; x is a share of the image's width."""
    joints = [[x, 0.1 + 0.05 * v, 0.9][:each] for v in range(17)]
    return " ".join(f"{value:g}" for value in (0, 0.5, 0.5, 0.2, 0.3, *np.ravel(joints), *after))


def read(folder, content, name="clip.json", **options):
    """The only clip of a folder, from a JSON value or a text."""
    (folder / name).write_text(content if isinstance(content, str) else json.dumps(content))
    return next(read_yolo(folder, labelled=False, **options).clips())


FRAMES = [[person(0), person(400)], [person(402), person(2)], [], [person(4)]]


@pytest.mark.parametrize(
    "content",
    [
        FRAMES,
        [json.dumps(frame) for frame in FRAMES],  # what `to_json` gives is a text
        {"frames": [{"results": frame} for frame in FRAMES]},
        [{"frame": 5 + i, "detections": frame} for i, frame in enumerate(FRAMES)],
        [*FRAMES[:2], None, FRAMES[3]],
    ],
)
def test_json(tmp_path, content):
    clip = read(tmp_path, content)
    assert clip.frame_mask.tolist() == [[True, True, False, True], [True, True, False, False]]
    assert clip.joints[0, :, 0, 0].tolist() == [0, 2, 0, 4]
    assert clip.joints[1, 1, 16].tolist() == [402, -260]  # y is up
    (tmp_path / "clip.json").unlink()
    lines = "\n".join(map(json.dumps, content["frames"] if isinstance(content, dict) else content))
    np.testing.assert_array_equal(read(tmp_path, lines, name="clip.jsonl").joints, clip.joints)


def test_one_frame(tmp_path):
    assert read(tmp_path, FRAMES[0]).joints.shape == (2, 1, 17, 2)
    assert read(tmp_path, {"results": FRAMES[0]}).joints.shape == (2, 1, 17, 2)
    assert read(tmp_path, []).excluded == "nobody in it"
    assert read_yolo(tmp_path / "clip.json").name == ["clip"]


def test_track_ids_and_models_without_visibility(tmp_path):
    people = [[person(0, track_id=8), person(400, track_id=3)], [person(400, track_id=8)]]
    for frame in people:
        for one in frame:
            del one["keypoints"]["visible"]
    clip = read(tmp_path, people, max_bodies=1)
    assert clip.joints[0, :, 0, 0].tolist() == [0, 400] and (clip.confidence == 1).all()


def test_joints_at_the_origin_were_not_found(tmp_path):
    hidden = person(5)
    hidden["keypoints"]["x"][3] = hidden["keypoints"]["y"][3] = 0
    hidden["keypoints"]["visible"][3] = 0.4
    clip = read(tmp_path, [[hidden]])
    assert clip.confidence[0, 0, 3] == 0 and clip.joints[0, 0, 3, 0] == 5


def test_texts(tmp_path):
    texts = {"a_3": line(0.2), "a_5": line(0.21), "b_1": f"{line(0.5)}\n{line(0.8)}\n{line(0.5)}\n"}
    for name, text in texts.items():
        (tmp_path / f"{name}.txt").write_text(text)
    raw = read_yolo(tmp_path, labelled=False)
    assert (raw.name, raw.units, read_yolo(tmp_path, unit="px", labelled=False).units) == (
        ["a", "b"],
        "normalised",
        "px",
    )
    first, second = raw.clips()
    assert first.frame_mask.tolist() == [[True, False, True]]
    np.testing.assert_allclose(first.joints[0, [0, 2], 16], [[0.2, -0.9], [0.21, -0.9]], rtol=1e-6)
    assert second.joints[:, 0, 0, 0].tolist() == [np.float32(0.5), np.float32(0.8)]  # the third line is the first again
    frame = read_yolo(tmp_path / "a_3.txt")
    assert (frame.name, frame.units, next(frame.clips()).joints.shape) == (["a_3"], "normalised", (1, 1, 17, 2))


@pytest.mark.parametrize("after", [[(7,), (4,)], [(0.87, 7), (0.85, 4)]])
@pytest.mark.parametrize("each", [2, 3])
def test_identities_in_texts(tmp_path, after, each):
    (tmp_path / "a_0.txt").write_text(f"{line(0.2, *after[0], each=each)}\n{line(0.8, *after[1], each=each)}\n")
    (tmp_path / "a_1.txt").write_text(f"{line(0.2, *after[1], each=each)}\n")
    clip = next(read_yolo(tmp_path).clips())
    assert clip.frame_mask.tolist() == [[True, True], [True, False]]
    np.testing.assert_allclose(clip.joints[0, :, 0, 0], [0.8, 0.2], rtol=1e-6)


def test_confidences_in_texts(tmp_path):
    (tmp_path / "a_0.txt").write_text(f"{line(0.2, 0.87)}\n{line(0.8, 0.87)}\n")
    assert next(read_yolo(tmp_path).clips()).joints.shape == (2, 1, 17, 2)


def test_store(tmp_path):
    clips = tmp_path / "clips"
    clips.mkdir()
    for name, x in (("a", 1), ("b", 2)):
        (clips / f"{name}.json").write_text(json.dumps([[person(x)], [person(x)]]))
    (clips / "labels.csv").write_text("name,label,split\na,sit,train\nb,stand,test\n")
    store = SkeletonStore.open(write_store(read_yolo(clips, fps=25.0), tmp_path / "store").path)
    assert (store.class_names, store.meta["fps"], store.meta["units"]) == (["sit", "stand"], 25, "px")
    assert store.clip(1).joints[0, 1, 16].tolist() == [2, -260]


def changed(**keypoints):
    return [[person(0) | {"keypoints": person(0)["keypoints"] | keypoints}]]


@pytest.mark.parametrize(
    "content, message",
    [
        ("[{]", "clip.json' is not a complete JSON file"),
        ("7", r"clip.json' must be \[\[\{\"keypoints\": .*, a list for each frame, found 7"),
        ([7], "clip.json', frame 0 must be a list, found 7"),
        (["[7"], "clip.json', frame 0 is not complete JSON: Expecting"),
        ({"fps": 3}, "frame 0 has none of results, detections, predictions, people: expected .*; found 'fps'"),
        ([{"frame": "a", "results": []}], "frame 0: frame must be a whole number, found the text 'a'"),
        ([{"frame": 1, "results": []}] * 2, "clip.json' has frame 1 twice"),
        ([[3]], "frame 0, person 0 must be an object, found 3"),
        ([[{"box": {}}]], "frame 0, person 0 lacks the key 'keypoints'; it has 'box'"),
        ([[person(0) | {"keypoints": [[1, 2]]}]], "person 0: keypoints must be an object, found a list of 1"),
        ([[person(0) | {"keypoints": {"x": []}}]], "person 0: keypoints lacks the key 'y'; it has 'x'"),
        (changed(x=[1.0]), "person 0: keypoints must have 17 numbers, found 1"),
        (changed(visible=["x"] * 17), "person 0: keypoints: number 0 is the text 'x'"),
        (changed(x=[1e300] * 17), r"frame 0, person 0: joint 'nose' is at \[1e\+300, 100.0\]"),
        ([[person(0, track_id=1.5)]], "person 0: track_id must be a whole number, found 1.5"),
        ([[person(0, track_id=1)] * 2], "person 1 has the identity 1, as another person of the frame"),
    ],
)
def test_bad_json(tmp_path, content, message):
    with pytest.raises(DataError, match=message):
        read(tmp_path, content)


@pytest.mark.parametrize(
    "text, message",
    [
        (
            "0 0.5 0.5",
            "clip_1.txt', line '0 0.5 0.5...' has 3 numbers, expected 56: class, box, and x, y and visibility",
        ),
        (line(0.2, 1, 2, 3), "has 59 numbers, expected 56"),
        (line(0.2).replace("0.9", "sure", 1), "clip_1.txt', line '0 0.5 .*: could not convert"),
        (line(np.inf), r"frame 1, person 0: joint 'nose' is at \[inf, 0.1\]"),
    ],
)
def test_bad_texts(tmp_path, text, message):
    with pytest.raises(DataError, match=message):
        read(tmp_path, text, name="clip_1.txt")


def test_bad_options(tmp_path):
    with pytest.raises(ConfigError, match="the keypoints of YOLO are 2D, topology 'ntu_rgbd' is 3D"):
        read_yolo(tmp_path, topology="ntu_rgbd")
    with pytest.raises(DataError, match="no folder at '.*nowhere'"):
        read_yolo(tmp_path / "nowhere")
    for name in ("a.json", "a_1.txt"):
        (tmp_path / name).touch()
    with pytest.raises(DataError, match="holds .json and .txt files, expected clips of one kind"):
        read_yolo(tmp_path)
