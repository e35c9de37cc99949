from __future__ import annotations

import numpy as np
import pytest
import torch

from skgraph.data import SkeletonDataset
from skgraph.errors import CheckpointError, ConfigError, DataError
from skgraph.evaluation import PretrainedRun, clip_features, embed

CPU = torch.device("cpu")


def test_clip_features_are_those_of_an_evaluation(run_folder, store):
    found = embed(run_folder, store, device="cpu", precision="fp32")
    run = PretrainedRun.open(run_folder)
    wanted = clip_features(run.encoder(), SkeletonDataset(store, frames=16), run.views(store.topology), CPU, "fp32")
    assert torch.allclose(found.x, wanted.x, atol=1e-6) and found.recording.tolist() == store.name.tolist()
    assert (found.start == 0).all() and torch.equal(found.end, store.length) and (found.body == -1).all()


def test_labels_and_people(run_folder, store, tmp_path):
    found = embed(run_folder, store, "body", device="cpu")
    clip = [store.name.tolist().index(name) for name in found.recording.tolist()]
    assert torch.equal(found.y, store.y[clip]) and torch.equal(found.subject, store.subject[clip])
    found.save(tmp_path / "f.npz")
    with np.load(tmp_path / "f.npz", allow_pickle=False) as file:
        assert file["y"].tolist() == found.y.tolist() and file["class_names"].tolist() == ["a", "b", "c", "d"]
        assert file["subject"].tolist() == found.subject.tolist()
    assert "body features [64, 16] of 48 recordings" in repr(found) and "a, b, c, d" in found._repr_html_()


def test_scikit_learn_takes_features_as_they_are(run_folder, store):
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GroupKFold, cross_val_score

    found = embed(run_folder, store, device="cpu")
    scores = cross_val_score(LogisticRegression(), found.x, found.y, groups=found.subject, cv=GroupKFold(4))
    assert scores.shape == (4,) and (scores > 0).all()


def test_a_frame_of_features(run_folder, store):
    pytest.importorskip("pandas")
    found = embed(run_folder, store, device="cpu")
    frame = found.to_frame()
    assert frame["label"].tolist() == [store.class_names[k] for k in store.y] and len(frame.columns) == 7 + 16
    assert np.array_equal(frame[[str(i) for i in range(16)]].to_numpy(), found.x.numpy())
    with pytest.raises(ConfigError, match="features of clips or bodies, found level=joint"):
        embed(run_folder, store, "joint", device="cpu").to_frame()


def test_the_levels_are_means_of_each_other(run_folder, store):
    levels = {level: embed(run_folder, store, level, device="cpu") for level in ("clip", "body", "frame", "joint")}
    body = levels["body"]
    assert levels["frame"].x.shape == (64, 4, 16) and levels["joint"].x.shape == (64, 25, 16)
    assert body.x.shape == (64, 16) and body.recording[:3].tolist() == ["clip00", "clip00", "clip01"]
    assert body.body[:3].tolist() == [0, 1, 0] and levels["joint"].joints == tuple(store.topology.joints)
    for level in ("frame", "joint"):
        assert torch.allclose(levels[level].x.mean(dim=1), body.x, atol=1e-5)
    assert torch.allclose(body.x[:2].mean(dim=0), levels["clip"].x[0], atol=1e-5)
    joints = embed(run_folder, store, "body", pool="joints", device="cpu")
    assert torch.allclose(joints.x, levels["joint"].x.flatten(1), atol=1e-5)


def test_no_bar_without_a_terminal(run_folder, store, capsys):
    embed(run_folder, store, device="cpu", progress=True)
    assert capsys.readouterr().err == ""


def test_sliding_windows(run_folder, store):
    found = embed(run_folder, store, window=16, stride=8, device="cpu")
    first = found.recording == "clip00"
    assert found.start[first].tolist()[:2] == [0, 8] and (found.end - found.start <= 16).all()
    assert int(found.end[first].max()) == int(store.length[0])


def test_any_recording_and_back(run_folder, tmp_path, topology):
    joints = 0.3 * np.random.default_rng(0).normal(size=(2, 40, 25, 3))
    np.save(tmp_path / "walk.npy", joints)
    found = embed(run_folder, tmp_path / "walk.npy", "body", device="cpu")
    found.save(tmp_path / "f.npz", run="r")
    with np.load(tmp_path / "f.npz", allow_pickle=False) as file:
        assert np.array_equal(file["features"], found.x.numpy()) and file["recording"].tolist() == ["walk", "walk"]
        assert file["body"].tolist() == [0, 1] and file["end"].tolist() == [40, 40] and str(file["run"]) == "r"
        assert file["joints"].tolist() == list(topology.joints) and str(file["level"]) == "body"


def test_another_skeleton(run_folder, tmp_path):
    np.save(tmp_path / "walk.npy", 0.3 * np.random.default_rng(0).normal(size=(40, 22, 3)))
    path = tmp_path / "walk.npy"
    with pytest.raises(DataError, match="has 22 joints in 3D, topology 'ntu_rgbd' has 25 in 3D"):
        embed(run_folder, path)
    with pytest.raises(CheckpointError, match="joint_map=auto"):
        embed(run_folder, path, topology="uiprmd_22")
    found = embed(run_folder, path, "joint", topology="uiprmd_22", joint_map="auto")
    assert found.x.shape == (1, 25, 16)


def test_errors(run_folder, store, tmp_path):
    with pytest.raises(ConfigError, match="embed.level must be 'clip' or 'body' or 'frame' or 'joint', found 'token'"):
        embed(run_folder, store, "token")
    with pytest.raises(ConfigError, match="stride=5 is for sliding windows"):
        embed(run_folder, store, stride=5)
    with pytest.raises(ConfigError, match="embed.window must be a whole number or null, found 'a'"):
        embed(run_folder, store, window="a")
    with pytest.raises(ConfigError, match="stride must be 1 to 10"):
        embed(run_folder, store, window=10, stride=20)
    with pytest.raises(ConfigError, match="pool=joints is for level=clip or body, found level=frame"):
        embed(run_folder, store, "frame", pool="joints")
    with pytest.raises(ConfigError, match="pool=class needs an encoder with a class token"):
        embed(run_folder, store, pool="class")
    with pytest.raises(CheckpointError, match="nowhere"):
        embed("nowhere", store)
    with pytest.raises(ConfigError, match="path must be a file that ends in .npz, in a folder that exists"):
        embed(run_folder, store).save(tmp_path / "missing" / "f.npz")


def test_a_wrong_unit_shows(run_folder, tmp_path):
    np.save(tmp_path / "walk.npy", 300 * np.random.default_rng(0).normal(size=(40, 25, 3)))
    with pytest.raises(DataError, match="say unit=mm"):
        embed(run_folder, tmp_path / "walk.npy")
    assert embed(run_folder, tmp_path / "walk.npy", unit="mm").x.shape == (1, 16)
