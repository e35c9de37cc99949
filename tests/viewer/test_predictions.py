from __future__ import annotations

import json

import pytest

from skgraph.errors import DataError
from skgraph.viewer import Segment, read_predictions

ROW = {"label": "wave", "start": 0.0, "end": 1.5, "probability": 0.8}


def write(folder, content):
    (folder / "predictions.json").write_text(content if isinstance(content, str) else json.dumps(content))
    return folder


def test_segments_by_recording(tmp_path):
    rows = [ROW, {**ROW, "label": "kick", "start": 1.5, "end": 2, "recording": "mine"}]
    found = read_predictions(write(tmp_path, {"recordings": [{"name": "mine", "segments": rows, "fps": 30.0}]}))
    assert found == {"mine": (Segment("wave", 0.0, 1.5, 0.8), Segment("kick", 1.5, 2.0, 0.8))}


def test_too_many(tmp_path):
    write(tmp_path, {"recordings": [{"name": "mine", "segments": [ROW] * 5001}]})
    with pytest.raises(DataError, match="a recording has 5001 segments, at most 5000 are shown"):
        read_predictions(tmp_path)


def test_no_predictions(tmp_path):
    with pytest.raises(DataError, match="no predictions at .*: expected the folder that `python -m skgraph.predict`"):
        read_predictions(tmp_path)


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[]",
        {"recordings": 3},
        {"recordings": [{"name": "mine"}]},
        {"recordings": [{"name": 3, "segments": []}]},
        *(
            {"recordings": [{"name": "mine", "segments": [{**ROW, **change}]}]}
            for change in (
                {"start": "x"},
                {"start": 2},
                {"end": 1e999},
                {"start": 10**400},
                {"probability": 2},
                {"label": None},
            )
        ),
    ],
)
def test_damage(tmp_path, content):
    with pytest.raises(DataError, match="the predictions '.*predictions.json' cannot be read: "):
        read_predictions(write(tmp_path, content))
