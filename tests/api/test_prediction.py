from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from skgraph.api import PretrainedRun, predict
from skgraph.errors import ConfigError
from skgraph.recognition import Recogniser, timelines


def test_the_timelines_of_a_recording(run_folder, store, tmp_path):
    np.save(tmp_path / "mine.npy", store.clip(1).joints.numpy())
    found = predict(run_folder, tmp_path / "mine.npy", store, window=0.5, check_height=False, device="cpu")
    assert len(found) == 1 and found[0].name == "mine" and list(found) == list(found[:])
    found.save(tmp_path / "out")
    content = json.loads((tmp_path / "out" / "predictions.json").read_text())
    assert content["window"] == 0.5 and content["learned_from"] == str(store.path) and content["step"] == 4
    assert "read as dataset=npy" in repr(found) and "<td>mine</td>" in found._repr_html_()


def test_the_labels_of_a_store(run_folder, store):
    found = predict(run_folder, store, device="cpu")
    wanted = timelines(Recogniser.fit(run_folder, store, "xsub", "cpu"), store)
    assert [timeline.best[0] for timeline in found] == [timeline.best[0] for timeline in wanted]
    assert "and 28 more" in found._repr_html_()
    pytest.importorskip("pandas")
    assert found.to_frame()["recording"].tolist() == store.name.tolist()


def test_nothing_else_is_replaced(run_folder, store, tmp_path):
    found = predict(run_folder, store, device="cpu")
    for _ in range(2):
        found.save(tmp_path / "out")  # earlier predictions are
    (tmp_path / "out" / "notes.txt").write_text("mine")
    for path in (tmp_path / "out", tmp_path / "out" / "notes.txt", tmp_path):
        with pytest.raises(ConfigError, match="out must be a new folder, or one of earlier predictions"):
            found.save(path)
    assert (tmp_path / "out" / "notes.txt").read_text() == "mine"


def test_bad_options(run_folder, store):
    with pytest.raises(ConfigError, match="predict.people must be 'clip' or 'each', found 'all'"):
        predict(run_folder, store, people="all")
    several = replace(run := PretrainedRun.open(run_folder), config={**run.config, "dataset": {"roots": ["a", "b"]}})
    with pytest.raises(ConfigError, match="the run has several stores: say learn_from=FOLDER"):
        predict(several, store)
    with pytest.raises(ConfigError, match="fps=15 is for recordings in files"):
        predict(run_folder, store, fps=15)
