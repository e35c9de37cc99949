from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from skgraph.data import SkeletonDataset
from skgraph.evaluation import causes as causes_module
from skgraph.evaluation.causes import ENOUGH_BODIES, likely_causes
from tests.evaluation.features.test_raw_coordinates import TOPOLOGY, turned
from tests.made_up_people import person, write

MIRROR = TOPOLOGY.mirror.numpy()
NONE = ["none found in steps, headings, sides, unit and people; try another objective (objective=lejepa or gfp)"]
STEPS = -(-ENOUGH_BODIES // 32)


@pytest.fixture(autouse=True)
def few_clips_are_enough(monkeypatch):
    monkeypatch.setattr(causes_module, "_FEWEST_CLIPS", 2)


def facing(seed: int, frames: int = 40) -> np.ndarray:
    """A person who keeps facing +z."""
    joints = person(seed)[:, :1].repeat(frames, axis=1)
    across = (joints[0, 0] * TOPOLOGY.across.numpy()[:, None]).sum(axis=0)
    return turned(joints, math.atan2(across[2], across[0]))


def mirrored(joints: np.ndarray) -> np.ndarray:
    return joints[:, :, MIRROR] * np.array([-1, 1, 1], np.float32)


def causes(path, clips, subject=None, scores=None, step=STEPS, heading=0.5, reflect=False, **normalise):
    """Causes on these clips, of which the first half trains, for a training of this configuration."""
    store = write(path, clips, subject=subject)
    train, test = (SkeletonDataset(store, "xsub", part) for part in ("train", "test"))
    augment = {"rotate": {"y": heading}, "shear": {"strength": 0.3}}
    if reflect:
        augment["reflect"] = {"_target_": "skgraph.transforms.RandomReflect"}
    config = {"objective": {"_target_": "skgraph.objectives.GFP"}, "trainer": {"batch_size": 32}}
    config |= {"augment": augment, "normalise": {"scale": "auto", "align": None} | normalise}
    return likely_causes(config, step, train, test, scores)


@pytest.fixture
def people() -> dict[str, np.ndarray]:
    """Two poses, each of four people, who face within 0.3 rad."""
    return {f"p{i}_{pose}": turned(facing(pose), 0.1 * i - 0.15) for i in range(4) for pose in (0, 1)}


def test_nothing_is_wrong(tmp_path, people):
    assert causes(tmp_path / "s", people, heading=0.3) == NONE


def test_few_steps(tmp_path, people):
    (text,) = causes(tmp_path / "s", people, step=100, heading=0.3)
    assert text == "few steps, 100 of 32 bodies (trainer.epochs=null trainer.steps=1000)"
    assert causes(tmp_path / "t", people, step=0, heading=0.3) == NONE  # unknown


def test_headings_wider_than_the_views(tmp_path, people):
    clips = {name: turned(joints, 0.9 * i) for i, (name, joints) in enumerate(people.items())}
    (text,) = causes(tmp_path / "s", clips, heading=0.1)
    assert "views turn them by up to 6 (heading=auto)" in text
    assert causes(tmp_path / "t", clips, heading=0.1, align="yaw") == NONE
    assert causes(tmp_path / "u", clips, heading=math.pi) == NONE


def test_views_that_turn_more_than_people(tmp_path, people):
    (text,) = causes(tmp_path / "s", people, heading=math.pi)
    assert "views turn them by up to 180 (heading=auto)" in text


def test_one_sided_training_people(tmp_path, people):
    """Mirrored test clips are recognised, unmirrored ones are taken for the other class."""
    pose = facing(0)
    clips = {f"{i}{k}": mirrored(pose) if k == (i >= 2) else pose for i in range(4) for k in (0, 1)}
    subject = [0, 0, 1, 1, 2, 2, 3, 3]
    (text,) = causes(tmp_path / "s", clips, subject, heading=0.3)
    assert "recognised better mirrored, by 100 points" in text and "++augment.reflect=" in text
    assert causes(tmp_path / "t", clips, subject, heading=0.3, reflect=True) == NONE


def test_mirrored_views_of_actions_with_a_side(tmp_path):
    pose = facing(0)
    clips = {f"{i}{k}": mirrored(pose) if k else pose for i in range(4) for k in (0, 1)}
    (text,) = causes(tmp_path / "s", clips, heading=0.3, reflect=True)
    assert "100 % of the clips, 0 % of mirrored ones (augment.reflect=null)" in text


def test_another_unit(tmp_path, people):
    clips = {name: 1000 * joints for name, joints in people.items()}
    (text,) = causes(tmp_path / "s", clips, heading=0.3, scale=None)
    assert "and recipes expect metres (normalise.scale=auto)" in text
    assert causes(tmp_path / "t", clips, heading=0.3) == NONE


def test_test_people_who_differ(tmp_path, people):
    scores = torch.eye(2)[[0, 1, 1, 0]]  # the first of the two test people is recognised
    subject = [0, 0, 1, 1, 2, 2, 3, 3]
    (text,) = causes(tmp_path / "s", people, subject, scores, heading=0.3)
    assert text.startswith("test people differ, from 0 % (subject 3) to 100 % (subject 2)")
    assert (
        causes(tmp_path / "t", people, [0, 0, 1, 1, -1, -1, 2, 3], scores, heading=0.3) == NONE
    )  # unknown, or one clip


def test_the_two_most_severe_are_named(tmp_path, people):
    clips = {name: 1000 * joints for name, joints in people.items()}
    first, second = causes(tmp_path / "s", clips, step=STEPS - 20, heading=math.pi, scale=None)
    assert "turn them by up to 180" in first and "recipes expect metres" in second  # both of the same severity


def test_people_who_face_everywhere_are_not_wider_than_any_heading(tmp_path):
    clips = {f"{i}": turned(facing(0), 2 * math.pi * i / 16) for i in range(16)}
    assert causes(tmp_path / "s", clips, heading=math.pi) == NONE
