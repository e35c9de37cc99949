import numpy as np
import pytest

from skgraph.datasets.raw_dataset import NOBODY
from skgraph.datasets.readers.trc import read_trc
from skgraph.errors import ConfigError, DataError
from skgraph.topology import Topology
from tests.datasets.marker_files import NAMED, TOPOLOGY, motion, trc

MARKERS = Topology(TOPOLOGY)


@pytest.fixture
def folder(tmp_path):
    for name in "ab":
        (tmp_path / f"{name}.trc").write_text(trc())
    (tmp_path / "labels.csv").write_text("name,label\na,walk\nb,run\n")
    return tmp_path


def test_markers_of_the_topology_become_joints(folder):
    raw = read_trc(folder, MARKERS)
    assert (raw.unit, raw.fps, raw.class_names, raw.preprocessing) == ("m", 50.0, ["run", "walk"], "")
    clip = next(raw.clips())
    np.testing.assert_allclose(clip.joints[0], motion()[:, :4], atol=1e-6)
    assert clip.confidence.all() and clip.there.all()


def test_markers_that_were_not_seen_are_filled_in(folder):
    positions = motion()
    positions[1, 1], positions[2, 2] = np.nan, 0  # blank, or at the origin
    positions[3, :4] = np.nan  # nobody
    (folder / "a.trc").write_text(trc(positions))
    clip = next(read_trc(folder, MARKERS).clips())
    np.testing.assert_allclose(clip.joints[0, 1, 1], (0, 1.7, 0.1), atol=1e-6)
    assert np.argwhere(clip.confidence[0, :3] == 0).tolist() == [[1, 1], [2, 2]]
    assert clip.frame_mask.tolist() == [[True, True, True, False]]
    (folder / "a.trc").write_text(trc(motion() * np.nan))
    assert next(read_trc(folder, MARKERS).clips()).excluded == NOBODY


def test_markers_that_are_named_after_joints(folder):
    positions = motion(3, NAMED)
    for name in "ab":
        (folder / f"{name}.trc").write_text(trc(positions, names=tuple(NAMED)))
    raw = read_trc(folder)
    assert (raw.topology.dim, raw.topology.num_joints, raw.topology.base_name) == (3, 14, "halpe_26_3d_of_14")
    assert raw.topology.landmarks["left_knee"] == "knee_left"
    clip = next(raw.clips())
    for joint, marker in (("nose", "Nose"), ("left_knee", "LKnee"), ("right_wrist", "RWrist")):
        np.testing.assert_allclose(clip.joints[0, 0, raw.topology.joint(joint)], NAMED[marker], atol=1e-6)
    (folder / "b.trc").write_text(trc(positions[:, 1:], names=tuple(NAMED)[1:]))
    with pytest.raises(DataError, match="b.trc' lacks 1 markers: RHip"):
        read_trc(folder)


def test_markers_with_other_names_need_a_topology(folder):
    found = r"a.trc' are not named after joints \(SACR, HEAD, LANK and 2 more\): say topology=FILE.yaml"
    with pytest.raises(ConfigError, match=found):
        read_trc(folder)
    (folder / "a.trc").write_text(trc(np.zeros((2, 0, 3)), names=()))
    with pytest.raises(DataError, match="a.trc' has no markers"):
        read_trc(folder / "a.trc")


def test_options(folder):
    raw = read_trc(folder / "a.trc", MARKERS, unit="cm", up="z", every=2)
    assert (raw.name, raw.unit, raw.fps, raw.preprocessing) == (["a"], "cm", 25.0, "1 of 2 frames kept")
    clip = next(raw.clips())
    np.testing.assert_allclose(clip.joints[0, 1, 1], (0, 0.002, -0.017), atol=1e-6)
    for options, message in (({"up": "x"}, "up must be y or z"), ({"every": 0}, "every must be a whole number")):
        with pytest.raises(ConfigError, match=message):
            read_trc(folder, MARKERS, **options)
    with pytest.raises(ConfigError, match="markers are 3D, topology 'coco_17' is 2D"):
        read_trc(folder, "coco_17")


def test_units_of_files(folder):
    for unit, factor in (("mm", 1000), ("MM", 1000), ("meters", 1)):
        for name in "ab":
            (folder / f"{name}.trc").write_text(trc(motion() * factor, units=unit))
        np.testing.assert_allclose(next(read_trc(folder, MARKERS).clips()).joints[0], motion()[:, :4], atol=1e-5)
    (folder / "b.trc").write_text(trc(units="furlongs"))
    with pytest.raises(DataError, match="b.trc' is in 'furlongs', expected one of m, cm, mm, .*: say unit="):
        read_trc(folder, MARKERS)


def test_files_that_do_not_fit(folder):
    (folder / "b.trc").write_text(trc(rate=60))
    with pytest.raises(
        DataError, match="a.trc' has 50 frames a second in m, '.*b.trc' has 60 in m: use a folder for each"
    ):
        read_trc(folder, MARKERS)
    (folder / "b.trc").write_text(trc(motion()[:, :3], names=["SACR", "HEAD", "LANK"]))
    with pytest.raises(DataError, match="b.trc' lacks 1 markers: RANK; it has SACR, HEAD, LANK"):
        read_trc(folder, MARKERS)
