from __future__ import annotations

import numpy as np
import pytest
import torch

from skgraph.encoders import TransformerEncoder
from skgraph.errors import ConfigError
from skgraph.evaluation.pretrained import PretrainedRun
from skgraph.viewer.run_layers import attention_received, run_layers
from tests.diagnosis.conftest import trained


def test_layers_on_the_token_grid(run_folder, store):
    first, second = run_layers(run_folder, store, [0, 1])  # clip 0 has two bodies, clip 1 one
    for layers in (first, second):
        assert layers.keys() == {"mask", "attention", "error"}
        assert all(layer.values.shape == (2, 4, 25) and (layer.values >= 0).all() for layer in layers.values())
    assert first["mask"].values.sum(axis=(1, 2)).tolist() == [10, 10]  # a tenth of 100 tokens
    assert second["mask"].values.sum(axis=(1, 2)).tolist() == [10, 0]  # there is no second body
    assert np.allclose(first["attention"].values.mean(axis=(1, 2)), 1, atol=1e-5)
    assert (first["error"].values[0] > 0).all()  # of sixteen masks each token is in one
    assert set(np.unique(first["mask"].values)) == {0, 1} and first["mask"].kind == "binary"


def test_the_same_seed_the_same_layers(run_folder, store):
    a, b, c = (run_layers(run_folder, store, [3], ["mask", "error"], seed=seed)[0] for seed in (1, 1, 2))
    assert all(np.array_equal(a[key].values, b[key].values) for key in a)
    assert not np.array_equal(a["mask"].values, c["mask"].values)


def test_attention_by_its_formula(topology):
    torch.manual_seed(0)
    encoder = TransformerEncoder(topology, 8, patch_length=4, dim=16, depth=2, heads=2).eval()
    joints = torch.randn(3, 8, 25, 3)
    with torch.no_grad():
        found = attention_received(encoder, joints)
        x = encoder.embed(encoder.raw_tokens(joints, None)) + encoder.positions(None)
        x = encoder.blocks[0](x)
        block = encoder.blocks[1]
        q, k, _ = block.attention.qkv(block.norm1(x)).view(3, 50, 3, 2, 8).unbind(2)
        total = torch.zeros(3, 50)
        for b in range(3):
            for head in range(2):
                scores = q[b, :, head] @ k[b, :, head].T / 8**0.5
                total[b] += scores.softmax(-1).mean(0) / 2 * 50
    assert torch.allclose(found, total, atol=1e-5)
    assert not encoder.blocks[-1].attention._forward_pre_hooks


def test_what_a_run_cannot_say(run_folder, store, store_path, tmp_path):
    with pytest.raises(ConfigError, match="layers are mask, attention, error, found 'depth'"):
        run_layers(run_folder, store, [0], ["depth"])
    with pytest.raises(ConfigError, match="view: masks must be at least 1"):
        run_layers(run_folder, store, [0], masks=0)
    short = ["trainer.epochs=1", "trainer.warmup_epochs=0", "trainer.snapshot_every=0"]
    gfp = trained(
        tmp_path,
        store_path,
        "gfp",
        "objective=gfp",
        "objective.decoder.levels=[2,4]",
        "objective.targets=[2,4,g]",
        *short,
    )
    with pytest.raises(ConfigError, match="show=error needs an objective that predicts each token .* has GFP: leave"):
        run_layers(gfp, store, [0], ["error"])
    assert run_layers(PretrainedRun.open(gfp), store, [0], ["mask"])[0]["mask"].values.any()
    assert run_layers(trained(tmp_path, store_path, "mamp", "objective=mamp", *short), store, [0], ["error"])
