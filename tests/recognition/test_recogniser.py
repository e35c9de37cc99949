from __future__ import annotations

import numpy as np
import pytest
import torch

from skgraph.data import SkeletonDataset, StoreWriter
from skgraph.errors import ConfigError
from skgraph.evaluation import clip_features, compare
from skgraph.evaluation.features.windows import Windows, sliding_windows
from skgraph.evaluation.model_folder import Head, save_model_folder
from skgraph.evaluation.results.scores import read_scores
from skgraph.recognition import Recogniser
from skgraph.recognition.exported_program import program_of
from skgraph.recognition.model_card import model_card


def test_its_head_is_the_linear_probe(recogniser, run_folder, store, tmp_path):
    compare(run_folder, store, "xsub", ["linear"], "cpu", "fp32", progress=False)
    (path,) = run_folder.glob("evaluation/linear_*/scores.npz")
    logits = torch.as_tensor(read_scores(path).logits).float()
    test = SkeletonDataset(store, "xsub", "test", frames=16)
    found = recogniser.window_probabilities(test, sliding_windows(test, None), recogniser.views(store))
    assert torch.allclose(found, logits.softmax(1), atol=1e-4)
    assert recogniser.class_names == ("a", "b", "c", "d") and recogniser.background is None


def test_a_batch_is_recognised_like_windows_of_a_store(recogniser, store):
    dataset = SkeletonDataset(store, frames=16)
    views, windows = recogniser.views(store), sliding_windows(dataset[:7], None)  # some have two bodies
    by_windows = recogniser.window_probabilities(dataset, windows, views)
    assert torch.allclose(recogniser(dataset.batch(torch.arange(7)), views), by_windows, atol=1e-5)


def test_its_pool_is_kept(run_folder, store, tmp_path):
    fitted = Recogniser.fit(run_folder, store, "xsub", precision="fp32", pool="joints")
    run, head = fitted.run, Head(fitted.probe, fitted.class_names, None, fitted.pool)
    assert fitted.probe.mean.shape == (25 * 16,)
    metadata = {"step": run.step, "content_hash": run.content_hash}
    save_model_folder(tmp_path / "m", run.weights, run.config, run.topology, model_card(run, head), head, **metadata)
    assert "| feature of a body | joints |" in (tmp_path / "m" / "README.md").read_text()
    loaded = Recogniser.load(tmp_path / "m", precision="fp32")
    dataset = SkeletonDataset(store, frames=16)
    views, batch = loaded.views(store), dataset.batch(torch.arange(7))
    by_windows = fitted.window_probabilities(dataset, sliding_windows(dataset[:7], None), views)
    assert torch.allclose(loaded(batch, views), by_windows, atol=1e-5)
    one_body = dataset.batch(torch.tensor([1, 2, 4]))
    logits = program_of(run, fitted.probe, fitted.pool)(one_body.joints[:, 0])
    assert torch.allclose(logits.softmax(1), by_windows[[1, 2, 4]], atol=1e-5)


def test_its_bodies_are_kept(run_folder, store, tmp_path):
    fitted = Recogniser.fit(run_folder, store, "xsub", precision="fp32", bodies="relation")
    head = Head(fitted.probe, fitted.class_names, None, bodies=fitted.bodies)
    assert fitted.probe.mean.shape == (3 * 16,)
    metadata = {"step": fitted.run.step, "content_hash": fitted.run.content_hash}
    files = (fitted.run.weights, fitted.run.config, fitted.run.topology, model_card(fitted.run, head), head)
    save_model_folder(tmp_path / "m", *files, **metadata)
    loaded = Recogniser.load(tmp_path / "m", precision="fp32")
    dataset = SkeletonDataset(store, frames=16)
    by_windows = fitted.window_probabilities(dataset, sliding_windows(dataset[:7], None), fitted.views(store))
    assert torch.allclose(loaded(dataset.batch(torch.arange(7)), loaded.views(store)), by_windows, atol=1e-5)
    one, two = store.body_ptr.diff() == 1, store.body_ptr.diff() == 2
    features = clip_features(fitted.encoder, dataset, fitted.views(store), torch.device("cpu"), "fp32", "relation").x
    assert not features[one, 16:].any() and features[two, 16:].abs().sum(dim=1).min() > 0
    alone = clip_features(fitted.encoder, dataset, fitted.views(store), torch.device("cpu"), "fp32").x
    assert torch.allclose(features[:, :16], alone, atol=1e-5)


def test_recordings_are_learned_with_background(run_folder, topology, tmp_path):
    rng = np.random.default_rng(0)
    poses = rng.normal(size=(3, 25, 3)).astype(np.float32)  # of background, of a wave, of a kick
    label = np.repeat([0, 1, 0, 2, 0], 120)
    with StoreWriter(tmp_path / "long", topology, ["wave", "kick"], source="made up") as writer:
        for i in range(3):
            joints = poses[label] + rng.normal(size=(600, 25, 3)).astype(np.float32) * 0.05
            writer.add(joints[None], y=-1, name=f"r{i}", segments=[(0, 120, 240), (1, 360, 480)])
    found = Recogniser.fit(run_folder, tmp_path / "long", precision="fp32")
    assert found.class_names == ("wave", "kick", "background") and found.background == 2
    dataset = SkeletonDataset(tmp_path / "long", frames=16)
    start = torch.tensor([20, 150, 390])
    windows = Windows(torch.zeros_like(start), start, torch.full_like(start, 60), [3])
    p = found.window_probabilities(dataset, windows, found.views(dataset.store))
    assert p.argmax(1).tolist() == [2, 0, 1]


def test_bad_input(run_folder, topology, store, tmp_path):
    with pytest.raises(ConfigError, match="c must be positive, found 0"):
        Recogniser.fit(run_folder, store, "xsub", c=0)
    with pytest.raises(ConfigError, match="pool=class needs an encoder with a class token, found TransformerEncoder"):
        Recogniser.fit(run_folder, store, "xsub", pool="class")
    with StoreWriter(tmp_path / "none", topology, ["unlabelled"], source="made up") as writer:
        writer.add(np.random.rand(1, 20, 25, 3), y=0, name="c")
    with pytest.raises(ConfigError, match="has one class, 'unlabelled': a recogniser learns several"):
        Recogniser.fit(run_folder, tmp_path / "none")
