import sys

import numpy as np
import pytest

from skgraph.datasets.formats.c3d_file import C3dFile
from skgraph.errors import ConfigError, DataError
from tests.datasets.marker_files import MARKERS, c3d, motion

pytest.importorskip("c3d")
pytestmark = pytest.mark.filterwarnings("ignore")  # of the writer


@pytest.fixture
def written(tmp_path):
    def of(content):
        (tmp_path / "a.c3d").write_bytes(content)
        return tmp_path / "a.c3d"

    return of


def test_markers_rate_unit_axes_and_positions(written):
    file = C3dFile.open(written(c3d()))
    assert (file.names, file.frames, file.fps, file.unit, file.up) == (list(MARKERS), 4, 50.0, "mm", "z")
    x, y, z = (file.read() / 1000).transpose(2, 0, 1)
    np.testing.assert_allclose(np.stack([x, z, -y], axis=-1), motion(), atol=1e-6)
    assert C3dFile.open(written(c3d(screen=("+X", "+Y")))).up == "y"
    assert C3dFile.open(written(c3d(screen=None))).up == "z"


@pytest.mark.parametrize("scale", [-1.0, 0.1])  # numbers of four bytes, and of two
def test_markers_that_were_not_seen(written, scale):
    positions = motion()
    positions[1, 2] = np.nan
    found = C3dFile.open(written(c3d(positions, scale=scale))).read()
    np.testing.assert_array_equal(np.isnan(found), np.isnan(positions))


def test_damaged_files(written, tmp_path):
    content = c3d(motion(200))
    for damaged in (b"", b"x" * 2000, content[:600]):
        with pytest.raises(DataError, match="a.c3d' is not a complete C3D file"):
            C3dFile.open(written(damaged))
    with pytest.raises(DataError, match="a.c3d' must have 200 frames by its header, found"):
        C3dFile.open(written(content[:-9000])).read()
    with pytest.raises(DataError, match="a.c3d' has .* bytes, too few for 200 frames"):
        C3dFile.open(written(content[:7000])).read()
    with pytest.raises(DataError, match="nowhere.c3d' is not a complete C3D file: .*No such file"):
        C3dFile.open(tmp_path / "nowhere.c3d")


def test_without_the_package(written, monkeypatch):
    path = written(c3d())
    monkeypatch.setitem(sys.modules, "c3d", None)
    with pytest.raises(ConfigError, match=r"C3D files need the package c3d: pip install 'skgraph\[c3d\]'"):
        C3dFile.open(path)
