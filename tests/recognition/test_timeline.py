from __future__ import annotations

import csv
import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from skgraph.data import SkeletonDataset, SkeletonStore, StoreWriter
from skgraph.errors import ConfigError
from skgraph.evaluation.features.windows import Windows
from skgraph.recognition import Timeline, timelines
from skgraph.recognition.timeline_files import format_timelines, save_timelines, timeline_figure


def test_one_window_a_recording(recogniser, store):
    found = timelines(recogniser, store)
    assert len(found) == 48 and all(timeline.whole for timeline in found)
    for timeline, length in zip(found, store.length.tolist(), strict=True):
        assert timeline.segments.tolist() == [[timeline.class_names.index(timeline.best[0][0]), 0, length]]
        assert timeline.probabilities.shape == (length, 4)
        assert timeline.probabilities.sum(dim=1) == pytest.approx(torch.ones(length).tolist(), abs=1e-5)
        assert float(timeline.scores[0]) == pytest.approx(timeline.best[0][1], abs=1e-5)
    assert [len(t.segments) for t in timelines(recogniser, store, threshold=1.0)] == [0] * 48


def test_windows_are_means_over_those_that_cover_a_frame(recogniser, store):
    window, stride = 12 / 30, 4 / 30
    timeline = timelines(recogniser, store, window=window, stride=stride, smooth=0, shortest=0)[3]
    length = int(store.length[3])
    dataset = SkeletonDataset(store, frames=16)
    starts = [*range(0, length - 12, 4), length - 12]
    rows = torch.full((len(starts),), 3)
    windows = Windows(rows, torch.tensor(starts), torch.full_like(rows, 12), [len(starts)])
    p = recogniser.window_probabilities(dataset, windows, recogniser.views(store))
    for frame in range(length):
        cover = [i for i, start in enumerate(starts) if start <= frame < start + 12]
        assert torch.allclose(timeline.probabilities[frame], p[cover].mean(0), atol=1e-5)
    assert timeline.segments[0, 1] == 0 and timeline.segments[-1, 2] == length
    assert (timeline.segments[1:, 1] == timeline.segments[:-1, 2]).all()


@pytest.mark.parametrize("window", [None, 12 / 30])
def test_each_body_by_itself(recogniser, store, window, tmp_path):
    """A store of one body a clip gives that clip's timeline; two bodies of it, apart in time, give one each."""
    pairs = tmp_path / "pairs"
    clips = [store.clip(i).joints[0].numpy() for i in (0, 3)]
    later = 25
    with StoreWriter(pairs, store.topology, ["unlabelled"], source="made up", fps=30) as writer:
        joints = np.zeros((2, later + len(clips[1]), *clips[0].shape[1:]), np.float32)
        joints[0, : len(clips[0])], joints[1, later:] = clips
        writer.add(joints, y=0, name="pair", frame_mask=(joints != 0).any((2, 3)), identity=[-1, 7])
        writer.add(clips[1][None], y=0, name="one")
    options = {"window": window, "stride": window and 4 / 30, "smooth": 0, "shortest": 0, "people": "each"}
    both, first, second, one, same = timelines(recogniser, SkeletonStore.open(pairs), **options)
    assert [t.body for t in (both, first, second, one, same)] == [None, 0, 1, None, 0]
    assert torch.allclose(one.probabilities, same.probabilities) and one.segments.equal(same.segments)
    assert (first.first, second.first) == (0, later) and len(second.probabilities) == len(clips[1])
    assert second.segments[0, 1] == later and second.segments[-1, 2] == later + len(clips[1])
    assert first.title == "pair, body 0" and second.title == "pair, body 1 (identity 7)"
    assert {(row["body"], row["identity"]) for row in second.rows()} == {(1, 7)}
    assert first.rows()[0]["identity"] == both.rows()[0]["identity"] == ""
    if window is None:  # a window of the whole recording holds the body's own frames, wherever they are
        assert not torch.allclose(first.probabilities[0], second.probabilities[0])
    save_timelines(tmp_path / "out", [both, first, second, one, same])
    recordings = json.loads((tmp_path / "out" / "predictions.json").read_text())["recordings"]
    assert [[body["body"] for body in recording["bodies"]] for recording in recordings] == [[0, 1], [0]]
    assert recordings[0]["bodies"][1]["start"] == round(later / 30, 3)
    assert [body.get("identity") for body in recordings[0]["bodies"]] == [None, 7]


def test_a_relation_is_of_no_single_body(recogniser, store):
    with pytest.raises(ConfigError, match="people=each needs a head of single bodies: bodies=present, found relation"):
        timelines(replace(recogniser, bodies="relation"), store, people="each")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"window": 0}, "window must be above 0 and at most 1e[+]06, in seconds, found 0"),
        ({"window": float("inf")}, "window must be above 0"),
        ({"stride": 0.5}, "stride=0.5 is for sliding windows"),
        ({"window": 1.0, "stride": 2.0}, "stride must be at most the window of 1.0 s"),
        ({"smooth": -1}, "smooth must be at least 0 and at most 1e[+]06, in seconds, found -1"),
        ({"threshold": 2}, r"threshold must be a probability in \[0, 1\], found 2"),
    ],
)
def test_bad_options(recogniser, store, options, message):
    with pytest.raises(ConfigError, match=message):
        timelines(recogniser, store, **options)


def made_up(whole=False):
    p = torch.tensor([[0.9, 0.1]] * 30 + [[0.2, 0.8]] * 60)
    return Timeline(
        "rec/1", 30.0, ("sit", "stand"), p, torch.tensor([[0, 0, 30], [1, 30, 90]]), torch.tensor([0.9, 0.8]), whole
    )


def test_rows_are_in_seconds():
    assert made_up().rows() == [
        {
            "recording": "rec/1",
            "body": "",
            "identity": "",
            "label": "sit",
            "start": 0.0,
            "end": 1.0,
            "probability": 0.9,
        },
        {
            "recording": "rec/1",
            "body": "",
            "identity": "",
            "label": "stand",
            "start": 1.0,
            "end": 3.0,
            "probability": 0.8,
        },
    ]
    assert made_up().best[0] == ("stand", pytest.approx((0.1 * 30 + 0.8 * 60) / 90))


def test_files(tmp_path):
    for found in ([made_up()], [made_up(), made_up(whole=True)]):
        save_timelines(tmp_path / "out", found, run="runs/x")
    with open(tmp_path / "out" / "segments.csv") as file:
        assert [row["label"] for row in csv.DictReader(file)] == ["sit", "stand"] * 2
    content = json.loads((tmp_path / "out" / "predictions.json").read_text())
    assert content["run"] == "runs/x" and len(content["recordings"]) == 2
    assert content["recordings"][0]["segments"][1] == {"label": "stand", "start": 1.0, "end": 3.0, "probability": 0.8}
    assert [path.name for path in (tmp_path / "out").glob("*.png")] == ["00_rec_1.png"]


def test_the_drawing_has_the_labels_that_occur():
    above, below = timeline_figure(made_up()).axes
    assert [line.get_label() for line in above.lines] == ["sit", "stand"] and len(below.patches) == 2


def test_the_table_stops_somewhere():
    assert format_timelines([]) == "nothing was recognised"
    lines = format_timelines([made_up()] * 15).splitlines()
    assert lines[1].split() == ["rec/1", "0.00", "s", "1.00", "s", "sit", "0.90"] and lines[-1] == "and 10 more"
