from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import yaml

from skgraph.data import SkeletonStore
from skgraph.datasets.preparation.topology_map import map_topology
from skgraph.datasets.preparation.write_store import write_store
from skgraph.datasets.raw_dataset import RawClip, RawDataset
from skgraph.datasets.readers.store import read_store
from skgraph.errors import DataError, TopologyError
from skgraph.topology import Topology

NTU, COCO = Topology.load("ntu_rgbd"), Topology.load("coco_17")


def raw(clips, topology=NTU, **columns):
    count = len(clips)
    return RawDataset(
        topology,
        ["sit", "stand"],
        [f"clip{i}" for i in range(count)],
        np.arange(count) % 2,
        lambda part=slice(None): iter(clips[part]),
        "m",
        30.0,
        "made up",
        **{"subject": np.arange(count) // 2, **columns},
    )


def clip(topology=NTU, frames=4, bodies=1, confidence=None):
    """Joint v of body m stands at (v, v + 1, m) / 100 in every frame."""
    v = np.arange(topology.num_joints)
    joints = np.zeros((bodies, frames, len(v), topology.dim), np.float32)
    joints[..., 0], joints[..., 1] = v / 100, (v + 1) / 100
    if topology.dim == 3:
        joints[..., 2] = np.arange(bodies)[:, None, None] / 100
    return RawClip(joints, confidence=confidence)


def test_joints_and_confidence_of_every_clip():
    confidence = np.linspace(0, 1, 50).reshape(2, 1, 25).repeat(4, axis=1)
    first, absent = clip(bodies=2, confidence=confidence), clip(bodies=2, confidence=confidence)
    absent.joints[1, 2] = 0
    mapped = map_topology(raw([first, absent, RawClip.left_out("damaged")], preprocessing="centred"), "coco")
    assert mapped.topology == COCO.in_dim(3)
    assert mapped.preprocessing == "centred; joints of ntu_rgbd as coco_17_3d"
    one, two, three = mapped.clips()
    assert one.joints.shape == (2, 4, 17, 3) and one.joints.dtype == np.float32
    wrist, head = COCO.joint("left_wrist"), NTU.joint("Head")
    np.testing.assert_allclose(one.joints[1, 3, wrist], [0.06, 0.07, 0.01])  # WristLeft is joint 6
    for joint in ("nose", "left_eye", "right_ear"):  # a face that Kinect does not see is at the head, joint 3
        np.testing.assert_allclose(one.joints[1, 3, COCO.joint(joint)], [0.03, 0.04, 0.01])
    np.testing.assert_allclose(one.confidence[0, 0, [0, wrist]], confidence[0, 0, [head, 6]], rtol=1e-6)
    assert two.frame_mask.tolist() == [[True] * 4, [True, True, False, True]] and not two.joints[1, 2].any()
    assert three.excluded == "damaged"


def test_certain_joints_stay_certain():
    # The mean of three ones may be rounded to more than one, which no store would take.
    source = Topology.load("mediapipe_33")
    (mapped,) = map_topology(raw([clip(source, confidence=np.ones((1, 4, 33), np.float32))], source), "ntu").clips()
    assert mapped.confidence.max() <= 1 and mapped.confidence.min() > 1 - 1e-6


def test_what_lies_in_absent_frames_does_not_count():
    joints = clip().joints.copy()
    joints[0, 1] = np.nan
    mask = np.array([[True, False, True, True]])
    (mapped,) = map_topology(raw([RawClip(joints, mask)]), "coco_17").clips()
    assert np.isfinite(mapped.joints).all() and mapped.frame_mask is mask


def test_the_same_topology_changes_nothing():
    dataset = raw([clip()])
    assert map_topology(dataset, "ntu_rgbd") is dataset
    renamed = map_topology(dataset, "pku_mmd")
    assert renamed.topology.name == "pku_mmd"
    assert np.array_equal(next(renamed.clips()).joints, clip().joints)


def test_2d_clips_stay_2d():
    mapped = map_topology(raw([clip(COCO)], COCO), "ntu_rgbd")
    assert mapped.topology.name == "ntu_rgbd_2d" and next(mapped.clips()).joints.shape == (1, 4, 25, 2)
    with pytest.raises(TopologyError, match="topology_map=coco_3d is 3D and the clips are 2D: their depth is"):
        map_topology(raw([clip(COCO)], COCO), "coco_3d")
    with pytest.raises(TopologyError, match="mediapipe_33_2d is 2D and the clips are 3D: that would need a camera"):
        map_topology(raw([clip()]), "mediapipe_33_2d")


STICK = {
    "name": "stick",
    "dim": 3,
    "joints": {"tip": None, "end": "tip"},
    "mirror": {},
    "parts": {"all": ["tip", "end"]},
    "center": "tip",
}


def test_a_map_of_ones_own(tmp_path):
    (tmp_path / "stick.yaml").write_text(yaml.safe_dump(STICK, sort_keys=False))
    path = tmp_path / "map.yaml"
    path.write_text("{from: ntu_rgbd, to: stick.yaml, joints: {tip: Head, end: [HipLeft, HipRight]}}")
    mapped = map_topology(raw([clip()]), path)
    assert mapped.topology.name == "stick" and mapped.preprocessing == "joints of ntu_rgbd as stick by map.yaml"
    np.testing.assert_allclose(next(mapped.clips()).joints[0, 0], [[0.03, 0.04, 0], [0.14, 0.15, 0]])
    with pytest.raises(
        TopologyError, match="no joint of 'ntu_rgbd' has the name or the landmark of tip, end of 'stick'"
    ):
        map_topology(raw([clip()]), tmp_path / "stick.yaml")
    (tmp_path / "stick.yaml").write_text(
        yaml.safe_dump(STICK | {"means": {"tip": "head", "end": "hip_center"}}, sort_keys=False)
    )
    assert map_topology(raw([clip()]), str(tmp_path / "stick.yaml")).topology.joints == ("tip", "end")


@pytest.mark.parametrize(
    ("to", "message"),
    [
        ("nowhere", "unknown topology 'nowhere'; shipped are"),
        ("openpose", "unknown topology 'openpose'"),
        ("nowhere.yaml", "topology file nowhere.yaml cannot be read: No such file"),
        (
            "hand_21",
            "no joint of 'ntu_rgbd' has the name or the landmark of wrist, thumb_cmc, .*pinky_tip of 'hand_21'",
        ),
        ("{from: kinect_v1, to: coco_17, joints: {}}", "makes 'coco_17' from 'kinect_v1', expected 'coco_17_3d' from"),
        ("{from: ntu_rgbd, to: cocoo, joints: {}}", "unknown topology 'cocoo'"),
        ("{from: ntu_rgbd, to: 3, joints: {}}", "to must be a topology's name, found 3"),
        ("{to: coco_17}", "must have the keys from, to and joints"),
        ("{from: ntu_rgbd, to: none.yaml, joints: {}}", "none.yaml cannot be read: No such file"),
        ("{from: ntu_rgbd, joints: {}}", "unknown key 'from'"),
        ("{from: ntu_rgbd, to: coco_17, joints: {nose: Nase}}", "'nose' is mapped to Nase, which 'ntu_rgbd' does not"),
        ("[]", "expected a mapping with the keys"),
        ("to: 2024-99-99", "cannot be read: month must be in 1..12"),
        ("{to: a, to: b}", "'to' is listed twice"),
    ],
)
def test_bad_targets(tmp_path, to, message):
    if to[0] in "{[t":
        (tmp_path / "map.yaml").write_text(to)
        to = tmp_path / "map.yaml"
    with pytest.raises(TopologyError, match=message):
        map_topology(raw([clip()]), to)


def test_bad_clips_are_named_by_their_own_joints():
    broken = clip()
    broken.joints[0, 2, 3, 1] = np.inf
    with pytest.raises(DataError, match=r"clip 'clip1': body 0, frame 2, joint 'Head' is \[.*inf.*\], expected finite"):
        list(map_topology(raw([clip(), broken]), "coco_17").clips())
    with pytest.raises(DataError, match=r"clip 'clip0': expected joints \[M, T, 25, 3\] for topology 'ntu_rgbd'"):
        list(map_topology(raw([clip(COCO)]), "coco_17").clips())


def test_a_store_in_another_topology(tmp_path):
    confidence = np.ones((1, 4, 25))
    clips = [clip(confidence=confidence) for _ in range(4)]
    write_store(raw(clips), tmp_path / "ntu", check_height=False)
    written = write_store(read_store(tmp_path / "ntu"), tmp_path / "coco", check_height=False, topology_map="coco")
    store, before = SkeletonStore.open(written.path), SkeletonStore.open(tmp_path / "ntu")
    assert (store.topology.name, store.topology.num_joints, store.topology.dim) == ("coco_17_3d", 17, 3)
    assert store.meta["preprocessing"] == "joints of ntu_rgbd as coco_17_3d" and store.has_confidence
    assert store.split("xsub", "train").equal(before.split("xsub", "train"))
    assert store.clip(0).joints[0, 0, COCO.joint("left_knee"), 0] == pytest.approx(0.13)
    again = write_store(read_store(written.path), tmp_path / "ntu2", check_height=False, topology_map="ntu_rgbd")
    assert SkeletonStore.open(again.path).meta["preprocessing"].endswith("; joints of coco_17_3d as ntu_rgbd")


def test_unlabelled_columns_come_along():
    dataset = replace(raw([clip()] * 2), notes=["one"], unit="normalised")
    mapped = map_topology(dataset, "smpl")
    assert (mapped.units, mapped.name, len(mapped)) == ("normalised", ["clip0", "clip1"], 2)
    assert mapped.notes[0] == "one"


def test_joints_at_one_place_are_said():
    head = "nose, left_eye, right_eye, left_ear, right_ear have one position, that of ntu_rgbd's Head"
    assert map_topology(raw([clip()]), "coco").notes == [head]
    assert map_topology(raw([clip()]), "kinect_v1").notes == []
