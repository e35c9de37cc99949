from __future__ import annotations

import numpy as np

from skgraph.inspection.problems import find_problems
from skgraph.inspection.survey import survey_store
from tests.made_up_people import people, person, write


def test_gaps_and_absence(tmp_path):
    clips = people()
    one = np.ones((1, 40), bool)
    one[0, 10:14] = one[0, 20:21] = False  # two gaps, five frames, in which nobody is present
    two = np.ones((2, 40), bool)
    two[0, 30:] = two[1, :35] = False  # the first leaves before the second comes
    clips["pair"] = np.concatenate([person(30), person(31)])
    made = survey_store(write(tmp_path / "s", clips, {"p2": one, "pair": two}))
    presence = made.presence
    assert presence.bodies == [8, 1] and (presence.late, presence.early) == (1, 1)
    assert (presence.gaps, presence.gap_bodies, presence.gap_frames) == (2, 1, 5)
    assert [(p.clip, p.frame, p.value) for p in presence.longest_gaps] == [("p2", 9, 4)]
    assert presence.empty_frames == 10
    assert [(p.clip, p.value) for p in presence.emptiest] == [("p2", 0.125), ("pair", 0.125)]
    assert not any("nobody" in str(problem) for problem in find_problems(made))


def test_bodies_together_fill_a_clip(tmp_path):
    mask = np.ones((2, 40), bool)
    mask[0, 20:] = mask[1, :15] = False
    clips = {**people(3), "pair": np.concatenate([person(30), person(31)])}
    assert survey_store(write(tmp_path / "s", clips, {"pair": mask})).presence.empty_frames == 0


def test_lengths(tmp_path):
    clips = {**people(3), "brief": person(9, frames=6), "long": person(10, frames=90)}
    made = survey_store(write(tmp_path / "s", clips))
    assert made.presence.seconds.round(3).tolist() == [1.333, 1.333, 1.333, 0.2, 3]
    assert (made.presence.shortest.clip, made.presence.longest.clip) == ("brief", "long")
    assert "1 clip shorter than 0.3 s: the shortest brief, 6 frames" in map(str, find_problems(made))
