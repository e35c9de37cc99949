from __future__ import annotations

import json

import numpy as np
import pytest

from skgraph.data import SkeletonStore, StoreWriter
from skgraph.inspection.chunk import chunks
from skgraph.inspection.page import survey_page
from skgraph.inspection.problems import find_problems
from skgraph.inspection.survey import survey_store
from skgraph.inspection.text_summary import format_survey
from tests.made_up_people import TOPOLOGY, people, person, write
from tests.stored_index import set_in_index


def texts(store, **options):
    return [str(problem) for problem in find_problems(survey_store(store, **options))]


def test_people_without_a_defect(tmp_path):
    store = write(tmp_path / "s", people())
    made = survey_store(store)
    assert texts(store) == []
    assert made.presence.frames == 320 and made.missing.rows == 320 and made.jumps.steps == 8 * 39
    assert made.bodies.typical < 1e-5 and 1.2 < np.median(made.bodies.heights) < 1.6
    # What goes into a JSON file has no NaN and no array in it.
    figures = json.loads(json.dumps(made.to_dict(), allow_nan=False))
    assert figures["store"]["clips"] == 8 and figures["labels"]["classes"] == [4, 4]
    assert sum(figures["presence"]["seconds"]["counts"]) == 8


def test_every_chunk_size_gives_the_same_figures(tmp_path, monkeypatch):
    clips = people(6)
    clips["p3"][0, 20:, 7, 0] += 0.7
    two = np.concatenate([person(20), person(21)])
    mask = np.ones((2, 40), bool)
    mask[1, 10:13] = False
    store = write(tmp_path / "s", {**clips, "two": two, "copy": clips["p1"].copy()}, {"two": mask})
    whole = survey_store(store).to_dict()
    for rows in (1, 50, 100):
        monkeypatch.setattr("skgraph.inspection.survey.chunks", lambda store, rows=rows: chunks(store, rows))
        assert survey_store(store).to_dict() == whole


def test_bodies_that_lie_elsewhere_on_disk(tmp_path):
    write(tmp_path / "s", people(4))
    plain = survey_store(write(tmp_path / "t", people(4))).to_dict()
    # The rows of the first two bodies change places: the index says where a body is, and nothing else does.
    set_in_index(tmp_path / "s", "track_row", slice(2), [40, 0])
    frames = np.load(tmp_path / "s" / "frames.npy")
    np.save(tmp_path / "s" / "frames.npy", np.concatenate([frames[40:80], frames[:40], frames[80:]]))
    moved = survey_store(SkeletonStore.open(tmp_path / "s")).to_dict()
    assert moved == plain


def test_numbers_that_are_none_are_left_out_of_the_others(tmp_path):
    store = write(tmp_path / "s", people())
    frames = np.load(tmp_path / "s" / "frames.npy", mmap_mode="r+")
    frames[45, 3, 1] = np.nan  # clip p1, frame 5, joint Head
    frames[46, 3] = np.inf
    frames.flush()
    made = survey_store(store)
    assert made.missing.damaged == 2 and made.missing.rows == 318
    assert [(p.clip, p.frame, p.joint) for p in made.missing.damaged_at] == [("p1", 5, "Head")]  # the first of a body
    assert made.jumps.count == 0 and np.isfinite(made.bodies.heights).all()
    assert texts(store)[0].startswith(
        "2 joints not finite, in frames that no other statistic counts: p1 (frame 5, Head)"
    )


def test_numbers_without_bounds_are_no_crash(tmp_path):
    clips = people()
    clips["p2"] *= 1e30
    clips["p3"][0, 3:] *= 3e37
    made = survey_store(write(tmp_path / "s", clips))
    json.dumps(made.to_dict(), allow_nan=False)
    assert any("not of 0.3 to 3 m" in str(problem) for problem in find_problems(made))


def test_a_store_of_nobody(tmp_path):
    store = write(tmp_path / "s", people(2))
    np.save(tmp_path / "s" / "present.npy", np.zeros(80, bool))
    store = SkeletonStore.open(tmp_path / "s")
    made = survey_store(store)
    assert made.missing.rows == 0 and made.presence.empty_frames == 80
    json.dumps(made.to_dict(), allow_nan=False)
    assert any("nobody in more than 20%" in str(problem) for problem in find_problems(made))


@pytest.mark.parametrize("scale, problem", [(1000, "m tall (median), people 0.3 to 3 m: a wrong unit?"), (1, None)])
def test_a_wrong_unit_is_said(tmp_path, scale, problem):
    found = texts(write(tmp_path / "s", {name: scale * joints for name, joints in people().items()}))
    assert any(problem in text for text in found) if problem else found == []


def test_half_precision(tmp_path):
    with StoreWriter(tmp_path / "s", TOPOLOGY, ["a"], dtype="float16") as writer:
        for name, joints in people(3).items():
            writer.add(joints, y=0, name=name)
        writer.add(person(0), y=0, name="again")
    assert survey_store(SkeletonStore.open(tmp_path / "s")).duplicates.exact == [["p0", "again"]]


def test_a_clip_that_says_it_lasts_for_ever(tmp_path):
    write(tmp_path / "s", people(4))
    set_in_index(tmp_path / "s", "length", 2, 10**12)
    set_in_index(tmp_path / "s", "track_first", 2, 10**11)
    made = survey_store(SkeletonStore.open(tmp_path / "s"))
    assert made.presence.longest.value == 10**12 and made.presence.empty_frames == 10**12 - 40
    assert "<h1>" in survey_page(made, "s", find_problems(made))


def test_frames_of_random_bits_are_no_crash(tmp_path):
    store = write(tmp_path / "s", people(4, frames=10))
    frames = np.load(tmp_path / "s" / "frames.npy")
    rng = np.random.default_rng(0)
    for share in (0.02,):
        bits = rng.integers(2**32, size=frames.shape, dtype=np.uint32).view(np.float32)
        np.save(tmp_path / "s" / "frames.npy", np.where(rng.random(frames.shape) < share, bits, frames))
        made = survey_store(store)
        json.dumps(made.to_dict(), allow_nan=False)
        assert format_survey(made, find_problems(made)) and survey_page(made, "s", find_problems(made))
