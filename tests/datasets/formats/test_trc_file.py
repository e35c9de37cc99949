import numpy as np
import pytest

from skgraph.datasets.formats.trc_file import TrcFile
from skgraph.errors import DataError
from tests.datasets.marker_files import MARKERS, motion, trc


@pytest.fixture
def written(tmp_path):
    def of(text):
        (tmp_path / "a.trc").write_text(text)
        return tmp_path / "a.trc"

    return of


def test_markers_rate_unit_and_positions(written):
    file = TrcFile.open(written(trc()))
    assert (file.names, file.frames, file.fps, file.unit, file.up) == (list(MARKERS), 4, 50.0, "m", "y")
    np.testing.assert_allclose(file.read(), motion())


def test_markers_that_were_not_seen_are_blank(written):
    positions = motion()
    positions[1, 0], positions[2, 4] = np.nan, np.nan  # also at the end of a line
    np.testing.assert_allclose(TrcFile.open(written(trc(positions))).read(), positions)


def test_spaces_for_tabs_and_no_empty_line(written):
    text = trc().replace("\n\n", "\n").replace("(X/Y/Z)\twalk.trc", "(X/Y/Z)")
    np.testing.assert_allclose(TrcFile.open(written(" ".join(text.split("\t")))).read(), motion())


def test_a_name_of_a_marker_may_follow_that_of_a_subject(written):
    file = TrcFile.open(written(trc(names=[f"Ada:{name}" for name in MARKERS])))
    assert file.columns(["HEAD", "SACR"]) == [1, 0] == file.columns(["Ada:HEAD", "Ada:SACR"])
    with pytest.raises(DataError, match="a.trc' lacks 1 markers: TAIL; it has Ada:SACR, Ada:HEAD"):
        file.columns(["HEAD", "TAIL"])
    twice = TrcFile.open(written(trc(names=["Ada:HEAD", "Bob:HEAD", "a", "b", "c"])))
    with pytest.raises(DataError, match="a.trc' has several markers named 'HEAD'"):
        twice.columns(["HEAD"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "begins with '', expected five lines, first PathFileType"),
        ("name,label\n1\n2\n3\n4\n", "begins with 'name,label', expected five lines"),
        (trc(rate="fast"), "line 3: DataRate must be a number, found 'fast'"),
        (trc(said=-1), "line 3: NumFrames must be a number, found '-1'"),
        (trc(said=2.5), "line 3: NumFrames must be a number, found '2.5'"),
        (trc(names=["HEAD"]).replace("50\t50\t4\t1", "50\t50\t4\t2"), "NumMarkers is 2, and line 4 names 1 markers"),
        (trc(said=5), "must have 5 frames by its header, found 4"),
        (trc().replace("1.700000", "tall", 1), "line 7: could not convert string to float: 'tall'"),
        (trc().replace("1.700000", "1\t1\t1", 1), "line 7: more than 15 coordinates"),
    ],
)
def test_mistakes(written, text, message):
    with pytest.raises(DataError, match=f"a.trc'.*{message}"):
        TrcFile.open(written(text)).read()


def test_no_file(tmp_path):
    with pytest.raises(DataError, match="nowhere.trc' cannot be read"):
        TrcFile.open(tmp_path / "nowhere.trc")
