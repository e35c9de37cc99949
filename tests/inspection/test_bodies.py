from __future__ import annotations

import numpy as np
import pytest

from skgraph.inspection.problems import find_problems
from skgraph.inspection.survey import survey_store
from tests.made_up_people import people, write


def test_a_bone_that_stretches(tmp_path):
    clips = people()
    bone = clips["p6"][0, :, 3] - clips["p6"][0, :, 2]  # Neck to Head
    clips["p6"][0, ::2, 3] = clips["p6"][0, ::2, 2] + 9 * bone[::2]
    store = write(tmp_path / "s", clips)
    made = survey_store(store, jump=100)
    (place, *_) = made.bodies.worst
    assert (place.clip, place.joint) == ("p6", "Neck - Head") and place.value == pytest.approx(0.8, abs=1e-4)
    assert made.bodies.stretched == 1
    assert "1 body with a bone whose length varies by more than 50%: p6 (Neck - Head) 80%" in map(
        str, find_problems(made)
    )


def test_the_size_is_the_median_over_frames(tmp_path):
    clips = people(4)
    clips["p1"][0, 0] *= 10  # one frame in forty
    clips["p2"] *= 3
    bodies = survey_store(write(tmp_path / "s", clips)).bodies
    assert bodies.largest.clip == "p2" and bodies.largest.value == pytest.approx(
        np.median(np.ptp(clips["p2"][0], axis=1).max(axis=1))
    )
