"""What the pages take for granted: a store in data/mine, a run in runs/NAME, and a recording."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from skgraph.datasets.synthetic import write_synthetic
from tests.documents import run


@pytest.fixture(scope="session")
def workspace(tmp_path_factory, store_path, store) -> Path:
    """A folder with all of it, for copies."""
    folder = tmp_path_factory.mktemp("workspace")
    shutil.copytree(store_path, folder / "data" / "mine")
    # In the place where the quick start would write a larger one.
    write_synthetic(folder / "data" / "synthetic_subjects16_repetitions2_seed0", subjects=2, repetitions=1)
    np.save(folder / "recording.npy", np.tile(store.clip(1).joints.numpy()[:1], (1, 4, 1, 1)))
    before = Path.cwd()
    os.chdir(folder)
    try:
        run("pretrain", ["dataset=store", "dataset.root=data/mine", "name=NAME"])
    finally:
        os.chdir(before)
    return folder


@pytest.fixture
def folder(workspace, tmp_path, monkeypatch) -> Path:
    """The folder that a page is followed in."""
    shutil.copytree(workspace, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))  # files of one's own lie where the command runs
    return tmp_path
