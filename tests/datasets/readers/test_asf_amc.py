import zipfile

import numpy as np
import pytest

from skgraph.data import SkeletonStore
from skgraph.datasets.preparation.write_store import write_store
from skgraph.datasets.readers.asf_amc import read_asf_amc
from skgraph.errors import ConfigError, DataError
from skgraph.topology import Topology
from tests.datasets.acclaim_files import BONES, amc, asf

STAND, STEP = {"root": "0 16 0 0 0 0"}, {"root": "0 16 1 0 0 0", "lleg": "30", "rleg": "-30"}
METRES = 0.0254 / 0.45


@pytest.fixture
def folder(tmp_path):
    """Two takes of a person, and one of another, who is taller."""
    path = tmp_path / "mocap"
    path.mkdir()
    (path / "mm.asf").write_text(asf())
    (path / "tr.asf").write_text(asf(BONES | {"lleg": ("root", "0 -1 0", 17, "0 0 0 XYZ", "rx")}))
    for name in ("mm_walk_1", "mm_walk_2", "tr_walk_1"):
        (path / f"{name}.amc").write_text(amc([STAND, STEP, STAND]))
    (path / "labels.csv").write_text("name,label,subject\nmm_walk_1,walk,mm\nmm_walk_2,walk,mm\ntr_walk_1,run,tr\n")
    return path


def test_clips_in_metres(folder):
    raw = read_asf_amc(folder)
    assert raw.name == ["mm_walk_1", "mm_walk_2", "tr_walk_1"] and raw.class_names == ["run", "walk"]
    assert (raw.unit, raw.units, raw.fps, raw.subject.tolist()) == ("inch", "m", 120.0, ["mm", "mm", "tr"])
    clips = list(raw.clips())
    assert clips[0].joints.shape == (1, 3, 7, 3) and clips[0].joints.dtype == np.float32
    topology = raw.topology
    head, leg = topology.joint("head"), topology.joint("lleg")
    np.testing.assert_allclose(clips[0].joints[0, 0, head], np.array([0, 32, 0]) * METRES, rtol=1e-6)
    np.testing.assert_allclose(clips[2].joints[0, 0, leg], np.array([0, -1, 0]) * METRES, rtol=1e-6)  # of its skeleton


def test_the_topology_of_the_files(folder):
    topology = read_asf_amc(folder).topology
    assert topology.name == "asf_7" and topology.to_dict()["mirror"] == {"larm": "rarm", "lleg": "rleg"}
    assert topology.to_dict()["up"] == {"from": ["root"], "to": ["back"]}
    part = Topology.from_dict(topology.without(["head"]).to_dict())
    assert next(read_asf_amc(folder, topology=part).clips()).joints.shape == (1, 3, 6, 3)
    with pytest.raises(DataError, match="mm.asf' lacks 23 joints of topology 'smpl_24': pelvis"):
        read_asf_amc(folder, topology="smpl_24")


def test_the_skeleton_of_cmu_is_known(folder):
    known = Topology.load("cmu_31").to_dict()["joints"]
    bones = {joint: (parent, "0 1 0", 1, "0 0 0 XYZ", "") for joint, parent in known.items() if parent}
    for name in ("mm", "tr"):
        (folder / f"{name}.asf").write_text(asf(bones))
    for path in folder.glob("*.amc"):
        path.write_text(amc([STAND], bones))
    assert read_asf_amc(folder).topology == Topology.load("cmu_31")


def test_options(folder):
    raw = read_asf_amc(folder, unit="cm", fps=60, every=2, up="z", labels="{subject}_{action}_{take}")
    assert (raw.fps, raw.unit, raw.class_names) == (30, "cm", ["walk"])
    assert raw.preprocessing == "forward kinematics; 1 of 2 frames kept; z up to y up"
    clip = next(raw.clips())
    assert clip.joints.shape[1] == 2
    np.testing.assert_allclose(clip.joints[0, 0, 0], np.array([0, 0, -16]) * 0.01 / 0.45, rtol=1e-6)
    for options, message in (({"up": "x"}, "up must be y or z"), ({"every": 0}, "every must be a whole number")):
        with pytest.raises(ConfigError, match=message):
            read_asf_amc(folder, **options)


def test_one_file_folders_of_subjects_and_an_archive(folder, tmp_path):
    expected = [clip.joints for clip in read_asf_amc(folder).clips()]
    one = read_asf_amc(folder / "tr_walk_1.amc")
    assert one.name == ["tr_walk_1"] and one.class_names == ["unlabelled"]
    np.testing.assert_array_equal(next(one.clips()).joints, expected[2])
    for subject in ("mm", "tr"):
        (tmp_path / "subjects" / subject).mkdir(parents=True)
        for path in folder.glob(f"{subject}*"):
            path.rename(tmp_path / "subjects" / subject / path.name)
    # HDM05 has the same skeleton in several folders.
    (tmp_path / "subjects" / "tr" / "mm.asf").write_text(asf(BONES | {"head": ("back", "0 1 0", 9, "0 0 0 XYZ", "")}))
    (folder / "labels.csv").rename(tmp_path / "subjects" / "labels.csv")
    archive = tmp_path / "all.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for path in (tmp_path / "subjects").rglob("*.a[sm][fc]"):
            file.write(path, path.relative_to(tmp_path))
    for source, labelled in ((tmp_path / "subjects", True), (archive, False)):
        raw = read_asf_amc(source, labelled=labelled)
        assert raw.name == ["mm_walk_1", "mm_walk_2", "tr_walk_1"]
        for clip, joints in zip(raw.clips(), expected, strict=True):
            np.testing.assert_array_equal(clip.joints, joints)


def test_a_store(folder, tmp_path):
    store = SkeletonStore.open(write_store(read_asf_amc(folder), tmp_path / "store").path)
    assert store.num_clips == 3 and store.meta["units"] == "m" and store.splits() == ["xsub"]


def test_which_skeleton(folder):
    (folder / "mm_walk.asf").write_text(asf(BONES | {"head": ("back", "0 1 0", 9, "0 0 0 XYZ", "")}))
    joints = next(read_asf_amc(folder).clips()).joints
    np.testing.assert_allclose(joints[0, 0, 2, 1], 33 * METRES, rtol=1e-6)  # the longest name that begins the clip's
    for path in folder.glob("*.asf"):
        path.rename(path.with_name(f"x{path.name}"))
    with pytest.raises(DataError, match="mm_walk_1.amc' has no skeleton: .* such as mm.asf"):
        read_asf_amc(folder)
    for path in list(folder.glob("*.asf"))[1:]:
        path.unlink()
    assert len(list(read_asf_amc(folder).clips())) == 3  # the only one


def test_files_that_do_not_fit(folder):
    (folder / "tr.asf").write_text(asf({bone: keys for bone, keys in BONES.items() if bone != "head"}))
    with pytest.raises(
        DataError, match="tr.asf' has other bones than '.*mm.asf': head; topology=NAME takes joints by name"
    ):
        read_asf_amc(folder)
    (folder / "tr.asf").unlink()
    (folder / "mm.asf").unlink()
    with pytest.raises(DataError, match="no .asf file in"):
        read_asf_amc(folder)
    (folder / "labels.csv").write_text("name,label\n")
    with pytest.raises(DataError, match="3 .amc files of '.*mocap' have no line in"):
        read_asf_amc(folder)
    for path in folder.glob("*.amc"):
        path.unlink()
    with pytest.raises(DataError, match="no .amc file in"):
        read_asf_amc(folder)
