from __future__ import annotations

import numpy as np

from skgraph.data import SkeletonStore
from skgraph.inspection.problems import find_problems
from skgraph.inspection.survey import survey_store
from skgraph.inspection.text_summary import format_survey, summarise
from tests.made_up_people import people, person, write


def test_facts(tmp_path):
    made = survey_store(write(tmp_path / "s", people()))
    assert summarise(made)["classes"] == "2, of 4 clips each"
    assert summarise(made)["split xsub"].startswith(
        "4 train, 4 test; no subject in both; 2 training clips a class, 2 test"
    )
    assert summarise(made)["bodies"] == "1 in every clip"
    assert summarise(made)["absent"] == "never: every body is present from the first frame of its clip to the last"
    assert summarise(made)["length"] == "1.33 to 1.33 s, median 1.33 s (40 frames of p0 to 40 of p0)"
    text = format_survey(made, find_problems(made))
    assert text.endswith("\nno problem was found") and "\033" not in text


def test_clips_that_were_left_out(tmp_path):
    store = write(tmp_path / "s", people())
    assert "left out" not in summarise(survey_store(store))
    (store.path / "excluded.csv").write_text("name,reason\na,all zero\nb,damaged: it is cut off\nc,all zero\n")
    made = survey_store(SkeletonStore.open(store.path))
    assert summarise(made)["left out"] == "2 all zero (a, c); 1 damaged (b)"
    assert made.to_dict()["store"]["excluded"] == {"a": "all zero", "b": "damaged: it is cut off", "c": "all zero"}


def test_problems_stand_out(tmp_path):
    clips = {**people(4), "b\x1b[2J": person(1)}
    mask = np.ones((2, 40), bool)
    mask[1, 20:25] = False
    clips["two"] = np.concatenate([person(8), person(9)])
    made = survey_store(write(tmp_path / "s", clips, {"two": mask}))
    text = format_survey(made, find_problems(made), colour=True)
    assert "\n\033[31;1m!\033[0m split xsub: 1 test clip with the same frames as a training clip:" in text
    assert "b\\x1b[2J" in text and "\x1b[2J" not in text
    assert summarise(made)["bodies"] == "1 in 5 clips, 2 in 1 clip"
    assert "1 gap in 1 body, 5 frames, the longest 5 after two (body 1, frame 19)" in summarise(made)["absent"]
    assert all(len(line) < 130 for line in text.splitlines())
