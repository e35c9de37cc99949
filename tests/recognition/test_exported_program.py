from __future__ import annotations

import json

import numpy as np
import onnxruntime
import pytest
import torch

from skgraph.data import SkeletonDataset
from skgraph.errors import ConfigError, DataError
from skgraph.evaluation import PretrainedRun
from skgraph.recognition.exported_program import export_program, program_of
from tests.diagnosis.conftest import trained, trained_stgcn

SHAPE = (16, 25, 3)


def test_a_program_computes_what_the_recogniser_does(recogniser, store):
    clips = [i for i in range(48) if i % 3]  # of one body
    graphs = SkeletonDataset(store, frames=16).batch(torch.tensor(clips))
    logits = program_of(recogniser.run, recogniser.probe)(graphs.joints[:, 0])
    assert torch.allclose(logits.softmax(1), recogniser(graphs, recogniser.views(store)), atol=1e-5)


RUNS = {
    "transformer": (trained, "encoder.depth=1", "joints"),
    "compact": (trained, "encoder=compact", "class_mean"),
    "stgcn": (trained_stgcn, "encoder.widths=[8,16]", "mean"),
}


@pytest.fixture(scope="module", params=RUNS)
def program(request, store_path, tmp_path_factory):
    """A program of bones."""
    train, option, pool = RUNS[request.param]
    options = ["trainer.stop_at=1", "stream=bone", "objective.predictor.depth=1", option]
    run = PretrainedRun.open(train(tmp_path_factory.mktemp("runs"), store_path, "r", *options))
    return program_of(run, pool=pool)


@pytest.mark.parametrize("form", ["onnx", "pt2"])
def test_any_number_of_bodies(form, program, tmp_path):
    path = tmp_path / f"m.{form}"
    assert export_program(program, path, form, *SHAPE, {"joints": 25}) < 1e-4
    batch = torch.randn(7, *SHAPE)
    if form == "onnx":
        session = onnxruntime.InferenceSession(str(path))
        (found,) = session.run(None, {"joints": batch.numpy()})
        assert json.loads(session.get_modelmeta().custom_metadata_map["skgraph"]) == {"joints": 25}
    else:
        found = torch.export.load(path).module()(batch).numpy()
    assert found == pytest.approx(program(batch).numpy(), abs=1e-4)


def test_a_program_that_computes_something_else_is_not_written(recogniser, tmp_path, monkeypatch):
    wrong = [np.zeros((n, 16), np.float32) for n in (1, 2, 5)]
    monkeypatch.setattr("skgraph.recognition.exported_program._onnx", lambda *_: wrong)
    with pytest.raises(DataError, match="the onnx program differs from PyTorch by .*: not written"):
        export_program(program_of(recogniser.run), tmp_path / "m.onnx", "onnx", *SHAPE, {})
    assert not list(tmp_path.iterdir())


def test_an_encoder_that_looks_at_its_batch_cannot_be_exported(recogniser, tmp_path):
    program = program_of(recogniser.run)
    program.encoder.forward = lambda joints, visible=None: joints.flatten(1, 2) * float(joints.sum())
    with pytest.raises(ConfigError, match="TransformerEncoder cannot be exported for any number of bodies"):
        export_program(program, tmp_path / "m.pt2", "pt2", *SHAPE, {})
    with pytest.raises(ConfigError, match="format must be onnx or pt2, found 'h5'"):
        export_program(program, tmp_path / "m.h5", "h5", *SHAPE, {})
