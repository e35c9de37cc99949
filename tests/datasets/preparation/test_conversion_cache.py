import pickle
import subprocess
import sys

import numpy as np
import pytest

from skgraph.datasets.preparation.conversion_cache import Parts
from skgraph.datasets.raw_clip import RawClip
from skgraph.errors import DataError


def clip(bodies, frames, confidence=True):
    rng = np.random.default_rng(bodies * 100 + frames)
    joints = rng.normal(size=(bodies, frames, 4, 3)).astype(np.float32)
    sure = np.float32(rng.integers(0, 256, (bodies, frames, 4)) / 255) if confidence else None
    return RawClip(joints, rng.random((bodies, frames)) < 0.7, sure)


@pytest.mark.parametrize("confidence", [True, False])
def test_clips_come_back(tmp_path, confidence):
    clips = [
        clip(1, 5, confidence),
        RawClip.left_out("damaged: line 3"),
        clip(2, 1, confidence),
        clip(2, 9, confidence),
    ]
    parts = Parts(tmp_path / "parts", "key")
    parts.write(3, clips)
    assert 3 in parts and 2 not in parts
    for one, other in zip(clips, parts.read(3), strict=True):
        assert one.excluded == other.excluded
        if not one.excluded:
            assert (one.joints == other.joints).all() and (one.there == other.there).all()
            assert (one.confidence is other.confidence is None) or (one.confidence == other.confidence).all()


def test_nothing_but_excluded_clips(tmp_path):
    parts = Parts(tmp_path / "parts", "key")
    parts.write(0, [RawClip.left_out("no frames")])
    assert parts.read(0)[0].excluded == "no frames"


def test_the_same_key_goes_on_and_another_starts_over(tmp_path):
    with Parts(tmp_path / "parts", ("a", 1)) as parts:
        parts.write(0, [clip(1, 2)])
    with Parts(tmp_path / "parts", ("a", 1)) as parts:
        assert 0 in parts
    with Parts(tmp_path / "parts", ("a", 2)) as parts:
        assert 0 not in parts


def test_a_damaged_part_is_said(tmp_path):
    parts = Parts(tmp_path / "parts", "key")
    parts.write(0, [clip(1, 200)])
    content = parts.path(0).read_bytes()
    parts.path(0).write_bytes(content[: len(content) // 2])
    with pytest.raises(DataError, match="000000.npz' is damaged .*: remove the folder"):
        parts.read(0)


def test_a_folder_of_something_else_is_left_alone(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(DataError, match="is in the way: expected nothing or what an earlier command left there"):
        Parts(tmp_path, "key")
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_what_lies_beside_a_key_is_left_alone(tmp_path):
    """A folder of one's own may have a key.json too."""
    (tmp_path / "key.json").write_text("{}")
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(DataError, match="is in the way: .*, and it holds notes.txt"):
        Parts(tmp_path, "key")
    assert (tmp_path / "notes.txt").read_text() == "mine"
    (tmp_path / "link").symlink_to(tmp_path / "none")
    with pytest.raises(DataError, match="link', where converted clips would wait, cannot be made"):
        Parts(tmp_path / "link", "key")
    with pytest.raises(
        DataError, match="notes.txt', where converted clips would wait, cannot be made: .*Not a directory"
    ):
        Parts(tmp_path / "notes.txt", "key")


def test_what_a_killed_command_left_is_removed(tmp_path):
    with Parts(tmp_path / "parts", "a") as parts:
        parts.write(0, [clip(1, 2)])
    (parts.folder / ".000001.npz.4711.partial").write_bytes(b"half")
    with Parts(tmp_path / "parts", "a") as parts:
        assert 0 in parts
    with Parts(tmp_path / "parts", "b"):
        assert sorted(path.name for path in parts.folder.iterdir()) == ["key.json", "lock"]


def test_two_commands_do_not_share_a_folder(tmp_path):
    with Parts(tmp_path / "parts", "a") as parts:
        parts.write(0, [clip(1, 2)])
        with pytest.raises(DataError, match="another command is converting clips into '.*parts': wait for its end"):
            Parts(tmp_path / "parts", "b")
        Parts.discard(tmp_path / "parts")
        assert 0 in parts
    Parts.discard(tmp_path / "parts")
    assert not (tmp_path / "parts").exists()


def test_other_processes_write_under_the_lock_of_the_first(tmp_path):
    with Parts(tmp_path / "parts", "a") as parts:
        pickle.loads(pickle.dumps(parts)).write(0, [clip(1, 2)])
        assert 0 in parts
        with pytest.raises(DataError, match="another command"):
            Parts(tmp_path / "parts", "a")


def test_a_kill_releases_the_folder(tmp_path):
    code = "from skgraph.datasets.preparation.conversion_cache import Parts\nfrom pathlib import Path\n"
    code += f"parts = Parts(Path({str(tmp_path / 'parts')!r}), 'a')\nprint(flush=True)\ninput()"
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        other.stdout.readline()
        with pytest.raises(DataError, match="another command"):
            Parts(tmp_path / "parts", "a")
        other.kill()
    Parts(tmp_path / "parts", "a").close()


def test_a_full_disk_is_said(tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    parts = Parts(tmp_path / "parts", "key")
    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(DataError, match="000000.npz' cannot be written: .*No space left on device"):
        parts.write(0, [clip(1, 2)])
