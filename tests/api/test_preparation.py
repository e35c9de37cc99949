from __future__ import annotations

import numpy as np
import pytest

from skgraph.api import prepare
from skgraph.errors import ConfigError


@pytest.fixture
def archive(store, tmp_path):
    path = tmp_path / "my clips.npz"
    clips = [store.clip(i).joints[0].numpy() for i in range(8)]
    np.savez(
        path,
        x=np.concatenate(clips)[:, None],
        offsets=np.cumsum([0, *map(len, clips)]),
        name=store.name[:8],
        y=store.y[:8].numpy(),
        class_names=np.array(store.class_names),
        subject=np.arange(8) % 4,
    )
    return path


def test_an_archive_becomes_a_store(archive, tmp_path, capsys):
    options = {
        "topology": "ntu_rgbd",
        "unit": "m",
        "fps": 30,
        "check_height": False,
        "split": {"by": "subject", "train": [0, 1]},
    }
    made = prepare("npz", archive, out=tmp_path / "mine", **options)
    assert made.num_clips == 8 and made.splits() == ["xsub"] and len(made.split("xsub", "train")) == 4
    assert "clips         8" in capsys.readouterr().out


def test_synthetic_motions(tmp_path):
    assert prepare("synthetic", out=tmp_path / "small", subjects=2, repetitions=1).max_bodies == 2


def test_bad_options(archive, tmp_path):
    with pytest.raises(ConfigError, match="Could not override 'topologie': did you mean topology"):
        prepare("npz", archive, out=tmp_path / "mine", topologie="ntu_rgbd")
    with pytest.raises(ConfigError, match="say topology=...: no default fits"):
        prepare("npz", archive, out=tmp_path / "mine")
    with pytest.raises(ConfigError, match="source must be a word or a path or a list .*, found '\\[0.0, 0.0\\]'"):
        prepare("npy", np.zeros(2).tolist(), out=tmp_path / "mine")
