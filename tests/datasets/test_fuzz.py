"""A little of `fuzz.py`: each reader meets some damaged files; and what writers write, readers read."""

import pickle

import numpy as np
import pytest

from skgraph.datasets.ntu.skeleton_file import parse_skeleton
from skgraph.datasets.ntu.write_skeleton import skeleton_text
from skgraph.datasets.restricted_pickle import load_plain
from tests.datasets.fuzz import READERS, fuzz


@pytest.mark.parametrize("reader", READERS)
def test_damaged_files_are_refused_or_read(reader, tmp_path):
    outcomes = list(fuzz(reader, range(12), 1, tmp_path))
    assert len(outcomes) == 12
    assert [(number, how, outcome.problem) for number, how, outcome in outcomes if outcome.problem] == []


@pytest.mark.parametrize("seed", range(20))
def test_any_bodies_come_back_from_a_skeleton_file(seed):
    rng = np.random.default_rng(seed)
    bodies, frames = rng.integers(1, 5), rng.integers(1, 20)
    joints = rng.normal(size=(bodies, frames, 25, 3)) * 10.0 ** rng.integers(-6, 3)
    there = rng.random((bodies, frames)) < rng.random()
    ids = rng.permutation(10**17 + np.arange(bodies)).tolist()
    tracks = {}
    for track in parse_skeleton(skeleton_text(joints, there, ids=ids).encode()).tracks:
        tracks[tuple(track.frame.tolist()), float(track.joints[0, 0, 0])] = track.joints
    assert len(tracks) == there.any(axis=1).sum()
    for own, mask in zip(joints, there, strict=True):
        if mask.any():
            frame = tuple(np.flatnonzero(mask).tolist())
            found = [joints for (key, _), joints in tracks.items() if key == frame]
            assert any(np.allclose(joints, own[mask], rtol=5e-7, atol=0) for joints in found)


@pytest.mark.parametrize("protocol", range(6))
def test_plain_data_come_back_from_a_pickle(tmp_path, protocol):
    rng = np.random.default_rng(protocol)
    arrays = [rng.normal(size=(2, 3)).astype(dtype) for dtype in ("f2", "f4", "f8", "i1", "i8")]
    plain = {"a": [1, -(2**70), 0.5, None, True, "text", b"bytes", (1, (2, [3]))], "b": {"c": {1, 2}}}
    (tmp_path / "a.pkl").write_bytes(pickle.dumps([plain, arrays], protocol))
    found, read = load_plain(tmp_path / "a.pkl")
    assert found == plain
    for one, other in zip(arrays, read, strict=True):
        assert one.dtype == other.dtype and (one == other).all()
