import numpy as np
import pytest

from skgraph.data import SkeletonStore
from skgraph.datasets.preparation.write_store import write_store
from skgraph.datasets.readers.c3d import read_c3d
from skgraph.topology import Topology
from tests.datasets.marker_files import TOPOLOGY, c3d, motion

pytest.importorskip("c3d")
pytestmark = pytest.mark.filterwarnings("ignore")  # of the writer
MARKERS = Topology(TOPOLOGY)


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "mocap"
    path.mkdir()
    positions = motion()
    positions[1, 1] = np.nan
    for name, screen in (("a", ("+X", "+Z")), ("b", ("+X", "+Y"))):
        (path / f"{name}.c3d").write_bytes(c3d(positions, screen=screen))
    return path


def test_clips_in_metres_with_y_up(folder):
    raw = read_c3d(folder, MARKERS, labelled=False)
    assert (raw.unit, raw.fps, raw.name) == ("mm", 50.0, ["a", "b"])
    for clip in raw.clips():
        np.testing.assert_allclose(clip.joints[0], motion()[:, :4], atol=1e-6)
        assert np.argwhere(clip.confidence[0] == 0).tolist() == [[1, 1]]
    turned = next(read_c3d(folder / "a.c3d", MARKERS, up="y").clips())
    np.testing.assert_allclose(turned.joints[0, 0, 1], (0, 0, 1.7), atol=1e-6)


def test_a_store(folder, tmp_path):
    store = SkeletonStore.open(write_store(read_c3d(folder, MARKERS, labelled=False), tmp_path / "store").path)
    assert store.num_clips == 2 and store.has_confidence
