from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from skgraph._internal.atomic import atomic_file, atomic_folder, restore_folder
from skgraph.errors import DataError

# Replaces a folder, and is killed between the two renames.
KILLED = """
import os, signal, sys
from pathlib import Path
from skgraph._internal.atomic import atomic_folder

rename = os.rename

def killed(source, target):
    rename(source, target)
    os.kill(os.getpid(), signal.SIGKILL)

os.rename = killed
with atomic_folder(Path(sys.argv[1])) as folder:
    (folder / "new").touch()
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "old").touch()
    return tmp_path / "a"


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_an_error_leaves_what_was_there(folder, error):
    with pytest.raises(error), atomic_folder(folder) as new:
        (new / "new").touch()
        raise error
    with pytest.raises(error), atomic_file(folder / "old", "w") as file:
        file.write("half")
        raise error
    assert names(folder.parent) == ["a"] and names(folder) == ["old"] and (folder / "old").read_text() == ""


def test_a_folder_is_replaced_as_a_whole(folder):
    with atomic_folder(folder) as new:
        (new / "new").touch()
        assert names(folder) == ["old"]
    assert names(folder.parent) == ["a"] and names(folder) == ["new"]


def test_what_must_stay_is_not_replaced(folder):
    def check(found):
        raise DataError(f"{found.name} must stay")

    with pytest.raises(DataError, match="a must stay"), atomic_folder(folder, check):
        pass
    assert names(folder.parent) == ["a"] and names(folder) == ["old"]


def test_what_a_kill_leaves_is_put_back_or_removed(folder):
    for put_back in (restore_folder, lambda path: atomic_folder(path).__enter__()):
        done = subprocess.run([sys.executable, "-c", KILLED, str(folder)], env=os.environ, check=False)
        assert done.returncode == -signal.SIGKILL and not folder.exists()
        put_back(folder)
        assert names(folder) == ["old"]
    with atomic_folder(folder) as new:
        (new / "new").touch()
    assert names(folder.parent) == ["a"] and names(folder) == ["new"]


def test_a_full_disk_is_named(tmp_path):
    with pytest.raises(OSError, match="No space left on device: '.*a.npz'"), atomic_file(tmp_path / "a.npz"):
        raise OSError(28, "No space left on device")
    assert names(tmp_path) == []
