import pickle

import numpy as np
import pytest

from skgraph.datasets.formats import keypoint_files
from skgraph.datasets.formats.keypoint_files import KeypointFiles
from skgraph.errors import DataError

KEYPOINT = np.arange(18, dtype=np.float16).reshape(3, 2, 3)
FRAMES = np.array([0, 0, 4], np.int16)


@pytest.fixture
def save(tmp_path):
    def write(name, content):
        (tmp_path / name).write_bytes(pickle.dumps(content))
        return KeypointFiles(tmp_path)

    return write


def test_files_of_several_videos(save, monkeypatch):
    save("one.pkl", {"v_a": {"keypoint": KEYPOINT}, "v_b": {"keypoint": KEYPOINT[:1]}})
    files, read = save("two.pkl", {"v_c": {"keypoint": KEYPOINT}}), []
    monkeypatch.setattr(
        keypoint_files, "read_pickle", lambda path: read.append(path.name) or pickle.loads(path.read_bytes())
    )
    for name, raw_file, frames in (("v_a", "one", FRAMES), ("v_b", "one", FRAMES[:1]), ("v_c", "two", FRAMES)):
        found, keypoint = files.read(name, {"raw_file": f"data/k400/{raw_file}.pkl", "frame_inds": frames})
        assert found.tolist() == frames.tolist() and keypoint.dtype == np.float64
        np.testing.assert_array_equal(keypoint, KEYPOINT[: len(frames)])
    assert read == ["one.pkl", "two.pkl"]


def test_a_file_a_video(save):
    files = save("v_a.pkl", {"keypoint": KEYPOINT, "frame_inds": FRAMES})
    assert files.read("v_a", {"frame_inds": FRAMES[:1]})[0].tolist() == [0, 0, 4]
    assert files.read("data/v_a", {})[1].shape == (3, 2, 3)


@pytest.mark.parametrize(
    "content, message",
    [
        ([], "v_a.pkl', clip 'v_a': expected a dict with 'keypoint', found a list of 0"),
        ({"v_b": {}}, "clip 'v_a': expected a dict with 'keypoint', found None"),
        ({"keypoint": [1]}, r"'keypoint' must be numbers \[people, joints, 3\], found a list of 1"),
        ({"keypoint": KEYPOINT[..., :2]}, r"'keypoint' must be numbers .*, found an array of float16 \[3, 2, 2\]"),
        ({"keypoint": KEYPOINT}, r"'frame_inds' must be whole numbers \[3\], found None"),
        ({"keypoint": KEYPOINT, "frame_inds": FRAMES[:2]}, r"'frame_inds' must be .* found an array of int16 \[2\]"),
        ({"keypoint": KEYPOINT, "frame_inds": FRAMES * 1.0}, "'frame_inds' must be whole .* found an array of float64"),
        ({"keypoint": KEYPOINT, "frame_inds": FRAMES - 1}, "'frame_inds' must be 0 or more, found -1 to 3"),
    ],
)
def test_bad_files(save, content, message):
    with pytest.raises(DataError, match=message):
        save("v_a.pkl", content).read("v_a", {})


def test_files_that_are_missing(tmp_path):
    with pytest.raises(DataError, match="no file at '.*v_a.pkl': expected a pickle"):
        KeypointFiles(tmp_path).read("v_a", {})
    with pytest.raises(DataError, match="no file at|clip 'v{60}' has no file in '.*': File name too long"):
        KeypointFiles(tmp_path).read("v" * 3000, {})
