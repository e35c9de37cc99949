from __future__ import annotations

import copy
import csv
import json
import math
import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch

from skgraph.data import SkeletonDataset, SkeletonStore, StoreWriter
from skgraph.errors import CheckpointError, ConfigError, DataError
from skgraph.evaluation import Settings, build_protocol, compare, knn_scores, raw_clip_features, top_k
from skgraph.evaluation.comparison import hold_out_subjects
from skgraph.evaluation.results import result_folder as result_folder_module
from skgraph.evaluation.results.format_results import format_results
from skgraph.evaluation.results.result import Result, join_warnings
from skgraph.evaluation.results.result_folder import result_folder
from skgraph.topology import Topology

CPU = torch.device("cpu")


@pytest.fixture
def folder(run_folder, tmp_path):
    """A copy, so that results do not meet."""
    return shutil.copytree(run_folder, tmp_path / "r")


def evaluate(folder, store, *protocols, **settings):
    chosen = [build_protocol(p) for p in protocols]
    return compare(folder, store, "xsub", chosen, CPU, "fp32", Settings(**settings), progress=False)


def test_a_result_is_complete(folder, store):
    (result,) = evaluate(folder, store, "linear")
    path = folder / "evaluation" / "linear_tiny_xsub" / "result.json"
    saved = json.loads(path.read_text())
    assert saved == json.loads(json.dumps(result.to_dict())) and Result.load(path) == result
    assert (result.protocol, result.recipe, result.options) == ("linear", "exact", {"c": 1.0, "iterations": 1000})
    assert result.dataset.content_hash == store.content_hash == result.pretrained_on.content_hash
    assert result.dataset.train_clips == result.dataset.test_clips == 24
    assert result.stream == "joint" and result.objective == "skgraph.objectives.SJEPA" and result.run == "r"
    assert saved["top1_interval"][0] <= saved["top1"] <= saved["top1_interval"][1]
    assert {"top1", "top5", "mean_class", "calibration_error"} <= saved["random_init"].keys()
    for key in ("seed", "versions", "device", "precision", "config", "seconds", "date", "rankme", "step"):
        assert saved[key] is not None


def test_scores_and_classes_are_beside_it(folder, store):
    (result,) = evaluate(folder, store, "linear")
    place = folder / "evaluation" / "linear_tiny_xsub"
    with np.load(place / "scores.npz", allow_pickle=False) as scores:
        logits, label, name = scores["logits"], scores["label"], scores["name"]
    by_name = dict(zip(store.name, store.y.tolist(), strict=True))
    assert [by_name[n] for n in name] == label.tolist() and len(name) == 24
    assert top_k(torch.tensor(logits), torch.tensor(label)) == result.metrics["top1"]
    rows = list(csv.DictReader((place / "per_class.csv").open()))
    assert [r["class"] for r in rows] == ["a", "b", "c", "d"]
    assert 100 * sum(int(r["right"]) for r in rows) / 24 == pytest.approx(result.metrics["top1"])
    counts = np.array([line[1:] for line in csv.reader((place / "confusion.csv").open())][1:], int)
    assert counts.sum() == 24 and np.trace(counts) == sum(int(r["right"]) for r in rows)
    assert (place / "confusion.png").read_bytes().startswith(b"\x89PNG")
    assert not (place / "validation_scores.npz").exists()


def test_whatever_is_not_the_default_names_the_folder(folder, store):
    protocol = build_protocol({"name": "knn", "k": 5})
    place = result_folder(folder, protocol, store, "xsub", Settings(crop=0.95, bodies="padded", crops=3))
    assert place.name == "knn_tiny_xsub_k5_crop0.95_crops3_padded"
    assert result_folder(folder, protocol, store, "xsub", Settings(seed=3)).name == "knn_tiny_xsub_k5_seed3"
    long = build_protocol({"name": "linear", "recipe": "mamp", "milestones": list(range(1, 99))})
    assert len(result_folder(folder, long, store, "xsub", Settings()).name) < 220


def test_validation_people_are_not_trained_on(folder, store):
    (result,) = evaluate(folder, store, "linear", validation=0.5)
    place = folder / "evaluation" / "linear_tiny_xsub_validation0.5"
    with np.load(place / "validation_scores.npz") as held_out, np.load(place / "scores.npz") as test:
        names = set(held_out["name"])
        assert not names & set(test["name"])
    people = {int(s) for s, n in zip(store.subject, store.name, strict=True) if n in names}
    assert len(people) == 1 and result.dataset.train_clips == result.dataset.validation_clips == 12
    train = set(store.name[store.split("xsub", "train").numpy()])
    assert names < train


def test_features_are_computed_once(folder, store):
    evaluate(folder, store, "linear", "knn", "retrieval")
    kept = sorted((folder / "features").iterdir())
    assert len(kept) == 4  # train and test, trained and random
    stamps = [path.stat().st_mtime_ns for path in kept]
    evaluate(folder, store, "knn")
    assert [path.stat().st_mtime_ns for path in kept] == stamps
    evaluate(folder, store, "knn", cache=False, crop=0.5)
    assert sorted((folder / "features").iterdir()) == kept


def test_the_table(folder, store):
    text = format_results(evaluate(folder, store, "knn", "retrieval", "linear"))
    lines = text.splitlines()
    assert lines[0] == "top-1 accuracy (%) on 24 test clips of tiny, split xsub; differences: trained less baseline"
    assert lines[1].split() == "protocol trained random init raw coordinates".split() and len(lines[2].split()) == 6
    assert lines[2].startswith("knn") and lines[3].startswith("  k: 1 ") and "mAP" in lines[5]
    alone = format_results(evaluate(folder, store, "linear", random_init=False, raw_coordinates=False))
    alone = alone.splitlines()[2].split()
    assert alone[0] == "linear" and len(alone) == 2


def test_raw_coordinates_beside_the_encoder(folder, store):
    """They depend on nothing that is learned, and a worse encoder is said to be worse, with causes."""
    knn, linear = evaluate(folder, store, "knn", "linear")
    train, test = (raw_clip_features(SkeletonDataset(store, "xsub", part)) for part in ("train", "test"))
    expected = top_k(knn_scores(train.x, train.y, test.x, 4), test.y)
    assert knn.raw_coordinates["top1"] == pytest.approx(expected) and linear.raw_coordinates["top1"] > 0
    for result in (knn, linear):
        loaded = Result.load(folder / "evaluation" / f"{result.label}_tiny_xsub" / "result.json")
        assert loaded.raw_coordinates == result.raw_coordinates and loaded.causes == result.causes
        assert bool(result.causes) == bool(result.below) == (join_warnings([result]) is not None)
    worst = replace(knn, metrics={**knn.metrics, "top1": 0.0}, causes=["few steps"])
    assert "warning: knn is " in format_results([worst]) and "likely causes: few steps" in format_results([worst])


def test_other_preprocessing_is_said(folder, store, tmp_path, topology):
    with StoreWriter(tmp_path / "s", topology, store.class_names, preprocessing="preset mamp") as writer:
        for i in range(store.num_clips):
            clip = store.clip(i)
            writer.add(clip.joints.numpy(), y=int(clip.y), name=clip.name, frame_mask=clip.frame_mask.numpy())
        writer.add_split("xsub", store.split("xsub", "train"), store.split("xsub", "test"))
    (result,) = evaluate(folder, SkeletonStore.open(tmp_path / "s"), "knn")
    assert (result.pretrained_on.preprocessing, result.dataset.preprocessing) == ("none", "preset mamp")
    assert "note: pre-trained on coordinates prepared as 'none', these are prepared as 'preset mamp'" in format_results(
        [result]
    )
    (own,) = evaluate(folder, store, "knn")
    assert "note:" not in format_results([own])


def test_a_collapsed_encoder_is_said_to_be_one(folder, store):
    from skgraph.training.checkpoint import read_checkpoint

    path = folder / "checkpoint.pt"
    content = read_checkpoint(path)
    content["encoder"]["norm.weight"] = torch.zeros_like(content["encoder"]["norm.weight"])
    torch.save(content, path)
    short = {"epochs": 1, "batch_size": 8, "min_frames": 8, "warmup_epochs": 0.0}
    for protocol in ("linear", "knn", {"name": "linear", "recipe": "mamp", **short}, {"name": "attentive", **short}):
        (result,) = results = evaluate(folder, store, protocol)
        assert result.feature_std < 1e-6
        assert "warning: collapse: the effective rank of the features is 1" in format_results(results)


def test_another_topology(folder, tmp_path):
    uiprmd = Topology.load("uiprmd_22")
    rng = np.random.default_rng(0)
    with StoreWriter(tmp_path / "u", uiprmd, ["a", "b"]) as writer:
        for i in range(12):
            writer.add(rng.normal(size=(1, 20, 22, 3)), y=i % 2, name=f"c{i}", subject=i // 6)
        writer.add_split("xsub", range(6), range(6, 12))
    other = SkeletonStore.open(tmp_path / "u")
    with pytest.raises(CheckpointError, match="joint_map=auto"):
        evaluate(folder, other, "knn")
    (result,) = evaluate(folder, other, "knn", joint_map="auto")
    assert result.dataset.topology == "uiprmd_22" and result.pretrained_on.topology == "ntu_rgbd"
    shorter = {"name": "transfer", "epochs": 1, "min_frames": 8, "batch_size": 6, "warmup_epochs": 0.0}
    (result,) = evaluate(folder, other, shorter, joint_map="auto")
    assert 0 <= result.metrics["top1"] <= 100


def test_recordings_without_one_label_are_for_detection(folder, store, tmp_path, topology):
    rng = np.random.default_rng(0)
    with StoreWriter(tmp_path / "rec", topology, ["a", "b"]) as writer:
        for i in range(8):
            joints = rng.normal(size=(1, 80, 25, 3)) * 0.01
            joints[0, 20:40, i % 2 :: 3] += 1.0
            writer.add(joints, y=-1, name=f"c{i}", segments=[[i % 2, 20, 40]])
        writer.add_split("xsub", range(4), range(4, 8))
    recordings = SkeletonStore.open(tmp_path / "rec")
    with pytest.raises(
        ConfigError, match=r"recordings without one label each, 'c0' for instance: use protocol=detection"
    ):
        evaluate(folder, recordings, "linear")
    with pytest.raises(ConfigError, match="has none"):
        evaluate(folder, store, "detection")
    options = {"name": "detection", "window": 10, "stride": 5, "smooth": 1, "min_length": 3}
    (result,) = results = evaluate(folder, recordings, options)
    by_iou = [result.metrics[f"map_at_{iou}"] for iou in (0.1, 0.3, 0.5)]
    assert by_iou == sorted(by_iou, reverse=True) and by_iou[0] > 50 and not math.isnan(by_iou[2])
    assert "mAP at IoU 0.5 (%)" in format_results(results)
    (place,) = (folder / "evaluation").glob("detection*")
    assert (place / "segments.csv").read_text().startswith("recording,label,start,end,score\n")
    assert not (place / "scores.npz").exists()


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"crop": 0.0}, ConfigError, r"crop must be a proportion in \(0, 1\], found 0.0"),
        ({"crops": 0}, ConfigError, "crops must be at least 1"),
        ({"validation": 1.0}, ConfigError, r"validation must be a share of the training people in \[0, 1\)"),
        ({"bodies": "all"}, ConfigError, "'present' or 'padded' or 'relation'"),
        ({"crops": 3, "crop": 1.0}, ConfigError, "crops=3 of whole clips are all the same"),
        ({"crops": "a"}, ConfigError, "evaluate.crops must be a whole number, found 'a'"),
        ({"cache": "no"}, ConfigError, "evaluate.cache must be true or false, found 'no'"),
        ({"batch_size": 10**30}, ConfigError, "batch_size is too large"),
        ({"seed": 3}, ConfigError, "seed=3: nothing is drawn in protocol knn"),
    ],
)
def test_bad_settings(folder, store, settings, error, message):
    with pytest.raises(error, match=message):
        evaluate(folder, store, "knn", **settings)


def test_a_classifier_that_is_trained(folder, store):
    options = {"epochs": 1, "min_frames": 8, "warmup_epochs": 0.0, "batch_size": 8}
    results = evaluate(folder, store, {"name": "finetune", **options}, {"name": "scratch", **options})
    assert results[0].random_init["top1"] >= 0 and results[1].baselines == {} and not results[1].pretrained
    assert results[0].raw_coordinates is None
    lines = format_results(results).splitlines()
    assert len(lines[2].split()) == 4 and lines[4].split()[2:] == ["-"] and "last epoch; the best, epoch 1" in lines[3]


def test_transfer_wants_another_dataset(folder, store):
    with pytest.raises(ConfigError, match="evaluates on another dataset than the run's"):
        evaluate(folder, store, "transfer")


def test_nothing_half_written(folder, store, monkeypatch):
    """What was there before stays where a new result cannot be written."""
    evaluate(folder, store, "knn")
    before = (folder / "evaluation" / "knn_tiny_xsub" / "result.json").read_bytes()
    monkeypatch.setattr(result_folder_module, "save_classes", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        evaluate(folder, store, "knn")
    place = folder / "evaluation" / "knn_tiny_xsub"
    assert (place / "result.json").read_bytes() == before and sorted(p.name for p in place.parent.iterdir()) == [
        place.name
    ]


def test_one_class_cannot_be_told_apart(folder, tmp_path, topology):
    with StoreWriter(tmp_path / "one", topology, ["unlabelled"]) as writer:
        for i in range(4):
            writer.add(np.ones((1, 20, 25, 3)), y=0, name=f"c{i}")
        writer.add_split("xsub", [0, 1], [2, 3])
    with pytest.raises(ConfigError, match="has one class, 'unlabelled': there is nothing to tell apart"):
        evaluate(folder, SkeletonStore.open(tmp_path / "one"), "knn")


def test_whole_people_are_held_out():
    subject = torch.tensor([3] * 10 + [5] * 20 + [8] * 5 + [9] * 7)
    held = hold_out_subjects(subject, 0.5, 0)
    out, kept = subject[held].unique(), subject[~held].unique()
    assert len(out) == len(kept) == 2 and not set(out.tolist()) & set(kept.tolist())
    assert torch.equal(held, hold_out_subjects(subject, 0.5, 0))
    assert len(subject[hold_out_subjects(subject, 0.01, 0)].unique()) == 1
    assert len(subject[~hold_out_subjects(subject, 0.99, 0)].unique()) == 1


def test_unknown_people_cannot_be_held_out():
    with pytest.raises(DataError, match=r"at least 2 of them, found \[4\] and unknown ones"):
        hold_out_subjects(torch.tensor([4, -1, 4]), 0.2, 0)
    with pytest.raises(DataError, match=r"found \[4\]$"):
        hold_out_subjects(torch.tensor([4, 4]), 0.2, 0)


def test_a_pool_has_a_folder_and_a_place_in_the_result(run_folder, store_path):
    (result,) = compare(run_folder, store_path, "xsub", ["knn"], CPU, "fp32", Settings(pool="joints"), progress=False)
    assert result.pool == "joints" and (run_folder / "evaluation" / "knn_tiny_xsub_joints").is_dir()
    for way in ("finetune", "attentive"):
        with pytest.raises(ConfigError, match="pool=joints is for fixed features; protocol .* encodes in each step"):
            compare(run_folder, store_path, "xsub", [way], CPU, "fp32", Settings(pool="joints"), progress=False)


def test_bodies_are_those_of_the_protocol_unless_said(folder, store):
    store = copy.copy(store)
    store.meta = store.meta | {"preprocessing": "preset mamp"}
    probe = {"name": "linear", "recipe": "mamp", "epochs": 1, "min_frames": 8, "batch_size": 8, "rotate": 0.0}
    options = {"device": "cpu", "precision": "fp32", "progress": False}
    knn, mamp = compare(folder, store, "xsub", ["knn", build_protocol(probe)], **options)
    assert (knn.bodies, mamp.bodies) == ("present", "padded")
    assert result_folder(folder, build_protocol("knn"), store, "xsub", Settings()).is_dir()
    (other,) = compare(folder, store, "xsub", [build_protocol(probe)], settings=Settings(bodies="present"), **options)
    assert other.bodies == "present" and other.metrics != mamp.metrics
    assert result_folder(folder, build_protocol(probe), store, "xsub", Settings(bodies="present")).name.endswith(
        "_present"
    )
