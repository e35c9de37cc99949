from __future__ import annotations

import numpy as np
import pytest
import torch

from skgraph.evaluation.feature_cache import cached_features, weights_hash
from skgraph.evaluation.features import Features


class Counter:
    def __init__(self):
        self.calls = 0

    def __call__(self) -> Features:
        self.calls += 1
        return Features(torch.full((3, 2), float(self.calls)), torch.arange(3), torch.arange(3))


def test_found_again_by_what_they_depend_on(tmp_path):
    compute = Counter()
    first = cached_features(tmp_path, {"weights": "a"}, compute)
    again = cached_features(tmp_path, {"weights": "a"}, compute)
    assert compute.calls == 1 and torch.equal(first.x, again.x) and torch.equal(first.y, again.y)
    cached_features(tmp_path, {"weights": "b"}, compute)
    assert compute.calls == 2 and len(list(tmp_path.glob("*.npz"))) == 2


def test_no_folder_no_cache():
    compute = Counter()
    for _ in range(2):
        cached_features(None, {}, compute)
    assert compute.calls == 2


@pytest.mark.parametrize("damage", ["truncated", "pickled", "empty", "wrong kind"])
def test_what_is_damaged_is_made_again(tmp_path, damage):
    compute = Counter()
    cached_features(tmp_path, {}, compute)
    (path,) = tmp_path.glob("*.npz")
    if damage == "truncated":
        path.write_bytes(path.read_bytes()[:100])
    elif damage == "empty":
        path.write_bytes(b"")
    else:
        x = np.array([object()]) if damage == "pickled" else np.zeros((3, 2), np.float64)
        np.savez(path, x=x, y=np.arange(3), clip=np.arange(3))
    assert cached_features(tmp_path, {}, compute).x[0, 0] == 2 and compute.calls == 2
    assert cached_features(tmp_path, {}, compute).x[0, 0] == 2 and compute.calls == 2


def test_a_hash_of_weights(make_encoder):
    one, two = make_encoder(), make_encoder()
    assert weights_hash(one) == weights_hash(two)
    with torch.no_grad():
        two.norm.bias[0] += 1e-6
    assert weights_hash(one) != weights_hash(two)
