import numpy as np
import pytest

from benchmarks.parse import _arrays, _dictionaries, benchmark_parse
from benchmarks.raw_files.ntu import skeleton_text
from skgraph.datasets.formats.ntu.skeleton_file import parse_skeleton


def test_ratios_and_a_projection():
    measured = benchmark_parse(files=3, prepared=6, repeats=1)
    for name in ("dictionaries", "arrays"):
        ratio = measured["skgraph_files_per_s"] / measured[f"{name}_files_per_s"]
        assert measured[f"times_as_fast_as_{name}"] == pytest.approx(ratio)
    minutes = 114_480 / measured["prepare_2_processes_files_per_s"] / 60
    assert measured["files"] == 3 and measured["ntu120_minutes_with_2_processes"] == pytest.approx(minutes)


def test_every_parser_reads_the_same_positions(tmp_path):
    joints = np.random.default_rng(0).normal(size=(2, 6, 25, 3))
    path = tmp_path / "a.skeleton"
    path.write_text(skeleton_text(joints, np.ones((2, 6), bool), ids=[3, 4]))
    tracks = parse_skeleton(path.read_bytes()).tracks
    dictionaries, arrays = _dictionaries(path), _arrays(path)
    for body, track in enumerate(tracks):
        assert (dictionaries[:, body] == track.joints).all()
        assert (arrays[str(3 + body)].reshape(6, 25, 3) == track.joints.astype(np.float32)).all()
