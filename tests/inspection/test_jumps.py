from __future__ import annotations

import numpy as np
import pytest

from skgraph.inspection.problems import find_problems
from skgraph.inspection.survey import survey_store
from tests.made_up_people import people, write


def test_a_jump_is_found_where_it_is(tmp_path):
    clips = people()
    clips["p5"][0, 7:, 7] = clips["p5"][0, 6, 7] + np.float32([0.6, 0, 0])  # HandLeft, which then rests
    store = write(tmp_path / "s", clips)
    jumps = survey_store(store).jumps
    (place,) = jumps.largest
    assert (place.clip, place.body, place.frame, place.joint) == ("p5", 0, 7, "HandLeft")
    assert place.value == pytest.approx(0.6, abs=1e-5)
    assert (jumps.count, jumps.clips, jumps.limit, jumps.unit) == (1, 1, 0.5, "m")
    assert jumps.by_joint.tolist() == [0] * 7 + [1] + [0] * 17
    assert "1 jump over 0.5 m, in 1 clip, the largest: p5 (frame 7, HandLeft) 0.6 m" in map(
        str, find_problems(survey_store(store))
    )
    assert survey_store(store, jump=0.65).jumps.count == 0


def test_a_step_across_a_gap_is_no_jump(tmp_path):
    clips = people()
    clips["p1"][0, 20:] += 2
    mask = np.ones((1, 40), bool)
    mask[0, 18:20] = False
    assert survey_store(write(tmp_path / "s", clips, {"p1": mask})).jumps.count == 0
    assert survey_store(write(tmp_path / "t", clips)).jumps.count == 25


def test_nor_is_one_from_a_body_to_the_next(tmp_path):
    clips = {name: joints + 5 * i for i, (name, joints) in enumerate(people().items())}
    assert survey_store(write(tmp_path / "s", clips)).jumps.count == 0


def test_without_metres_a_jump_is_relative_to_the_body(tmp_path):
    clips = {name: 100 * joints for name, joints in people().items()}
    clips["p2"][0, 7:, 3] += [100, 0, 0]
    jumps = survey_store(write(tmp_path / "s", clips, units="normalised")).jumps
    assert (jumps.count, jumps.limit, jumps.unit) == (1, 0.3, "body sizes")
    assert 0.4 < jumps.largest[0].value < 1 and jumps.largest[0].frame == 7
