from __future__ import annotations

import numpy as np
import pytest

from skgraph.inspection.problems import find_problems
from skgraph.inspection.survey import survey_store
from tests.made_up_people import people, write


def test_a_frozen_joint(tmp_path):
    clips = people()
    clips["p3"][0, 5:36, 3] = clips["p3"][0, 5, 3]  # Head, 31 frames
    clips["p4"][0, 5:34, 3] = clips["p4"][0, 5, 3]  # 29 frames, which is less than a second
    missing = survey_store(write(tmp_path / "s", clips)).missing
    (place,) = missing.frozen_at
    assert (place.clip, place.frame, place.joint) == ("p3", 5, "Head") and place.value == pytest.approx(31 / 30)
    assert missing.frozen[3] == pytest.approx(31 / 320) and missing.frozen.sum() == missing.frozen[3]
    assert missing.repeated == 0 and missing.repeated_at == []


def test_a_whole_body_at_rest_is_said_once(tmp_path):
    clips = people(frames=80)
    clips["p3"][0, 10:50] = clips["p3"][0, 10]
    store = write(tmp_path / "s", clips)
    missing = survey_store(store).missing
    assert missing.repeated == pytest.approx(40 / 640) and not missing.frozen.any() and missing.frozen_at == []
    assert [(p.clip, p.frame) for p in missing.repeated_at] == [("p3", 10)]
    assert "whole bodies at rest to the last digit, 6.2% of the frames: p3 (frame 10) 1.3 s" in map(
        str, find_problems(survey_store(store))
    )


def test_a_rest_ends_with_the_body_and_at_a_gap(tmp_path):
    clips = people(frames=20)
    clips["p1"][:] = clips["p0"][:, :1]
    clips["p0"][:] = clips["p0"][:, :1]
    assert survey_store(write(tmp_path / "s", clips)).missing.repeated_at == []
    longer = people(frames=40)
    longer["p0"][:] = longer["p0"][:, :1]
    mask = np.ones((1, 40), bool)
    mask[0, 20] = False
    assert survey_store(write(tmp_path / "t", longer, {"p0": mask})).missing.repeated_at == []


def test_joints_at_the_place_of_another(tmp_path):
    clips = people()
    clips["p2"][0, :8, 22] = clips["p2"][0, :8, 21]  # HandTipLeft and ThumbLeft
    store = write(tmp_path / "s", clips)
    missing = survey_store(store).missing
    assert missing.pairs == {"HandTipLeft = ThumbLeft": 8 / 320}
    assert [(p.clip, p.value) for p in missing.pairs_in] == [("p2", 8)]
    assert any(
        str(problem).endswith("HandTipLeft = ThumbLeft 2.5%; in p2") for problem in find_problems(survey_store(store))
    )


def test_joints_at_the_origin(tmp_path):
    clips = people()
    clips["p2"][0, :4, [9, 10]] = 0
    missing = survey_store(write(tmp_path / "s", clips)).missing
    assert missing.origin[[9, 10]].tolist() == [4 / 320] * 2 and missing.pairs == {}
    assert [(p.clip, p.value) for p in missing.origin_in] == [("p2", 8)]


def test_the_joint_that_bodies_are_centred_on_is_there_by_intent(tmp_path):
    clips = {name: joints - joints[:, :, 1:2] for name, joints in people().items()}
    store = write(tmp_path / "s", clips)
    assert survey_store(store).missing.origin[1] == 1
    # It rests there, of course, and that is what is said of it.
    assert not any("origin" in str(problem) for problem in find_problems(survey_store(store)))


def test_confidence(tmp_path):
    clips = people(4)
    confidence = {name: np.ones((1, 40, 25)) for name in clips}
    for name in clips:
        confidence[name][0, :10, 6] = 0
        confidence[name][0, 10:20, 6] = 0.4
    missing = survey_store(write(tmp_path / "s", clips, confidence=confidence)).missing
    assert missing.unseen[6] == 0.25 and missing.unsure[6] == 0.5
    assert missing.confidence[6] == pytest.approx((0.25 * 102 + 0.5 * 255) / 255)
    found = [
        str(problem) for problem in find_problems(survey_store(write(tmp_path / "t", clips, confidence=confidence)))
    ]
    assert found == ["1 joint not seen in more than 20% of the frames: WristLeft 25.0%"]
    assert survey_store(write(tmp_path / "u", clips)).missing.unseen is None
