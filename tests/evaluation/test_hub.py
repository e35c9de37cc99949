"""Models of the Hugging Face Hub, without a network: a folder stands in for it."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

from skgraph.errors import CheckpointError, ConfigError
from skgraph.evaluation import PretrainedRun, compare, embed
from skgraph.export import main

TOKEN = "hf_secret"


class Hub:
    """What skgraph calls of ``huggingface_hub``, on a folder."""

    def __init__(self, root: Path) -> None:
        self.root, self.token, self.full = root, TOKEN, False

    def get_token(self):
        return self.token

    def HfApi(self):
        return self

    def create_repo(self, repo_id, exist_ok):
        (self.root / repo_id).mkdir(parents=True, exist_ok=exist_ok)

    def upload_folder(self, repo_id, folder_path, allow_patterns, commit_message):
        assert sorted(path.name for path in Path(folder_path).iterdir()) == sorted(allow_patterns)
        if self.full:
            raise OSError(f"no space left, Bearer {TOKEN}")
        shutil.copytree(folder_path, self.root / repo_id, dirs_exist_ok=True)

    def snapshot_download(self, repo_id, allow_patterns):
        if not (self.root / repo_id).is_dir():
            raise OSError("no such repository")
        return str(self.root / repo_id)


@pytest.fixture
def hub(tmp_path, monkeypatch):
    hub = Hub(tmp_path / "hub")
    monkeypatch.setitem(sys.modules, "huggingface_hub", hub)
    return hub


def export(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["export", *arguments])
    main()


def test_there_and_back(hub, run_folder, store, tmp_path, monkeypatch, capsys):
    (knn,) = compare(run_folder, store, "xsub", ["knn"], "cpu", progress=False)
    out, name = tmp_path / "model", "owner/skeletons"
    export(monkeypatch, f"run={run_folder}", f"out={out}", f"push_to={name}", "license=mit", "head=linear")
    printed = capsys.readouterr()
    assert f"uploaded: https://huggingface.co/{name}: every command takes run=hf:{name}" in printed.out
    assert TOKEN not in printed.out + printed.err
    run = PretrainedRun.open(f"hf:{name}")
    assert run.step == 4 and run.head.class_names == ("a", "b", "c", "d")
    assert torch.equal(embed(run, store).x, embed(run_folder, store).x)

    card = (hub.root / name / "README.md").read_text()
    metadata = yaml.safe_load(card.split("---")[1])
    assert (metadata["license"], metadata["pipeline_tag"]) == ("mit", "video-classification")
    results = {entry["metrics"][0]["config"]: entry for entry in metadata["model-index"][0]["results"]}
    entry = results["knn_tiny_xsub"]
    assert entry["metrics"][0]["value"] == round(knn.metrics["top1"], 2)
    assert entry["dataset"] == {"type": "tiny", "name": "tiny", "config": "xsub", "split": "test"}

    np.save(tmp_path / "recording.npy", store.clip(0).joints.numpy() / 3)  # of the size of people
    monkeypatch.chdir(tmp_path)
    values: dict = {}
    exec(re.search(r"```python\n(.*?)```", card, re.DOTALL)[1], values)
    assert values["model"] == f"hf:{name}" and values["features"].shape == (1, 16)
    assert "recording" in capsys.readouterr().out


def test_the_card_follows_the_schema_of_the_hub(hub, run_folder, store, tmp_path, monkeypatch):
    monkeypatch.undo()
    library = pytest.importorskip("huggingface_hub")
    from skgraph.recognition.model_card import model_card

    (knn,) = compare(run_folder, store, "xsub", ["knn"], "cpu", progress=False)
    data = library.ModelCard(model_card(PretrainedRun.open(run_folder), licence="cc-by-nc-4.0")).data
    assert (data.license, data.library_name, data.pipeline_tag) == ("cc-by-nc-4.0", "skgraph", "feature-extraction")
    found = {result.metric_config: result for result in data.eval_results}["knn_tiny_xsub"]
    assert (found.dataset_name, found.dataset_config, found.metric_type) == ("tiny", "xsub", "accuracy")
    assert found.metric_value == round(knn.metrics["top1"], 2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["push_to=model", "license=mit"], "push_to must be owner/model of the Hugging Face Hub, found 'model'"),
        (["push_to=a/b/c", "license=mit"], "push_to must be owner/model of the Hugging Face Hub, found 'a/b/c'"),
        (["push_to=a/b"], "push_to needs license=..., such as license=mit"),
        (["push_to=a/b", "license=mit", "format=onnx"], "say format=safetensors, found 'onnx'"),
        (["license=mit", "format=pt2"], "license is for the model card: say format=safetensors, found 'pt2'"),
    ],
)
def test_bad_options_write_nothing(hub, run_folder, tmp_path, monkeypatch, capsys, arguments, message):
    with pytest.raises(SystemExit):
        export(monkeypatch, f"run={run_folder}", f"out={tmp_path / 'model'}", *arguments)
    assert message in capsys.readouterr().err and not list(tmp_path.iterdir())


def test_nobody_is_logged_in(hub, run_folder, tmp_path, monkeypatch, capsys):
    hub.token = None
    with pytest.raises(SystemExit):
        export(monkeypatch, f"run={run_folder}", f"out={tmp_path / 'model'}", "push_to=a/b", "license=mit")
    assert "run `hf auth login`, or set HF_TOKEN" in capsys.readouterr().err and not list(tmp_path.iterdir())


def test_a_refused_upload_leaves_the_folder_and_tells_no_token(hub, run_folder, tmp_path, monkeypatch, capsys):
    hub.full = True
    with pytest.raises(SystemExit):
        export(monkeypatch, f"run={run_folder}", f"out={tmp_path / 'model'}", "push_to=a/b", "license=mit")
    error = capsys.readouterr().err
    assert "is written, but not uploaded to 'hf:a/b': no space left, Bearer ***" in error and TOKEN not in error
    assert PretrainedRun.open(tmp_path / "model").step == 4


def test_the_hub_is_asked_by_name_alone(hub, monkeypatch):
    with pytest.raises(ConfigError, match="'hf:owner/other' is not available from the Hugging Face Hub: no such"):
        PretrainedRun.open("hf:owner/other")
    with pytest.raises(CheckpointError, match=r"no checkpoint at 'owner/name/checkpoint\.pt'"):
        PretrainedRun.open("owner/name")  # a folder, which is not there
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(ConfigError, match="'hf:owner/name' is a model of the Hugging Face Hub: pip install"):
        PretrainedRun.open("hf:owner/name")
