from __future__ import annotations

import numpy as np
import pytest

from skgraph.inspection.duplicates import near_pairs
from skgraph.inspection.problems import find_problems
from skgraph.inspection.survey import survey_store
from tests.made_up_people import people, person, write


def resampled(joints: np.ndarray, frames: int) -> np.ndarray:
    """The same motion in another number of frames."""
    time = np.linspace(0, joints.shape[1] - 1, frames)
    low = np.minimum(time.astype(int), joints.shape[1] - 2)
    weight = (time - low)[None, :, None, None]
    return (joints[:, low] * (1 - weight) + joints[:, low + 1] * weight).astype(np.float32)


def test_the_same_frames_across_the_parts(tmp_path):
    clips = people(10)
    clips["p7"], clips["p8"] = clips["p2"].copy(), clips["p6"].copy()
    made = survey_store(write(tmp_path / "s", clips))
    found = made.duplicates
    assert found.exact == [["p2", "p7"], ["p6", "p8"]] and found.near == []
    assert [(leak.split, leak.exact, leak.near) for leak in found.leaks] == [("xsub", ["p7"], [])]
    assert found.relabelled == [["p2", "p7"]]  # 0 and 1; p6 and p8 have the same
    texts = [str(problem) for problem in find_problems(made)]
    assert texts[0] == "split xsub: 1 test clip with the same frames as a training clip: p7"
    assert "1 group of clips with the same frames and different labels: p2 = p7" in texts
    assert "4 clips in 2 groups of the same frames: p2 = p7, p6 = p8" in texts


@pytest.mark.parametrize(
    "change",
    [
        lambda joints: joints - joints[:, :1, 1:2],  # centred on the first frame
        lambda joints: joints - joints[:, :, 1:2],  # centred in every frame
        lambda joints: joints.round(3),  # to a millimetre
        lambda joints: resampled(joints, 27),
        lambda joints: resampled(joints, 120),
        lambda joints: (resampled(joints, 60) - joints[:, :1, 1:2]).round(3),
    ],
    ids=["first", "every", "rounded", "slower", "faster", "all"],
)
def test_the_same_motion_in_other_numbers(tmp_path, change):
    clips = people(40)
    clips["p30"] = change(clips["p3"])
    found = survey_store(write(tmp_path / "s", clips)).duplicates
    assert found.exact == [] and found.near == [["p3", "p30"]]
    assert [(leak.exact, leak.near) for leak in found.leaks] == [([], ["p30"])]


@pytest.mark.parametrize(
    "change",
    [
        lambda joints: joints * 1.1,
        lambda joints: joints * [-1, 1, 1],
        lambda joints: joints[:, :20],
        lambda joints: joints + np.random.default_rng(0).normal(scale=0.02, size=joints.shape),
    ],
    ids=["scaled", "mirrored", "cut", "noisy"],
)
def test_what_it_does_not_find(tmp_path, change):
    clips = people()
    clips["p6"] = change(clips["p3"]).astype(np.float32)
    assert survey_store(write(tmp_path / "s", clips)).duplicates.near == []


def test_bodies_in_another_order_and_one_that_is_doubled(tmp_path):
    first, second = person(50), person(51)
    clips = {
        **people(4),
        "ab": np.concatenate([first, second]),
        "ba": np.concatenate([second + 1, first]),
        "cc": np.concatenate([person(52), person(52) + 0.5]),
    }
    made = survey_store(write(tmp_path / "s", clips))
    assert made.duplicates.near == [["ab", "ba"]] and made.duplicates.doubled == ["cc"]
    assert "1 clip with two bodies that move alike, within 5 mm: cc" in map(str, find_problems(made))


def test_near_copies_of_exact_copies_are_one_group(tmp_path):
    clips = people(10)
    clips["p4"], clips["p9"] = clips["p2"].copy(), clips["p2"].round(3)
    found = survey_store(write(tmp_path / "s", clips)).duplicates
    assert found.exact == [["p2", "p4"]] and found.near == [["p2", "p4", "p9"]]
    assert survey_store(write(tmp_path / "t", clips), near=0).duplicates.near == []


def test_without_metres_the_tolerance_grows_with_the_body(tmp_path):
    clips = {name: 1000 * joints for name, joints in people().items()}
    clips["p5"] = clips["p2"] + np.float32(0.9)
    clips["p5"][0, :, 3] += 1
    found = survey_store(write(tmp_path / "s", clips, units="normalised")).duplicates
    assert found.near == [["p2", "p5"]] and 3 < found.tolerance < 5


def test_pairs_are_those_of_a_full_comparison():
    rng = np.random.default_rng(3)
    points = np.repeat(rng.normal(scale=0.1, size=(400, 64)), 2, axis=0).astype(np.float32)
    points[1::2] += rng.normal(size=(400, 64)) * np.linspace(0, 0.01, 400)[:, None]
    points = points[rng.permutation(800)]
    distance = np.sqrt(np.square(points[:, None] - points[None]).mean(axis=2))
    expected = np.argwhere(np.triu(distance <= 0.005, 1))
    assert 150 < len(expected) < 250
    found = near_pairs(points, 0.005)
    assert len(found) >= 0.99 * len(expected) and {*map(tuple, found)} <= {*map(tuple, expected)}


def test_a_crowd_is_not_compared_with_itself_in_full():
    pairs = near_pairs(np.zeros((4000, 64), np.float32), 0.005)
    assert len(pairs) <= 4000 * 32 and len(np.unique(pairs)) == 4000
    assert near_pairs(np.zeros((1, 64), np.float32), 0.005).shape == (0, 2)
