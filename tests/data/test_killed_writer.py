"""A writer that is killed while it replaces a store."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys

import numpy as np
import pytest

from skgraph._internal.atomic import take_lock
from skgraph.data import SkeletonStore, StoreWriter
from skgraph.errors import StoreError

# Writes a store of one clip over another, and is killed at the rename with this number.
KILLED = """
import os, signal, sys
import numpy as np
from skgraph.data import StoreWriter
from skgraph.topology import Topology

rename, calls = os.rename, []

def killed(source, target):
    calls.append(source)
    if len(calls) == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
    rename(source, target)

os.rename = killed
with StoreWriter(sys.argv[1], Topology.load("ntu_rgbd"), ["a"], overwrite=True) as writer:
    writer.add(np.ones((1, 5, 25, 3)), y=0, name="new")
"""


@pytest.fixture
def copied(store_path, tmp_path):
    return shutil.copytree(store_path, tmp_path / "copy")


@pytest.fixture(scope="module")
def left(store_path, tmp_path_factory):
    """The folder of a store whose writer was killed."""
    folder = tmp_path_factory.mktemp("killed")
    copied = shutil.copytree(store_path, folder / "copy")
    done = subprocess.run([sys.executable, "-c", KILLED, str(copied), "2"], env=os.environ, check=False)
    assert done.returncode == -signal.SIGKILL and not copied.exists()
    assert sorted(path.suffix for path in folder.iterdir()) == [".partial", ".replaced"]
    return folder


@pytest.fixture
def killed(left, tmp_path):
    return shutil.copytree(left, tmp_path, dirs_exist_ok=True) / "copy"


def test_reading_puts_the_old_store_back(killed):
    assert SkeletonStore.open(killed).num_clips == 48


def test_writing_puts_the_old_store_back(killed, topology):
    with pytest.raises(StoreError, match="exists already"), StoreWriter(killed, topology, ["a"]):
        pass
    with StoreWriter(killed, topology, ["a"], overwrite=True) as writer:
        assert SkeletonStore.open(killed).num_clips == 48
        writer.add(np.ones((1, 5, 25, 3)), y=0, name="new")
    assert SkeletonStore.open(killed).num_clips == 1
    assert [path.name for path in killed.parent.iterdir()] == ["copy"]


def test_what_was_replaced_already_is_removed(copied, topology):
    shutil.copytree(copied, copied.parent / ".copy.123.replaced")
    shutil.copytree(copied, copied.parent / ".copy.124.replaced")
    (copied.parent / ".copy.124.replaced" / "notes.txt").touch()
    shutil.copytree(copied, copied.parent / ".copy.b.123.replaced")  # of the store 'copy.b'
    with StoreWriter(copied, topology, ["a"], overwrite=True) as writer:
        writer.add(np.ones((1, 5, 25, 3)), y=0, name="new")
    assert sorted(path.name for path in copied.parent.iterdir()) == [
        ".copy.124.replaced",
        ".copy.b.123.replaced",
        "copy",
    ]


def test_a_writer_at_work_is_left_alone(killed):
    (partial,) = killed.parent.glob("*.partial")
    descriptor = os.open(partial, os.O_RDONLY)
    assert take_lock(descriptor)
    with pytest.raises(StoreError, match="no store at"):
        SkeletonStore.open(killed)
    os.close(descriptor)
    assert SkeletonStore.open(killed).num_clips == 48


def test_the_lock_is_kept_until_the_store_is_in_place(tmp_path, topology, monkeypatch):
    def rename(source, target):
        descriptor = os.open(source, os.O_RDONLY)
        assert not take_lock(descriptor)
        os.close(descriptor)
        moved.append(target)

    moved, move = [], os.rename
    monkeypatch.setattr(os, "rename", lambda source, target: (rename(source, target), move(source, target)))
    with StoreWriter(tmp_path / "s", topology, ["a"]) as writer:
        writer.add(np.ones((1, 5, 25, 3)), y=0, name="new")
    assert moved == [tmp_path / "s"]
