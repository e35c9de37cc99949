from dataclasses import replace

import numpy as np
import pytest

from skgraph.data import SkeletonStore
from skgraph.datasets.preparation.drop_joints import without_joints
from skgraph.datasets.preparation.write_store import write_store
from skgraph.datasets.raw_dataset import NOBODY, RawClip, RawDataset
from skgraph.errors import DataError, TopologyError
from skgraph.topology import Topology

HUMAN = {
    "name": "human",
    "dim": 3,
    "joints": {"Root": None, "IK": "Root", "Hips": "Root", "Head": "Hips", "LeftLeg": "Hips", "RightLeg": "Hips"},
    "mirror": {"LeftLeg": "RightLeg"},
    "parts": {"all": ["Root", "IK", "Hips", "Head", "LeftLeg", "RightLeg"]},
    "center": "Root",
    "up": {"from": "Hips", "to": "Head"},
}


def raw(clips):
    return RawDataset(
        topology=Topology(HUMAN),
        class_names=["sit"],
        name=[f"clip{i}" for i in range(len(clips))],
        y=np.zeros(len(clips), np.int64),
        clips=lambda part=slice(None): iter(clips[part]),
        unit="m",
        fps=30.0,
        source="made up",
    )


def clip(seed=0):
    joints = np.random.default_rng(seed).normal(size=(2, 4, 6, 3)).astype(np.float32)
    joints[:, :, 0] = 0
    joints[1, 2] = 0  # absent
    return RawClip(joints, confidence=np.linspace(0, 1, 48).reshape(2, 4, 6))


def test_the_hips_become_the_root_and_joints_keep_their_columns():
    one = clip()
    dropped = without_joints(raw([one, RawClip.left_out(NOBODY)]), ["Root", "IK"])
    spec = dropped.topology.to_dict()
    assert spec["joints"] == {"Hips": None, "Head": "Hips", "LeftLeg": "Hips", "RightLeg": "Hips"}
    assert spec["center"] == ["Hips"] and spec["mirror"] == {"LeftLeg": "RightLeg"} and spec["up"]
    assert dropped.preprocessing == "without Root, IK" and not dropped.notes
    found, other = dropped.clips()
    np.testing.assert_array_equal(found.joints, one.joints[:, :, 2:])
    np.testing.assert_array_equal(found.confidence, one.confidence[:, :, 2:])
    assert found.there.tolist() == [[True] * 4, [True, True, False, True]] and other.excluded == NOBODY


def test_a_name_alone_and_a_joint_inside_the_tree():
    assert list(without_joints(raw([clip()]), "IK").topology.joints) == [*HUMAN["joints"]][:1] + [*HUMAN["joints"]][2:]
    # The tree behind the root is as large as it gets behind Hips: a helper beside them is never the new root.
    assert without_joints(raw([clip()]), "Root").topology.to_dict()["joints"]["IK"] == "Hips"
    inner = without_joints(raw([clip()]), ["Hips"]).topology.to_dict()["joints"]
    assert inner["LeftLeg"] == inner["Head"] == "Root"


def test_one_side_alone_costs_the_mirror_and_says_so():
    dropped = without_joints(raw([clip()]), ["LeftLeg"])
    assert dropped.topology.to_dict()["mirror"] == {}
    assert dropped.notes == ["without LeftLeg the skeleton has no left-right symmetry: drop joints of both sides"]


def test_what_cannot_be_left_out():
    with pytest.raises(TopologyError, match="has no joint 'Tail'; it has Root, IK"):
        without_joints(raw([clip()]), ["Tail"])
    with pytest.raises(TopologyError, match="at least two joints"):
        without_joints(raw([clip()]), [*HUMAN["joints"]][1:])
    wrong = replace(clip(), joints=np.zeros((1, 4, 7, 3), np.float32))
    with pytest.raises(DataError, match="clip 'clip0' has 7 joints in 3D, topology 'human' has 6"):
        list(without_joints(raw([wrong]), "IK").clips())


def test_a_store_without_them(tmp_path):
    prepared = write_store(raw([clip(0), clip(1)]), tmp_path / "store", drop_joints=["Root"])
    store = SkeletonStore.open(prepared.path)
    assert store.topology.joints == ("IK", "Hips", "Head", "LeftLeg", "RightLeg")
    assert store.meta["preprocessing"] == "without Root"
    np.testing.assert_array_equal(store.clip(0).joints.numpy(), clip(0).joints[:, :, 1:])
