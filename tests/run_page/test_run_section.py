from __future__ import annotations

import shutil

import pytest
import torch

from skgraph.errors import ConfigError, DataError
from skgraph.evaluation import compare
from skgraph.run_page.run_section import draw_run, find_runs


@pytest.fixture(scope="module")
def run(run_folder, store_path, tmp_path_factory):
    """A run of this file alone, with one evaluation."""
    folder = tmp_path_factory.mktemp("runs") / "run"
    shutil.copytree(run_folder, folder, ignore=shutil.ignore_patterns("evaluation"))
    compare(folder, store_path, protocols=["knn"], device="cpu", progress=False)
    return folder


@pytest.fixture(scope="module")
def drawn(run):
    return draw_run(run, device="cpu", clip="clip30")


def test_everything_that_can_be_drawn(drawn):
    assert drawn.left_out == []
    assert list(drawn.figures) == ["Training", "Masked clip", "Features", "Evaluation knn_tiny_xsub"]
    assert [drawing.name for drawings in drawn.figures.values() for drawing in drawings] == [
        "curves",
        "mask",
        "clip",
        "features",
        "knn_tiny_xsub_confusion",
        "knn_tiny_xsub_per_class",
        "knn_tiny_xsub_per_subject",
    ]
    assert drawn.summary["objective"] == "SJEPA" and drawn.summary["topology"] == "ntu_rgbd, 25 joints"
    mask, clip = drawn.figures["Masked clip"]
    assert "'clip30'" in mask.caption and "'clip30'" in clip.caption
    (features,) = drawn.figures["Features"]
    assert len(features.rows) == 1 + 24 and features.rows[1][0] == "clip24"  # the test part
    assert features.rows[0][2:] == ["x", "y", "random_init_x", "random_init_y"] and features.titled


def test_a_clip_that_is_not_there(run):
    with pytest.raises(ConfigError, match="no clip 'nobody' in .*: give a name, such as clip00, clip01, clip02 and"):
        draw_run(run, clip="nobody", device="cpu")
    with pytest.raises(ConfigError, match="device"):
        draw_run(run, device="abacus")


def test_what_cannot_be_drawn_is_named(run, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(run, folder)
    (folder / "metrics.jsonl").write_text("{")
    with pytest.raises(DataError, match="no store at "):  # asked for
        draw_run(folder, {"root": str(tmp_path / "moved")}, device="cpu")
    content = torch.load(folder / "checkpoint.pt", weights_only=True)
    content["config"]["dataset"]["root"] = str(tmp_path / "moved")
    torch.save(content, folder / "checkpoint.pt")
    moved = draw_run(folder, device="cpu")
    assert list(moved.figures) == ["Evaluation knn_tiny_xsub"]
    assert len(moved.left_out) == 2
    assert moved.left_out[0].startswith("training: the log ")
    assert moved.left_out[1].startswith("masked clip, features: no store at ")


def test_runs_below_a_folder(tmp_path):
    for name in ("b", "a/c"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "metrics.jsonl").write_text("")
    (tmp_path / "empty").mkdir()
    assert find_runs([tmp_path, tmp_path / "b"]) == [tmp_path / "a/c", tmp_path / "b"]
