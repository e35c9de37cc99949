import numpy as np
import pytest

from skgraph.datasets.preparation.pose_detections import PoseDetections, check_detection_options, detections_note
from skgraph.errors import ConfigError, DataError
from skgraph.topology import Topology

TOPOLOGY = Topology.from_dict(
    {
        "name": "stick",
        "dim": 2,
        "joints": {"hip": None, "left": "hip", "right": "hip"},
        "mirror": {"left": "right"},
        "parts": {"all": ["hip", "left", "right"]},
        "center": "hip",
    }
)
PERSON = np.array([[0.0, 0], [10, 5], [10, -5]])
SURE = np.array([0.9, 0.8, 0.7])


def test_clip():
    detections = PoseDetections("a", TOPOLOGY)
    detections.add(5, PERSON, SURE)
    detections.add(5, PERSON + 100, SURE / 2)
    detections.add(8, PERSON + 3, SURE)  # frames 6 and 7 are a gap
    detections.add(8, PERSON + 101, np.array([0.5, 0.04, 0]))
    clip = detections.to_clip((1, -1), max_bodies=2, min_confidence=0.05)
    assert clip.joints.shape == (2, 4, 3, 2) and clip.joints.dtype == np.float32
    assert clip.frame_mask.tolist() == [[True, False, False, True]] * 2
    assert clip.joints[0, 3].tolist() == [[3, -3], [13, -8], [13, 2]]
    # The joints that were not seen rest where they were.
    assert clip.joints[1, 3].tolist() == [[101, -101], [110, -105], [110, -95]]
    np.testing.assert_allclose(clip.confidence[:, 3], [[0.9, 0.8, 0.7], [0.5, 0, 0]], rtol=1e-6)
    assert not clip.confidence[:, 1].any()


def test_identities_are_kept_and_those_without_one_are_unknown():
    detections = PoseDetections("a", TOPOLOGY)
    for frame in range(3):
        detections.add(frame, PERSON, SURE, identity=12)
        detections.add(frame, PERSON + 100, SURE / 2)
    assert detections.to_clip((1, 1), 2, 0.05).identity.tolist() == [12, -1]


@pytest.mark.parametrize("frames, length", [(9, 25), (10, 10)])
def test_a_common_step_of_many_frames(frames, length):
    detections = PoseDetections("a", TOPOLOGY)
    for i in range(frames):
        detections.add(4 + 3 * i, PERSON + i, SURE)
    clip = detections.to_clip((1, 1), 2, 0.05)
    assert (clip.joints.shape[1], clip.joints[0, -1, 0].tolist()) == (length, [frames - 1, frames - 1])
    detections.add_frame(4 + 3 * frames + 1)
    assert detections.to_clip((1, 1), 2, 0.05).joints.shape[1] == 3 * frames + 2


def test_frames_without_anybody_are_part_of_the_clip():
    detections = PoseDetections("a", TOPOLOGY)
    for frame in (2, 3, 4):
        detections.add_frame(frame)
    assert detections.to_clip((1, 1), 2, 0.05).excluded == "nobody in it"
    detections.add(3, PERSON, np.zeros(3))
    assert detections.to_clip((1, 1), 2, 0).excluded == "nobody in it"
    detections.add(3, PERSON, SURE)
    assert detections.to_clip((1, 1), 2, 0.05).frame_mask.tolist() == [[False, True, False]]


def test_a_confidence_of_zero_may_be_one():
    detections = PoseDetections("a", TOPOLOGY, zero_is_missing=False)
    detections.add(0, PERSON, np.array([0, 0.5, 0]))
    detections.add(1, np.where([[True], [False], [True]], PERSON, np.nan), np.array([np.nan, 0.5, 1.5]))
    clip = detections.to_clip((1, 1), 2, 0)
    assert clip.joints[0, 0].tolist() == PERSON.tolist()
    assert clip.confidence[0].tolist() == [[0, 0.5, 0], [0, 0, 1]]  # NaN is not seen, 1.5 overshoots


@pytest.mark.parametrize(
    "calls, message",
    [
        ([(0, PERSON, SURE, 3), (0, PERSON, SURE, 3)], "'a', frame 0, person 1 has the identity 3, as another person"),
        ([(0, PERSON + np.array([np.inf, 0]), SURE)], r"'a', frame 0, person 0: joint 'hip' is at \[inf, 0.0\]"),
        ([(0, PERSON * 2.0**125, SURE)], r"joint 'left' is at \[4.25\d+e\+38, 2.12\d+e\+38\]"),
        ([(0, PERSON, SURE * 100)], "person 0: joint 'hip' has the confidence 90, expected 0 to 1"),
        ([(0, PERSON, SURE, 10**30)], "'a' has the identity a huge whole number, expected 0 or more"),
        ([(-1, PERSON, SURE)], "'a' has the frame -1, expected 0 or more"),
        ([(0, PERSON, SURE)] * 101, "'a', frame 0 has more than 100 people: keep the surest ones"),
        ([(0, PERSON, SURE), (10**12, PERSON, SURE)], "'a' has frames 0 to 1000000000000, expected at most 200000"),
    ],
)
def test_bad_detections(calls, message):
    detections = PoseDetections("a", TOPOLOGY)
    with pytest.raises(DataError, match=message):
        for call in calls:
            detections.add(*call)
        detections.to_clip((1, 1), 2, 0.05)


def test_note():
    assert detections_note(3, 0.05) == "y negated; joints below confidence 0.05 filled in; at most 3 bodies"


def test_a_frame_twice():
    detections = PoseDetections("a", TOPOLOGY)
    detections.add_frame(4)
    with pytest.raises(DataError, match="'a' has frame 4 twice"):
        detections.add_frame(4)


@pytest.mark.parametrize("options, message", [((0, 0.1), "max_bodies must be .* found 0"), ((2, 1.0), "found 1.0")])
def test_bad_options(options, message):
    with pytest.raises(ConfigError, match=message):
        check_detection_options(*options)
