from __future__ import annotations

import numpy as np
import pytest
import torch

from skgraph.data import SkeletonDataset
from skgraph.evaluation.features.clip_features import Features
from skgraph.evaluation.features.feature_cache import cached_features, code_hash, weights_hash


class Counter:
    def __init__(self):
        self.calls = 0

    def __call__(self) -> Features:
        self.calls += 1
        return Features(torch.full((3, 2), float(self.calls)), torch.arange(3), torch.arange(3))


@pytest.fixture
def clips(store):
    """Three clips, as the counter has them."""
    return SkeletonDataset(store, frames=16)[:3]


def test_found_again_by_what_they_depend_on(tmp_path, clips):
    compute = Counter()
    first = cached_features(tmp_path, {"weights": "a"}, clips, compute)
    again = cached_features(tmp_path, {"weights": "a"}, clips, compute)
    assert compute.calls == 1 and torch.equal(first.x, again.x) and torch.equal(first.y, again.y)
    cached_features(tmp_path, {"weights": "b"}, clips, compute)
    assert compute.calls == 2 and len(list(tmp_path.glob("*.npz"))) == 2


def test_no_folder_no_cache(clips):
    compute = Counter()
    for _ in range(2):
        cached_features(None, {}, clips, compute)
    assert compute.calls == 2


@pytest.mark.parametrize(
    "damage", ["truncated", "pickled", "empty", "wrong kind", "not finite", "other clips", "fewer"]
)
def test_what_is_damaged_or_of_something_else_is_made_again(tmp_path, clips, damage):
    compute = Counter()
    cached_features(tmp_path, {}, clips, compute)
    (path,) = tmp_path.glob("*.npz")
    if damage == "truncated":
        path.write_bytes(path.read_bytes()[:100])
    elif damage == "empty":
        path.write_bytes(b"")
    else:
        x = {
            "pickled": np.array([object()]),
            "wrong kind": np.zeros((3, 2), np.float64),
            "not finite": np.full((3, 2), np.nan, np.float32),
            "other clips": np.zeros((3, 2), np.float32),
            "fewer": np.zeros((2, 2), np.float32),
        }[damage]
        np.savez(path, x=x, clip=np.arange(3)[::-1] if damage == "other clips" else np.arange(len(x)))
    assert cached_features(tmp_path, {}, clips, compute).x[0, 0] == 2 and compute.calls == 2
    assert cached_features(tmp_path, {}, clips, compute).x[0, 0] == 2 and compute.calls == 2


def test_a_hash_of_weights(make_encoder):
    one, two = make_encoder(), make_encoder()
    assert weights_hash(one) == weights_hash(two)
    with torch.no_grad():
        two.norm.bias[0] += 1e-6
    assert weights_hash(one) != weights_hash(two)


def test_code_of_ones_own_counts(make_encoder, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    hashes = []
    for name in ("tanh", "cos"):
        (tmp_path / f"mine_{name}.py").write_text(f"from torch import nn\nclass Mine(nn.Module):\n    act = '{name}'\n")
        hashes.append(code_hash(__import__(f"mine_{name}").Mine()))
    assert hashes[0] != hashes[1] and code_hash(make_encoder()) == code_hash(make_encoder())
