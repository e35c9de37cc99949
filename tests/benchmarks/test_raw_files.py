import numpy as np
import pytest

from benchmarks.raw_files.ntu import write_ntu_files
from benchmarks.raw_files.pku import write_pku_files
from skgraph.data import SkeletonStore
from skgraph.datasets.formats.ntu.skeleton_file import parse_skeleton
from skgraph.datasets.preparation.write_store import write_store
from skgraph.datasets.readers.ntu import read_ntu
from skgraph.datasets.readers.pku import read_pku
from skgraph.datasets.synthetic import write_synthetic
from skgraph.errors import ConfigError


def test_ntu_files_hold_the_store(tmp_path):
    store = write_synthetic(tmp_path / "made", subjects=2, repetitions=1)
    write_ntu_files(store, tmp_path / "raw")
    for i in range(0, store.num_clips, 7):
        recording = parse_skeleton((tmp_path / "raw" / f"{store.name[i]}.skeleton").read_bytes())
        clip = store.clip(i)
        assert recording.frames == clip.frame_mask.size(1)
        tracks = sorted(recording.tracks, key=lambda track: track.slot[-1])  # a late body is listed later
        for body, track in zip(range(len(clip.joints)), tracks, strict=True):
            there = clip.frame_mask[body].numpy()
            assert track.frame.tolist() == np.flatnonzero(there).tolist()
            np.testing.assert_allclose(track.joints, clip.joints[body].numpy()[there], rtol=5e-7, atol=1e-12)
    write_store(read_ntu(tmp_path / "raw", tmp_path / "parts", 60, processes=1), tmp_path / "read")
    read = SkeletonStore.open(tmp_path / "read")
    assert sorted(store.name) == read.name.tolist() and read.max_bodies == 2


def test_pku_files_hold_the_recordings(tmp_path):
    store = write_synthetic(tmp_path / "made", subjects=2, repetitions=1, recordings=True)
    write_pku_files(store, tmp_path / "raw")
    write_store(read_pku(tmp_path / "raw", tmp_path / "parts", 1, form="recordings", processes=1), tmp_path / "read")
    read = SkeletonStore.open(tmp_path / "read")
    assert read.num_clips == store.num_clips == 18
    assert sorted(read.length.tolist()) == sorted(store.length.tolist())
    for i in range(0, 18, 5):  # the three views of a performance have one length
        views = [j for j in range(18) if read.length[j] == store.length[i]]
        same = [j for j in views if np.allclose(read.clip(j).joints, store.clip(i).joints, atol=5e-7)]
        assert len(same) == 1 and read.segments(same[0]).tolist() == store.segments(i).tolist()


def test_pku_files_need_segments(tmp_path, store):
    with pytest.raises(ConfigError, match="has no recordings with segments: make it with recordings=true"):
        write_pku_files(store, tmp_path / "raw")
