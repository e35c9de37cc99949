import numpy as np
import pytest

from skgraph.data import SkeletonStore
from skgraph.datasets.preparation.write_store import write_store
from skgraph.datasets.readers.bvh import read_bvh
from skgraph.errors import ConfigError, DataError
from tests.datasets.bvh_files import BODY, bvh


@pytest.fixture
def folder(tmp_path):
    """Two clips in centimetres, 120 frames a second: 'walk' has 5 and moves along x, 'rest' 3 of a smaller body."""
    path = tmp_path / "clips"
    path.mkdir()
    (path / "walk.bvh").write_text(bvh([{"Hips": (10 * t, 90, 0)} for t in range(5)]))
    (path / "rest.bvh").write_text(bvh([{"Hips": (0, 80, 0)}] * 3, BODY | {"Spine": ("Hips", "0 40 0")}))
    (path / "labels.csv").write_text("name,label,subject\nwalk,walk,1\nrest,rest,2\n")
    return path


def test_reads(folder):
    raw = read_bvh(folder, "cm")
    assert (raw.name, raw.class_names, raw.y.tolist(), raw.subject.tolist()) == (
        ["walk", "rest"],
        ["rest", "walk"],
        [1, 0],
        [1, 2],
    )
    assert (raw.unit, raw.units, raw.fps, raw.topology.name) == ("cm", "m", 120.0, "bvh_11")
    assert (raw.preprocessing, raw.notes) == ("forward kinematics", [])
    walk, rest = raw.clips()
    assert (walk.joints.shape, walk.joints.dtype, rest.joints.shape) == ((1, 5, 11, 3), np.float32, (1, 3, 11, 3))
    assert walk.frame_mask.all() and walk.confidence is None
    head, foot = raw.topology.joint("Head"), raw.topology.joint("LeftFoot")
    np.testing.assert_allclose(walk.joints[0, 2, [head, foot]], [[0.2, 1.7, 0], [0.3, 0, 0]], atol=1e-6)
    np.testing.assert_allclose(rest.joints[0, 2, head], [0, 1.5, 0], atol=1e-6)


def test_every_frame_that_is_kept(folder):
    raw = read_bvh(folder, "cm", every=4)
    assert raw.fps == 30.0
    assert [clip.joints[0, :, 0, 0].tolist() for clip in raw.clips()] == [[0, np.float32(0.4)], [0]]
    assert raw.preprocessing == "forward kinematics; 1 of 4 frames kept"


def test_z_up(folder):
    lying = {joint: (parent, " ".join(np.array(xyz.split())[[0, 2, 1]])) for joint, (parent, xyz) in BODY.items()}
    for name in ("walk", "rest"):
        (folder / f"{name}.bvh").write_text(bvh([{"Hips": (1, 2, 90)}], lying))
    raw = read_bvh(folder, "cm", up="z")
    joints = next(raw.clips()).joints[0, 0]
    np.testing.assert_allclose(joints[raw.topology.joint("Head")], [0.01, 1.7, -0.02], atol=1e-6)
    assert raw.topology.to_dict()["up"] == {"from": ["Hips"], "to": ["Spine"]}


def test_end_sites(folder):
    raw = read_bvh(folder, "cm", end_sites=True)
    clip = next(raw.clips()).joints
    assert clip.shape[2] == 16
    np.testing.assert_allclose(clip[0, 0, raw.topology.joint("HeadEnd")], [0, 1.8, 0], atol=1e-6)


def test_a_topology_takes_joints_by_name_from_any_hierarchy(folder, tmp_path):
    (tmp_path / "mine.yaml").write_text(
        "{name: mine, dim: 3, joints: {HeadEnd: Head, Head: Hips, Hips: null}, mirror: {}, center: Hips, "
        "parts: {all: [Head, HeadEnd, Hips]}}"
    )
    (folder / "rest.bvh").write_text(bvh([{}], BODY | {"Hat": ("Hips", "0 0 0")}))
    raw = read_bvh(folder, "cm", topology=tmp_path / "mine.yaml")
    walk, rest = raw.clips()
    np.testing.assert_allclose(walk.joints[0, 1], [[0.1, 1.8, 0], [0.1, 1.7, 0], [0.1, 0.9, 0]], atol=1e-6)
    assert rest.joints.shape == (1, 1, 3, 3)
    with pytest.raises(
        DataError, match="lacks 31 joints of topology 'cmu_31': root, lhipjoint, lfemur and 28 more; it"
    ):
        read_bvh(folder, "cm", topology="cmu_31")
    with pytest.raises(ConfigError, match="end_sites is for files without a topology"):
        read_bvh(folder, "cm", topology="cmu_31", end_sites=True)
    with pytest.raises(ConfigError, match="BVH files are 3D, topology 'coco_17' is 2D"):
        read_bvh(folder, "cm", topology="coco_17")


def test_pairs_that_are_no_mirror_images_are_said(folder):
    for name in ("walk", "rest"):
        (folder / f"{name}.bvh").write_text(bvh([{}], BODY | {"Watch": ("LeftHand", "0 0 1")}))
    (note,) = read_bvh(folder, "cm").notes
    assert note.startswith(
        "2 pairs of joints are no mirror images, for their bones differ: LeftArm and RightArm, LeftHa"
    )


@pytest.mark.parametrize(
    "body, message",
    [
        (
            BODY | {"Hat": ("Hips", "0 0 0")},
            "joint 16 is 'Hat' of 'Hips', expected nothing; topology=NAME takes joints by",
        ),
        (BODY | {"Head": ("Hips", "0 0 0")}, "joint 2 is 'LeftArm' of 'Spine', expected 'Head' of 'Spine'"),
        (BODY | {"Hat": ("Head", "0 0 0")}, "joint 3 is 'Hat' of 'Head', expected the End Site of 'Head'"),
    ],
)
def test_another_hierarchy(folder, body, message):
    (folder / "rest.bvh").write_text(bvh([{}], body))
    with pytest.raises(DataError, match=f"'.*rest.bvh' has another hierarchy than '.*walk.bvh': {message}"):
        read_bvh(folder, "cm")


def test_another_rate(folder):
    (folder / "rest.bvh").write_text(bvh([{}], frame_time="0.00833"))
    assert read_bvh(folder, "cm").fps == 120.0
    (folder / "rest.bvh").write_text(bvh([{}], frame_time="0.016667"))
    with pytest.raises(DataError, match=r"'.*rest.bvh' has 60 frames a second, '.*walk.bvh' has 120: a store has one"):
        read_bvh(folder, "cm")


@pytest.mark.parametrize(
    "options, message",
    [
        ({"unit": "foot"}, "unit of the 3D topology 'bvh_11' must be m, cm, mm, inch, cmu, normalised; found 'foot'"),
        ({"unit": "px"}, "must be m, cm, mm, inch, cmu, normalised; found 'px'"),
        ({"up": "x"}, "up must be y or z, the axis of the files that points up, found 'x'"),
        ({"every": 0}, "every must be a whole number, 1 or more, found 0"),
        ({"every": None}, "every must be a whole number, 1 or more, found None"),
    ],
)
def test_bad_options(folder, options, message):
    with pytest.raises(ConfigError, match=message):
        read_bvh(folder, **{"unit": "cm", **options})


def test_bad_folders(folder, tmp_path):
    with pytest.raises(DataError, match="no folder at '.*nowhere'"):
        read_bvh(tmp_path / "nowhere", "cm")
    (folder / "labels.csv").write_text("name,label\n")
    for file in folder.glob("*.bvh"):
        file.unlink()
    with pytest.raises(DataError, match="names no clip: nothing to read"):
        read_bvh(folder, "cm")
    (folder / "walk.bvh").mkdir()
    with pytest.raises(DataError, match=r"walk.bvh' is a folder, expected a file"):
        read_bvh(folder, "cm", labelled=False)
    (folder / "walk.bvh").rmdir()
    with pytest.raises(DataError, match=r"no \.bvh in '.*clips': nothing to read"):
        read_bvh(folder, "cm", labelled=False)


def test_a_store(folder, tmp_path):
    written = write_store(read_bvh(folder, "cm", every=2), tmp_path / "store", split={"train": [1]})
    store = SkeletonStore.open(written.path)
    assert (store.name.tolist(), store.meta["fps"], store.topology.name) == (["walk", "rest"], 60.0, "bvh_11")
    np.testing.assert_allclose(store.clip(0).joints[0, :, 0, 0], [0, 0.2, 0.4], atol=1e-6)
    assert store.meta["preprocessing"] == "forward kinematics; 1 of 2 frames kept; cm to m"
    with pytest.raises(DataError, match="bodies are 165 m tall with unit=m .*: say unit=cm"):
        write_store(read_bvh(folder, "m"), tmp_path / "wrong")
