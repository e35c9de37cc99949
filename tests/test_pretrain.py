"""The main job as a user runs it: processes, files, kills."""

from __future__ import annotations

import json
import math
import os
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import torch
import yaml

from skgraph._internal.atomic import locked_folder
from skgraph.api.pretraining import check_recipe
from skgraph.build import open_store, with_measurements
from skgraph.data import SkeletonDataset
from skgraph.data.body_geometry import heading_spread
from skgraph.errors import ConfigError
from skgraph.evaluate import main as evaluate_main
from skgraph.pretrain import main as pretrain_main
from skgraph.training import Trainer
from skgraph.training.checkpoint import read_checkpoint
from tests.test_configs import composed

TINY = (
    "dataset=store",
    "frames=16",
    "min_frames=8",
    "encoder.dim=16",
    "encoder.depth=1",
    "encoder.heads=2",
    "patch_length=4",
    "objective.predictor.depth=1",
    "trainer.epochs=3",
    "trainer.batch_size=8",
    "trainer.lr_batch=8",
    "trainer.warmup_epochs=1",
    "trainer.log_every=1",
    "trainer.progress=false",
)


def run(module, *arguments, cwd, nproc=1, check=True):
    launcher = (
        [sys.executable, "-m"]
        if nproc == 1
        else [sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={nproc}", "-m"]
    )
    env = os.environ | {"PYTHONPATH": os.getcwd()}
    done = subprocess.run(
        [*launcher, module, *arguments], cwd=cwd, env=env, capture_output=True, text=True, timeout=300
    )
    if check:
        assert done.returncode == 0, done.stderr[-3000:]
    return done


@pytest.fixture
def call(monkeypatch, capsys):
    """Runs a command in this process; what it printed."""

    def call(main, *arguments, cwd):
        monkeypatch.chdir(cwd)
        monkeypatch.setattr(sys, "argv", [main.__module__, *arguments])
        main()
        return capsys.readouterr().out

    return call


@pytest.fixture(scope="module")
def finished(store_path, tmp_path_factory):
    """A run made by the command line, and what it printed."""
    cwd = tmp_path_factory.mktemp("work")
    done = run("skgraph.pretrain", *TINY, f"dataset.root={store_path}", "name=r", cwd=cwd)
    return cwd, done.stdout


def test_it_ends_with_a_table_and_leaves_a_run(finished):
    cwd, out = finished
    lines = out.strip().splitlines()
    assert "32 bodies of" in lines[0] and "12 steps" in lines[1]
    assert "views turn bodies by up to" in lines[2]
    title, header, knn, by_k, linear = lines[3:8]
    assert "24 test clips of tiny" in title and header.split() == "protocol trained random init raw coordinates".split()
    assert knn.startswith("knn") and by_k.startswith("  k: 1 ") and linear.startswith("linear")
    names = {p.name for p in (cwd / "runs" / "r").iterdir()}
    assert names == {".lock", "checkpoint.pt", "config.yaml", "evaluation", "features", "metrics.jsonl", "tensorboard"}
    card = json.loads((cwd / "runs" / "r" / "evaluation" / "linear_tiny_xsub" / "result.json").read_text())
    assert card["protocol"] == "linear" and 0 <= card["top1"] <= 100 and card["dataset"]["test_clips"] == 24
    assert card["step"] == 12 and card["config"]["frames"] == 16
    assert all(f"{x['top1']:.1f}" in linear for x in (card, card["random_init"], card["raw_coordinates"]))
    assert not list(cwd.glob("*.log")) and not (cwd / "outputs").exists()


def test_scores_carry_clip_names(finished, store):
    with np.load(finished[0] / "runs" / "r" / "evaluation" / "knn_tiny_xsub" / "scores.npz") as scores:
        assert sorted(scores["name"]) == sorted(store.name[store.split("xsub", "test").numpy()])
        by_name = dict(zip(store.name, store.y.tolist(), strict=True))
        assert [by_name[name] for name in scores["name"]] == scores["label"].tolist()


def test_the_same_command_again_trains_nothing(finished, store_path, call):
    cwd, out = finished
    before = (cwd / "runs" / "r" / "checkpoint.pt").read_bytes()
    again = call(pretrain_main, *TINY, f"dataset.root={store_path}", "name=r", cwd=cwd)
    assert "resumed at step 12" in again and again.strip().splitlines()[-2:] == out.strip().splitlines()[-2:]
    assert (cwd / "runs" / "r" / "checkpoint.pt").read_bytes() == before


def test_evaluate_agrees_with_the_table(finished, store_path, call):
    cwd, out = finished
    again = run("skgraph.evaluate", "-m", "protocol=knn,linear", "run=runs/r,runs/r", cwd=cwd).stdout
    assert again.count(next(line for line in out.splitlines() if line.startswith("linear "))) == 2
    elsewhere = call(
        evaluate_main,
        "protocol=knn",
        "protocol.k=5",
        "run=runs/r",
        "dataset=store",
        f"dataset.root={store_path}",
        "dataset.split=xsub",
        "bodies=padded",
        cwd=cwd,
    )
    assert "written: runs/r/evaluation/knn_tiny_xsub_k5_padded" in elsewhere


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nonsense=1"], "error: Could not override 'nonsense'"),
        (
            ["trainer.lerning_rate=1"],
            "Could not override 'trainer.lerning_rate': expected one of epochs, steps, batch_size",
        ),
        (["trainer.lr=0"], "error: trainer.lr must be positive"),
        (["runs=null"], "error: runs must be a word or a whole number or a number, found null"),
        (["frames=20000"], "error: frames must be at most 10000, found 20000"),
        (["trainer.lr=${oc.env:NO_SUCH_VARIABLE}"], "error: trainer.lr: KeyError raised while resolving"),
        (["mask=everything"], "Could not find 'mask/everything': available options in 'mask' are limb, motion_joint,"),
        (["objective.loss=l1"], "error: objective.loss must be 'ce' or 'l2', found 'l1'"),
        (["dataset.root=nowhere"], "error: no store at 'nowhere'"),
        (["dataset.split=xview"], "error: dataset.split must be one of xsub"),
        (["patch_length=5"], "error: encoder: patch_length must divide the frames, found 5 for 16 frames"),
        (["trainer.batch_size=99"], "error: the dataset has 32 bodies, fewer than one global batch of 99 x 1"),
        (["normalise.align=sideways"], "error: normalise.align must be"),
        (["seed=1"], "error: 'runs/r' holds a run of another configuration: seed was 0 and is now 1"),
    ],
)
def test_bad_input_is_one_clear_error(finished, store_path, arguments, message, monkeypatch, capsys):
    monkeypatch.chdir(finished[0])
    before = (finished[0] / "runs" / "r" / "checkpoint.pt").read_bytes()
    monkeypatch.setattr(sys, "argv", ["pretrain", *TINY, f"dataset.root={store_path}", "name=r", *arguments])
    with pytest.raises(SystemExit) as exit_:
        pretrain_main()
    error = capsys.readouterr().err
    assert exit_.value.code == 1 and message in error and "Traceback" not in error
    assert (finished[0] / "runs" / "r" / "checkpoint.pt").read_bytes() == before


def test_another_store_is_not_taken_for_the_synthetic_dataset(store_path):
    with pytest.raises(ConfigError, match=r"is not the synthetic dataset: say dataset=store dataset.root="):
        open_store({"root": store_path, "synthetic": {}})


@pytest.mark.parametrize(
    ("recipe", "objective", "message"),
    [
        ("mamp_ntu60_xsub", "gfp", "a recipe of objective=mamp, found objective=gfp: choose one of gfp_ntu120_xset"),
        ("sjepa_small", "skeletonmae", "choose one of skeletonmae_ntu120_xset, .*, or experiment=none"),
    ],
)
def test_a_recipe_of_another_objective_is_refused(recipe, objective, message):
    with pytest.raises(ConfigError, match=message):
        check_recipe({"experiment": recipe, "objective": objective})
    for experiment in (f"{objective}_small", "none", "my_own"):
        check_recipe({"experiment": experiment, "objective": objective})
    check_recipe({"experiment": "custom_small", "objective": "added_by_a_user"})


def test_somebodys_encoder_is_checked_before_it_trains(store_path, tmp_path):
    code = "from torch import nn\nclass Mine(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
    (tmp_path / "mine.py").write_text(code)
    done = run(
        "skgraph.pretrain",
        *TINY[:3],
        *TINY[6:7],
        f"dataset.root={store_path}",
        "encoder=custom",
        "encoder._target_=mine.Mine",
        "objective=mamp",
        cwd=tmp_path,
        check=False,
    )
    assert done.returncode == 1 and done.stderr.startswith("error: Mine needs dim (its width) and grid")


def test_another_topology_is_refused_by_name(finished, topology, tmp_path, monkeypatch, capsys):
    from skgraph.data import StoreWriter
    from skgraph.embed import main as embed_main
    from skgraph.topology import Topology

    # 25 joints like the checkpoint's, with other names: shapes alone would let it pass
    other = topology.to_dict() | {"name": "other"}
    renamed = yaml.safe_load(yaml.safe_dump(other).replace("HandLeft", "PawLeft"))
    with StoreWriter(tmp_path / "s", Topology.from_dict(renamed), ["a", "b"]) as writer:
        for i in range(4):
            writer.add(np.random.default_rng(i).normal(size=(1, 20, 25, 3)), y=0, name=f"c{i}")
        writer.add_split("xsub", [0, 1], [2, 3])
    monkeypatch.chdir(finished[0])
    arguments = ["evaluate", "run=runs/r", "dataset=store", f"dataset.root={tmp_path / 's'}"]
    monkeypatch.setattr(sys, "argv", arguments)
    with pytest.raises(SystemExit):
        evaluate_main()
    error = capsys.readouterr().err
    assert "was trained on topology 'ntu_rgbd' (25 joints), the recordings have 'other' (25 joints)" in error
    assert "Traceback" not in error and error.count("\n") == 1
    arguments = ["embed", "run=runs/r", f"source={tmp_path / 's'}", f"out={tmp_path / 'f.npz'}"]
    monkeypatch.setattr(sys, "argv", arguments)
    with pytest.raises(SystemExit):
        embed_main()
    assert capsys.readouterr().err == error
    arguments = ["pretrain", *TINY, f"dataset.root={tmp_path / 's'}", "trainer.batch_size=2", "name=r"]
    monkeypatch.setattr(sys, "argv", arguments)
    with pytest.raises(SystemExit):
        pretrain_main()
    error = capsys.readouterr().err
    assert "was trained on topology 'ntu_rgbd' (25 joints), " in error and "has 'other' (25 joints)" in error


@pytest.mark.parametrize("command", ["pretrain", "evaluate"])
def test_a_corrupt_checkpoint_is_an_error_and_stays(finished, store_path, tmp_path, command, monkeypatch, capsys):
    shutil.copytree(finished[0] / "runs", tmp_path / "runs")
    path = tmp_path / "runs" / "r" / "checkpoint.pt"
    path.write_bytes(path.read_bytes()[:1000])
    monkeypatch.chdir(tmp_path)
    arguments = {"pretrain": (*TINY, f"dataset.root={store_path}", "name=r"), "evaluate": ("run=runs/r",)}[command]
    monkeypatch.setattr(sys, "argv", [command, *arguments])
    with pytest.raises(SystemExit) as exit_:
        {"pretrain": pretrain_main, "evaluate": evaluate_main}[command]()
    error = capsys.readouterr().err
    assert exit_.value.code == 1 and "Traceback" not in error
    assert "error: the checkpoint 'runs/r/checkpoint.pt' is corrupt" in error
    assert path.stat().st_size == 1000


def test_kill_9_leaves_a_run_that_resumes_to_the_same_weights(store_path, tmp_path, call):
    command = (*TINY, f"dataset.root={store_path}", "trainer.epochs=15", "trainer.diagnose_every=15", "evaluate=[]")
    env = os.environ | {"PYTHONPATH": os.getcwd()}
    assert "60 steps" in call(pretrain_main, *command, "name=whole", cwd=tmp_path)
    command = (*command, "trainer.checkpoint_every=1")
    checkpoint = tmp_path / "runs" / "killed" / "checkpoint.pt"
    victim = subprocess.Popen(
        [sys.executable, "-m", "skgraph.pretrain", *command, "name=killed"],
        cwd=tmp_path,
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 120
    while not checkpoint.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.05)  # somewhere in the middle of a step, or of a checkpoint: one is written after every step
    victim.send_signal(signal.SIGKILL)
    victim.wait()
    killed_at = read_checkpoint(checkpoint)["step"]
    assert 0 < killed_at < 60
    assert f"resumed at step {killed_at}" in call(pretrain_main, *command, "name=killed", cwd=tmp_path)
    first, second = (read_checkpoint(tmp_path / "runs" / n / "checkpoint.pt")["objective"] for n in ("whole", "killed"))
    assert all(torch.equal(first[key], second[key]) for key in first)


def test_two_processes_train_as_one(store_path, tmp_path, call):
    done = run(
        "skgraph.pretrain",
        *TINY,
        f"dataset.root={store_path}",
        "name=two",
        "trainer.batch_size=4",
        cwd=tmp_path,
        nproc=2,
    )
    assert "12 steps" in done.stdout and done.stdout.count("protocol") == 1
    content = read_checkpoint(tmp_path / "runs" / "two" / "checkpoint.pt")
    assert content["step"] == 12
    lines = [json.loads(x) for x in (tmp_path / "runs" / "two" / "metrics.jsonl").read_text().splitlines()]
    losses = [x["loss"] for x in lines if "loss" in x]
    assert len(losses) == 12 and losses[-1] < losses[0]
    # one process goes on where two stopped: parameters carry no trace of the number of processes
    command = (*TINY, f"dataset.root={store_path}", "name=two")
    assert "trainer.batch_size=8" in command
    assert "resumed at step 12" in call(pretrain_main, *command, cwd=tmp_path)


def test_the_default_command_needs_no_data():
    config = composed()
    assert config["dataset"]["synthetic"] and config["encoder"]["dim"] == 128


def test_a_stopped_training_does_not_end_like_a_finished_one(store_path, tmp_path, monkeypatch, call):
    original = Trainer._train_step

    def train_step(self, *arguments):
        os.kill(os.getpid(), signal.SIGTERM)
        return original(self, *arguments)

    arguments = (*TINY, f"dataset.root={store_path}", "evaluate=[]", "name=r")
    with monkeypatch.context() as patched:
        patched.setattr(Trainer, "_train_step", train_step)
        with pytest.raises(SystemExit) as stopped:
            call(pretrain_main, *arguments, cwd=tmp_path)
    assert stopped.value.code == 143
    assert "resumed at step 1" in call(pretrain_main, *arguments, "trainer.stop_at=2", cwd=tmp_path)


def test_numbers_go_to_the_logger_each_once_and_it_may_change(store_path, tmp_path, call):
    arguments = (*TINY, f"dataset.root={store_path}", "evaluate=[]", "name=r")
    assert "stopped at step 6 of 12" in call(pretrain_main, *arguments, "logger=csv", "trainer.stop_at=6", cwd=tmp_path)
    call(pretrain_main, *arguments, "logger=csv", "trainer.stop_at=9", cwd=tmp_path)
    call(pretrain_main, *arguments, cwd=tmp_path)
    run = tmp_path / "runs" / "r"
    rows = [line.split(",") for line in (run / "metrics.csv").read_text().splitlines()]
    assert [row[0] for row in rows if row[1] == "loss"] == [str(step) for step in range(1, 10)]
    assert "rankme" in {row[1] for row in rows} and (run / "tensorboard").exists()
    assert "logger" not in yaml.safe_load((run / "config.yaml").read_text())


def test_two_processes_do_not_train_in_one_folder(store_path, tmp_path, call, capsys):
    (tmp_path / "runs" / "r").mkdir(parents=True)
    with locked_folder(tmp_path / "runs" / "r") as alone, pytest.raises(SystemExit):
        assert alone
        call(pretrain_main, *TINY, f"dataset.root={store_path}", "name=r", cwd=tmp_path)
    assert "error: another process trains in 'runs/r': give this run a name=..." in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "runs" / "r").iterdir()] == [".lock"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["pool=class"], "pool=class needs an encoder with a class token, found TransformerEncoder"),
        (["pool=joints", "evaluate=[finetune]"], "pool=joints is for fixed features; protocol finetune"),
        (["pool=best"], "pool must be 'mean' or 'mean_std' or 'class' or 'class_mean' or 'joints', found 'best'"),
    ],
)
def test_a_pool_that_does_not_fit_is_refused_before_the_training(store_path, tmp_path, call, capsys, options, message):
    with pytest.raises(SystemExit):
        call(pretrain_main, *TINY, f"dataset.root={store_path}", "name=r", *options, cwd=tmp_path)
    assert message in capsys.readouterr().err and not (tmp_path / "runs" / "r" / "checkpoint.pt").exists()


def test_the_table_at_the_end_takes_the_pool_of_the_run(store_path, tmp_path, call):
    call(pretrain_main, *TINY, f"dataset.root={store_path}", "name=r", "pool=joints", "evaluate=[knn]", cwd=tmp_path)
    card = json.loads((tmp_path / "runs/r/evaluation/knn_tiny_xsub_joints/result.json").read_text())
    assert card["pool"] == "joints"


def test_a_measured_heading_is_part_of_the_run(store):
    """Bodies are turned as widely as people face; the configuration keeps the number, so that a resumption has it."""
    bodies = SkeletonDataset(store, "xsub", items="bodies", frames=16)
    config = composed("dataset=store", "dataset.root=x", "heading=auto")
    measured = with_measurements(config, bodies)
    spread = heading_spread(store, store.split("xsub", "train"))
    expected = round(min(max(0.5, math.sqrt(3) * spread), math.pi), 2)
    assert measured["heading"] == measured["augment"]["rotate"]["y"] == expected
    assert with_measurements(measured, bodies) == measured and config["augment"]["rotate"]["y"] == "auto"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["heading=word"], "heading must be auto, or an angle of 0 to 3.1416 radians, found 'word'"),
        (["heading=100"], "heading must be auto, or an angle of 0 to 3.1416 radians, found '100'"),
        (["heading=0.1", "augment=geometric"], "heading=0.1 is for augment=mild"),
        (["heading=0.1", "augment.rotate.y=auto"], "heading=0.1 is for augment=mild"),
    ],
)
def test_headings_that_would_do_nothing_are_refused(store, options, message):
    bodies = SkeletonDataset(store, "xsub", items="bodies", frames=16)
    with pytest.raises(ConfigError, match=message):
        with_measurements(composed("dataset=store", "dataset.root=x", *options), bodies)
