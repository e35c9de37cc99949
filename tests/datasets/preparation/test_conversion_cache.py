import pickle
import subprocess
import sys

import numpy as np
import pytest

from skgraph.datasets.preparation.conversion_cache import ConversionCache
from skgraph.datasets.raw_dataset import RawClip
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
    cache = ConversionCache(tmp_path / "cache", "key")
    cache.write(3, clips)
    assert 3 in cache and 2 not in cache
    for one, other in zip(clips, cache.read(3), strict=True):
        assert one.excluded == other.excluded
        if not one.excluded:
            assert (one.joints == other.joints).all() and (one.there == other.there).all()
            assert (one.confidence is other.confidence is None) or (one.confidence == other.confidence).all()


def test_nothing_but_excluded_clips(tmp_path):
    cache = ConversionCache(tmp_path / "cache", "key")
    cache.write(0, [RawClip.left_out("no frames")])
    assert cache.read(0)[0].excluded == "no frames"


def test_the_same_key_goes_on_and_another_starts_over(tmp_path):
    with ConversionCache(tmp_path / "cache", ("a", 1)) as cache:
        cache.write(0, [clip(1, 2)])
    with ConversionCache(tmp_path / "cache", ("a", 1)) as cache:
        assert 0 in cache
    with ConversionCache(tmp_path / "cache", ("a", 2)) as cache:
        assert 0 not in cache


def test_a_damaged_chunk(tmp_path):
    cache = ConversionCache(tmp_path / "cache", "key")
    cache.write(0, [clip(1, 200)])
    content = cache.path(0).read_bytes()
    cache.path(0).write_bytes(content[: len(content) // 2])
    with pytest.raises(DataError, match="000000.npz' is damaged .*: remove the folder"):
        cache.read(0)


def test_a_folder_of_something_else_is_left_alone(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(DataError, match="is in the way of a cache of converted clips: it holds notes.txt"):
        ConversionCache(tmp_path, "key")
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_what_lies_beside_a_key_is_left_alone(tmp_path):
    """A folder of one's own may have a key.json too."""
    (tmp_path / "key.json").write_text("{}")
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(DataError, match="is in the way of a cache of converted clips: it holds notes.txt"):
        ConversionCache(tmp_path, "key")
    assert (tmp_path / "notes.txt").read_text() == "mine"
    (tmp_path / "link").symlink_to(tmp_path / "none")
    with pytest.raises(DataError, match="link', the cache of converted clips, cannot be made"):
        ConversionCache(tmp_path / "link", "key")
    with pytest.raises(DataError, match="notes.txt', the cache of converted clips, cannot be made: .*Not a directory"):
        ConversionCache(tmp_path / "notes.txt", "key")


def test_what_a_killed_command_left_is_removed(tmp_path):
    with ConversionCache(tmp_path / "cache", "a") as cache:
        cache.write(0, [clip(1, 2)])
    (cache.folder / ".000001.npz.4711.partial").write_bytes(b"half")
    with ConversionCache(tmp_path / "cache", "a") as cache:
        assert 0 in cache
    with ConversionCache(tmp_path / "cache", "b"):
        assert sorted(path.name for path in cache.folder.iterdir()) == ["key.json", "lock"]


def test_two_commands_do_not_share_a_folder(tmp_path):
    with ConversionCache(tmp_path / "cache", "a") as cache:
        cache.write(0, [clip(1, 2)])
        with pytest.raises(DataError, match="another command uses '.*cache': wait for its end"):
            ConversionCache(tmp_path / "cache", "b")
        ConversionCache.discard(tmp_path / "cache")
        assert 0 in cache
    ConversionCache.discard(tmp_path / "cache")
    assert not (tmp_path / "cache").exists()


def test_other_processes_write_under_the_lock_of_the_first(tmp_path):
    with ConversionCache(tmp_path / "cache", "a") as cache:
        pickle.loads(pickle.dumps(cache)).write(0, [clip(1, 2)])
        assert 0 in cache
        with pytest.raises(DataError, match="another command"):
            ConversionCache(tmp_path / "cache", "a")


def test_a_kill_releases_the_folder(tmp_path):
    code = "from skgraph.datasets.preparation.conversion_cache import ConversionCache\nfrom pathlib import Path\n"
    code += f"cache = ConversionCache(Path({str(tmp_path / 'cache')!r}), 'a')\nprint(flush=True)\ninput()"
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        other.stdout.readline()
        with pytest.raises(DataError, match="another command"):
            ConversionCache(tmp_path / "cache", "a")
        other.kill()
    ConversionCache(tmp_path / "cache", "a").close()


def test_a_full_disk_is_said(tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    cache = ConversionCache(tmp_path / "cache", "key")
    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(DataError, match="000000.npz' cannot be written: .*No space left on device"):
        cache.write(0, [clip(1, 2)])
