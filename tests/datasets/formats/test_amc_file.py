import numpy as np
import pytest

from skgraph.datasets.formats.amc_file import amc_positions
from skgraph.datasets.formats.asf_file import AsfSkeleton
from skgraph.errors import DataError
from tests.datasets.acclaim_files import amc, asf

SKELETON = AsfSkeleton.parse(asf().encode(), "a.asf")
FRAMES = [{"root": "0 16 0 0 0 0"}, {"root": "0 16 0 0 90 0", "lleg": "90"}, {"root": "0 17 0 0 0 0"}]
JOINTS = list(SKELETON.parents)


def positions(text, **options):
    return amc_positions(text.encode(), "a.amc", SKELETON, **options)


def test_motion():
    found = positions(amc(FRAMES))
    assert found.shape == (3, 7, 3)
    np.testing.assert_allclose(found[0], SKELETON.rest + np.array([0, 16, 0]))
    leg, arm = JOINTS.index("lleg"), JOINTS.index("larm")
    np.testing.assert_allclose(found[1, leg], (-16, 16, 0), atol=1e-9)  # kicks forward, which is -x after the turn
    np.testing.assert_allclose(found[1, arm], (0, 24, -6), atol=1e-9)


def test_every_second_frame_radians_and_any_first_number():
    np.testing.assert_array_equal(positions(amc(FRAMES), every=2), positions(amc(FRAMES))[::2])
    turned = [{"root": f"0 16 0 0 {np.pi / 2!r} 0", "lleg": repr(np.pi / 2)}]
    np.testing.assert_allclose(
        positions(amc(turned, first=40, head=":RADIANS\n"))[0], positions(amc(FRAMES))[1], atol=1e-9
    )
    assert positions(":DEGREES\n").shape == (0, 7, 3)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (amc(FRAMES).replace("\n2\n", "\n3\n"), "frame 1 is followed by frame 3"),
        (amc(FRAMES).replace("rleg 0\n3", "3"), "frame 2 lacks bone 'rleg'"),
        (amc(FRAMES)[:-8], "frame 3 lacks bone 'rleg'"),
        (amc(FRAMES).replace("rleg 0\n2", "rleg 0\nrleg 0\n2"), "line 11: 'rleg' is twice in a frame"),
        (amc(FRAMES).replace("rleg 0\n2", "tail 0\n2"), "line 10: 'tail' is no bone that moves in 'a.asf'"),
        (amc(FRAMES).replace("rleg 0\n2", "head 0\n2"), "line 10: 'head' is no bone that moves in 'a.asf'"),
        (amc(FRAMES).replace("\n1\n", "\n"), "line 4: 'root' is before the first frame"),
        (amc(FRAMES).replace("lleg 90", "lleg 90 0"), "'lleg' must have 1 numbers, found 2"),
        (amc(FRAMES).replace("lleg 90", "lleg 9_0"), "expected a number in ASCII digits, found '9_0'"),
        (amc(FRAMES).replace("lleg 90", "lleg nan"), "the numbers of 'lleg' must be finite, found 'lleg nan'"),
    ],
)
def test_mistakes(text, message):
    with pytest.raises(DataError, match=f"'a.amc'.*{message}"):
        positions(text)
