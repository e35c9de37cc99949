from __future__ import annotations

import json
import sys

import pytest
import torch

from skgraph.errors import CheckpointError, ConfigError
from skgraph.evaluation import PretrainedRun, compare, embed, load_encoder
from skgraph.evaluation.classifiers.linear_probe import LinearProbe
from skgraph.evaluation.model_folder import CONFIG, WEIGHTS, Head, save_model_folder

PROBE = LinearProbe(torch.zeros(16), torch.ones(16), torch.randn(4, 16, dtype=torch.double), torch.zeros(4).double())


@pytest.fixture
def model(run_folder, tmp_path):
    run = PretrainedRun.open(run_folder)
    save_model_folder(
        tmp_path / "model",
        run.weights,
        run.config,
        run.topology,
        "# card\n",
        Head(PROBE, tuple("abcd"), None),
        step=run.step,
        content_hash=run.content_hash,
        preprocessing=run.preprocessing,
    )
    return tmp_path / "model"


def test_a_model_is_the_run_that_it_comes_from(model, run_folder, store):
    run, again = PretrainedRun.open(run_folder), PretrainedRun.open(model)
    assert (again.step, again.content_hash, again.topology) == (run.step, run.content_hash, run.topology)
    assert again.weights.keys() == run.weights.keys()
    assert all(torch.equal(again.weights[key], run.weights[key]) for key in run.weights)
    assert torch.equal(embed(model, store).x, embed(run_folder, store).x)
    (a,), (b,) = (compare(folder, store, "xsub", ["knn"], "cpu", progress=False) for folder in (model, run_folder))
    assert a.metrics == b.metrics and a.random_init == b.random_init


def test_its_head_comes_back(model):
    head = PretrainedRun.open(model).head
    assert head.class_names == tuple("abcd") and head.background is None
    x = torch.randn(5, 16)
    assert torch.equal(head.probe(x), PROBE(x))


def test_where_the_data_lay_stays_at_home(model, store_path):
    assert str(store_path.parent) not in (model / CONFIG).read_text()


def test_an_encoder_in_one_line(model, run_folder):
    joints = torch.randn(2, 16, 25, 3)
    with torch.no_grad():
        assert torch.equal(load_encoder(model)(joints), load_encoder(run_folder)(joints))
    assert not load_encoder(model).training


def changed(model, **values):
    content = json.loads((model / CONFIG).read_text())
    (model / CONFIG).write_text(json.dumps(content | values))


def test_only_classes_of_skgraph_are_built(model, tmp_path, monkeypatch):
    (tmp_path / "evil.py").write_text("raise SystemExit('executed')")
    monkeypatch.syspath_prepend(str(tmp_path))
    config = json.loads((model / CONFIG).read_text())["config"]
    changed(model, config=config | {"encoder": config["encoder"] | {"_target_": "evil.Encoder"}})
    with pytest.raises(ConfigError, match=r"names the class 'evil\.Encoder': a model folder may only name"):
        PretrainedRun.open(model)
    assert "evil" not in sys.modules


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"format": 99}, "is not the configuration of a model of skgraph, format 1"),
        ({"step": "many"}, "'step' must be of type int, found 'many'"),
        ({"topology": None}, "'topology' must be of type dict"),
        ({"class_names": ["a", "b"]}, r"the head in 'model.safetensors' has shape \[4, 16\], .* names 2 classes"),
        ({"class_names": "abcd"}, "holds no whole head"),
        ({"background": 7}, "'background' must be the number of a class, found '7'"),
        ({"pool": "best"}, "'pool' must be one of mean, mean_std, class, class_mean, joints, found 'best'"),
    ],
)
def test_configurations_that_do_not_fit(model, values, message):
    changed(model, **values)
    with pytest.raises(CheckpointError, match=message):
        PretrainedRun.open(model)


def test_damaged_files(model):
    weights = (model / WEIGHTS).read_bytes()
    for damaged in (b"", weights[:100], b"\xff" * 50, weights[:-10]):
        (model / WEIGHTS).write_bytes(damaged)
        with pytest.raises(CheckpointError, match="are damaged or no safetensors"):
            PretrainedRun.open(model)
    (model / WEIGHTS).write_bytes(weights)
    (model / CONFIG).write_text("{")
    with pytest.raises(CheckpointError, match="cannot be read"):
        PretrainedRun.open(model)


def test_weights_that_do_not_fit_the_encoder(model):
    config = json.loads((model / CONFIG).read_text())["config"]
    changed(model, config=config | {"encoder": config["encoder"] | {"depth": 1}})
    with pytest.raises(CheckpointError, match=r"model\.safetensors' does not match the model"):
        load_encoder(model)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("weight", torch.zeros(4, 16, dtype=torch.half)),
        ("weight", torch.full((4, 16), torch.nan).double()),
        ("bias", torch.full((4,), torch.inf).double()),
        ("scale", torch.zeros(16)),
        ("mean", torch.zeros(())),
    ],
)
def test_heads_that_would_not_work(model, key, value):
    import safetensors.torch

    tensors = safetensors.torch.load_file(str(model / WEIGHTS))
    safetensors.torch.save_file(tensors | {f"head.{key}": value}, str(model / WEIGHTS))
    with pytest.raises(CheckpointError, match="holds no whole head"):
        PretrainedRun.open(model)


def test_names_of_topologies_that_are_no_list(model):
    changed(model, trained_on="ntu_rgbd")
    with pytest.raises(CheckpointError, match="'trained_on' must be a list of names, found 'ntu_rgbd'"):
        PretrainedRun.open(model)


def test_configurations_that_would_build_something_else(model, caplog):
    config = json.loads((model / CONFIG).read_text())["config"]
    for part, values in (
        ("stream", {"name": "joint", "transform": {"_target_": "skgraph.build.components.nn.ReLU"}}),
        ("encoder", config["encoder"] | {"_partial_": True}),
        ("encoder", config["encoder"] | {"_target_": "skgraph.nothing.Encoder"}),
        ("encoder", config["encoder"] | {"_target_": "skgraph.checks.check_encoder"}),
    ):
        changed(model, config=config | {part: values})
        with pytest.raises(ConfigError, match="may only name those of skgraph|must be whole, not partial"):
            PretrainedRun.open(model)
    changed(model, config=config | {"encoder": config["encoder"] | {"depth": 10**9}})
    with pytest.raises(ConfigError, match="depth must be at most 1000"):
        load_encoder(model)
    assert not caplog.records
