from __future__ import annotations

import os
import pickle
import zipfile
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from skgraph.errors import CheckpointError
from skgraph.training import checkpoint as module
from skgraph.training.checkpoint import (
    check_same_config,
    load_optimizer,
    load_weights,
    read_checkpoint,
    save_checkpoint,
)


class Objective(nn.Module):
    def __init__(self, width=4):
        super().__init__()
        self.encoder = nn.Linear(3, width)
        self.head = nn.Linear(width, 2)


def train(objective):
    optimizer = torch.optim.AdamW(objective.parameters())
    objective.head(objective.encoder(torch.randn(2, 3))).sum().backward()
    optimizer.step()
    return optimizer


@pytest.fixture
def save(store):
    def write(path, step=5, objective=None):
        objective = objective or Objective()
        optimizer = train(objective)
        save_checkpoint(path, step, 3, objective, optimizer, {"seed": 0}, [store])
        return objective, optimizer

    return write


def test_round_trip(tmp_path, save, store):
    objective, optimizer = save(tmp_path / "c.pt")
    content = read_checkpoint(tmp_path / "c.pt")
    assert content["step"] == 5 and content["config"] == {"seed": 0} and content["global_batch"] == 3
    assert content["content_hash"] == store.content_hash and content["topology"]["name"] == "ntu_rgbd"
    assert content["versions"]["torch"] == str(torch.__version__)
    other = Objective()
    load_weights(other, content["objective"], tmp_path / "c.pt")
    assert all(torch.equal(a, b) for a, b in zip(other.parameters(), objective.parameters(), strict=True))
    assert torch.equal(content["encoder"]["weight"], objective.encoder.weight)
    assert content["optimizer"]["state"][0]["step"] == optimizer.state_dict()["state"][0]["step"]
    assert [p.name for p in tmp_path.iterdir()] == ["c.pt"]


def test_a_failed_write_keeps_the_old_one(tmp_path, save, monkeypatch):
    save(tmp_path / "c.pt", step=5)

    def fail(content, file):
        file.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module.torch, "save", fail)
    with pytest.raises(CheckpointError, match="cannot write .*No space left"):
        save(tmp_path / "c.pt", step=6)
    monkeypatch.undo()
    assert read_checkpoint(tmp_path / "c.pt")["step"] == 5
    assert [p.name for p in tmp_path.iterdir()] == ["c.pt"]


def test_a_full_disk_is_named(tmp_path, save, monkeypatch):
    """torch reports a failed write by the place in its code alone."""

    def fail(content, file):
        raise RuntimeError("[enforce fail at inline_container.cc:672] . unexpected pos 64 vs 0")

    monkeypatch.setattr(module.torch, "save", fail)
    with pytest.raises(CheckpointError, match="cannot write .*unexpected pos"):
        save(tmp_path / "c.pt", step=6)
    monkeypatch.setattr(module.shutil, "disk_usage", lambda path: SimpleNamespace(free=0))
    with pytest.raises(CheckpointError, match="cannot write .*the disk is full"):
        save(tmp_path / "c.pt", step=6)
    assert not list(tmp_path.iterdir())


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "checkpoint.pt")
    with pytest.raises(CheckpointError, match="is a folder, a pipe or a device, expected a file"):
        read_checkpoint(tmp_path / "checkpoint.pt")


class Evil:
    def __reduce__(self):
        return (print, ("executed",))


def test_corrupt_files_are_named(tmp_path, save, capsys):
    path = tmp_path / "c.pt"
    save(path)
    whole = path.read_bytes()
    for content in (whole[: len(whole) // 2], b"", b"garbage" * 100, pickle.dumps(Evil())):
        path.write_bytes(content)
        with pytest.raises(CheckpointError, match=r"c.pt' is corrupt or not a checkpoint"):
            read_checkpoint(path)
    assert "executed" not in capsys.readouterr().out
    with pytest.raises(CheckpointError, match="no checkpoint at"):
        read_checkpoint(tmp_path / "absent.pt")


def test_a_changed_byte_in_the_weights_is_seen(tmp_path, save):
    save(tmp_path / "c.pt")
    content = bytearray((tmp_path / "c.pt").read_bytes())
    with zipfile.ZipFile(tmp_path / "c.pt") as archive:
        place = max(archive.infolist(), key=lambda entry: "data/" in entry.filename and entry.header_offset)
        where = content.index(archive.read(place.filename), place.header_offset)
    content[where] ^= 1
    (tmp_path / "c.pt").write_bytes(content)
    with pytest.raises(CheckpointError, match=r"corrupt .*does not match its checksum|corrupt .*Bad CRC"):
        read_checkpoint(tmp_path / "c.pt")


def test_weights_of_another_number_format_do_not_match(tmp_path):
    weights = {name: value.half() for name, value in nn.Linear(3, 4).state_dict().items()}
    with pytest.raises(CheckpointError, match=r"'weight' is torch.float16, the model's is torch.float32"):
        load_weights(nn.Linear(3, 4), weights, tmp_path / "c.pt")


def test_other_files_of_torch_are_refused(tmp_path):
    torch.save({"weights": torch.zeros(2)}, tmp_path / "c.pt")
    with pytest.raises(CheckpointError, match="not a checkpoint of skgraph: it lacks config"):
        read_checkpoint(tmp_path / "c.pt")
    torch.save(dict.fromkeys(module._KINDS, 0) | {"format": 99}, tmp_path / "c.pt")
    with pytest.raises(CheckpointError, match="format 99"):
        read_checkpoint(tmp_path / "c.pt")


def test_weights_must_match_exactly(tmp_path, save):
    save(tmp_path / "c.pt")
    weights = read_checkpoint(tmp_path / "c.pt")["objective"]
    with pytest.raises(CheckpointError, match=r"'encoder.weight' has shape \[4, 3\], the model's is \[5, 3\]"):
        load_weights(Objective(width=5), weights, tmp_path / "c.pt")
    with pytest.raises(CheckpointError, match="'encoder.weight' is not part of the model"):
        load_weights(nn.Sequential(), weights, tmp_path / "c.pt")
    weights["head.weight"][0, 0] = float("inf")
    with pytest.raises(CheckpointError, match="damaged: 'head.weight' is not a tensor of finite numbers"):
        load_weights(Objective(), weights, tmp_path / "c.pt")
    del weights["head.weight"], weights["head.bias"]
    with pytest.raises(CheckpointError, match="'head.weight' is missing; 'head.bias' is missing"):
        load_weights(Objective(), weights, tmp_path / "c.pt")


def test_a_changed_configuration_is_listed(tmp_path):
    saved = {"seed": 0, "trainer": {"lr": 1e-3, "stop_at": 2}, "old": {}}
    now = {"seed": 0, "trainer": {"lr": 2e-3, "stop_at": 0}, "new": [1]}
    with pytest.raises(
        CheckpointError, match="new was absent and is now .1.; old was .*; trainer.lr was 0.001 and is now 0.002"
    ):
        check_same_config(tmp_path / "c.pt", saved, now, ignored=("trainer.stop_at",))
    check_same_config(tmp_path / "c.pt", saved, {**saved, "name": "x"}, ignored=("name",))


def test_weights_that_are_not_finite_are_not_saved(tmp_path, save):
    save(tmp_path / "c.pt", step=5)
    broken = Objective()
    with torch.no_grad():
        broken.head.weight[0, 0] = float("nan")
    with pytest.raises(CheckpointError, match="is not finite after step 6"):
        save(tmp_path / "c.pt", step=6, objective=broken)
    assert read_checkpoint(tmp_path / "c.pt")["step"] == 5


def test_optimizer_state_must_fit_its_parameters(tmp_path, save):
    """A fused optimiser writes through whatever shape it is given: the check comes first."""
    objective, optimizer = save(tmp_path / "c.pt")
    state = optimizer.state_dict()
    again = torch.optim.AdamW(objective.parameters(), lr=0.5)
    load_optimizer(again, state, tmp_path / "c.pt")
    assert again.param_groups[0]["lr"] == 0.5
    assert torch.equal(again.state_dict()["state"][1]["exp_avg"], state["state"][1]["exp_avg"])
    for damaged in ({}, {0: state["state"][0]}, "x"):
        with pytest.raises(CheckpointError, match="does not hold the state of the 4 parameters"):
            load_optimizer(again, {"state": damaged}, tmp_path / "c.pt")
    state["state"][2] = state["state"][2] | {"exp_avg": torch.zeros(3)}
    with pytest.raises(CheckpointError, match="'exp_avg' of parameter 2 does not fit"):
        load_optimizer(again, state, tmp_path / "c.pt")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"step": "5"}, "'step' must be of type int, found str"),
        ({"step": -5}, "from step -5"),
        ({"optimizer": "x"}, "'optimizer' must be of type dict"),
    ],
)
def test_contents_of_another_kind_are_named(tmp_path, save, change, message):
    save(tmp_path / "c.pt")
    torch.save(read_checkpoint(tmp_path / "c.pt") | change, tmp_path / "c.pt")
    with pytest.raises(CheckpointError, match=message):
        read_checkpoint(tmp_path / "c.pt")


def test_a_new_option_that_changes_nothing_does_not_hold_up_an_old_run(tmp_path):
    saved = {"trainer": {"lr": 1e-3}}
    same = {**saved, "resampling": "linear", "bodies": "present", "objective": {"share_positions": False}}
    check_same_config(tmp_path / "c.pt", saved, same, ignored=())
    with pytest.raises(CheckpointError, match="bodies was absent and is now padded"):
        check_same_config(tmp_path / "c.pt", saved, {**same, "bodies": "padded"}, ignored=())
    with pytest.raises(CheckpointError, match="resampling was nearest and is now linear"):
        check_same_config(tmp_path / "c.pt", {**saved, "resampling": "nearest"}, same, ignored=())
