import numpy as np
import pytest

from skgraph.datasets.formats.landmarks.json_tree import LandmarkTree
from skgraph.errors import DataError

JOINTS = ["nose", "left_eye", "right_eye"]


def person(x=0.0, **more):
    return [{"x": x + v, "y": v, "z": -v, "visibility": 0.9, **more} for v in range(3)]


def frames(content, world=True):
    return list(LandmarkTree(content, JOINTS, world, "'clip.json'").frames())


def xs(content, world=True):
    """The number of each frame, and x of the first landmark of its people."""
    return [(number, [float(person[0, 0]) for person in people]) for number, people in frames(content, world)]


def test_a_person():
    ((number, (found,)),) = frames([person(5)])
    assert number == 0
    np.testing.assert_array_equal(found, [[5, 0, 0, 0.9], [6, 1, -1, 0.9], [7, 2, -2, 0.9]])


TWO = [(0, [1.0]), (1, [2.0])]
NAMED = {"NOSE": {"x": 1, "y": 0, "z": 0}, "LeftEye": {"x": 2, "y": 0, "z": 0}, "right eye": [3, 0, 0]}


@pytest.mark.parametrize(
    "content, expected",
    [
        ([person(1), person(2)], TWO),
        ([[person(1)], [person(2)]], TWO),
        ({"fps": 30, "frames": [person(1), person(2)]}, TWO),
        ({"metadata": {"fps": 30}, "data": {"frames": [{"landmarks": person(1)}, {"landmarks": person(2)}]}}, TWO),
        ({"landmarks": [person(1), person(2)]}, TWO),
        ({"pose_world_landmarks": [[person(1)], [person(2)]]}, TWO),
        ([{"pose_world_landmarks": {"landmark": person(1)}}, {"poseWorldLandmarks": person(2)}], TWO),
        ([{"timestamp": 3.5, "poses": [{"keypoints": person(1)}]}, {"pose": {"keypoints": person(2)}}], TWO),
        ([[{"keypoints": person(7), "keypoints3D": person(1)}], [{"keypoints3D": person(2)}]], TWO),
        ([[[1, 0, 0], [2, 0, 0], [3, 0, 0]], [[2, 0, 0, 0.5], [3, 0, 0, 0.5], [4, 0, 0, 0.5]]], TWO),
        ([NAMED, {"landmarks": {name: {"x": 2, "y": 0, "z": 0} for name in NAMED}}], TWO),
        ({"landmarks": person(1)}, [(0, [1.0])]),
        (person(1), [(0, [1.0])]),
        ({"pose_landmarks": person(7), "pose_world_landmarks": person(1)}, [(0, [1.0])]),
        ([[person(1), person(2)], [person(3)]], [(0, [1.0, 2.0]), (1, [3.0])]),
        ({"worldLandmarks": [[person(1), person(2)], []]}, [(0, [1.0, 2.0]), (1, [])]),
        ([{"frame": 4, "landmarks": person(1)}, {"frame_index": 9.0, "landmarks": None}], [(4, [1.0]), (9, [])]),
        ([None, [], {}, {"pose_world_landmarks": None, "pose_landmarks": None}], [(i, []) for i in range(4)]),
        ([], []),
        ({"frames": []}, []),
    ],
)
def test_shapes(content, expected):
    assert xs(content) == expected


def test_world_or_image():
    both = [{"pose_landmarks": person(1), "pose_world_landmarks": person(2)}]
    assert xs(both) == [(0, [2.0])] and xs(both, world=False) == [(0, [1.0])]
    assert xs([{"keypoints": person(1), "keypoints3D": person(2)}], world=False) == [(0, [1.0])]
    with pytest.raises(DataError, match="'clip.json', frame 0 has image landmarks only: say world=false"):
        frames([{"pose_landmarks": person()}])
    with pytest.raises(DataError, match="frame 0 has world landmarks only: say world=true"):
        frames([{"worldLandmarks": person()}], world=False)


def test_landmarks_by_name_or_number():
    for key, values in (("name", ["right_eye", "chin", "NOSE"]), ("id", [2, 17, 0]), ("id", ["2", "", "0"])):
        landmarks = [{**one, key: value} for one, value in zip(person(), values, strict=True)]
        (found,) = frames([landmarks])[0].people
        assert found[:, 0].tolist() == pytest.approx([2, np.nan, 0], nan_ok=True)
    assert xs([[{"index": 1, "x": 5, "y": 0}, {"index": 3, "x": 7, "y": 0}]]) == [(0, [5.0])]  # numbered from 1


def test_what_a_landmark_lacks():
    landmarks = [{"x": 1, "y": 2}, {"x": None, "y": 2, "z": 3, "score": 0.4}, None]
    (found,) = frames([landmarks])[0].people
    nan = np.nan
    np.testing.assert_array_equal(found, [[1, 2, nan, 1], [nan, 2, 3, 0.4], [nan] * 4])
    assert frames([[{"x": 1, "y": 2, "visibility": None}] * 3])[0].people[0][:, 3].tolist() == [1, 1, 1]


def deep(value, depth):
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    "content, message",
    [
        (7, r"'clip.json' must be a list of frames such as \[\[\{\"x\": 0.1, .*, found 7"),
        ("text", "must be a list of frames .*, found the text 'text'"),
        ({"fps": 30}, r"frame 0 has no landmarks: expected frames such as \[\[\{.*, found 'fps'"),
        ([0], r"frame 0 must be landmarks such as \[\{\"x\": 0.1, .*\}, ...\], found 0"),
        ([[person(), 3]], "frame 0 must be landmarks such as .*, found 3"),
        ([person()[:2]], "frame 0 must have the 3 landmarks of the topology, or a name or id in each, found 2"),
        ([person(name="nose")], "frame 0 has the landmark 'nose' twice"),
        ([person(name="chin")], "no landmark of the topology: the first name is the text 'chin'"),
        ([[*person()[:2], {"x": 1}]], "a landmark must have x and y, or be a list .*, found the keys x"),
        ([[*person()[:2], [1]]], "a landmark must have x and y, or be a list of 2 to 4 numbers, found a list of 1"),
        ([[*person()[:2], "x"]], "a landmark must have x and y, .*, found the text 'x'"),
        ([[*person()[:2], {"x": "1", "y": 2}]], "frame 0: number 8 is the text '1'"),
        ([{"frame": "one", "landmarks": person()}], "number of the frame must be a whole one, found the text 'one'"),
        ([{"frame": 0.5, "landmarks": person()}], "number of the frame must be a whole one, found 0.5"),
        (deep(person(), 40), "frame 0 is nested too deep to be landmarks"),
    ],
)
def test_bad_content(content, message):
    with pytest.raises(DataError, match=message):
        frames(content)
