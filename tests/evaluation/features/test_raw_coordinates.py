from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from skgraph.data import SkeletonDataset, StoreWriter
from skgraph.evaluation import raw_clip_features
from skgraph.evaluation.features.raw_coordinates import raw_coordinates
from skgraph.evaluation.features.windows import sliding_windows
from skgraph.topology import Topology
from tests.made_up_people import person, write

TOPOLOGY = Topology.load("ntu_rgbd")


def turned(joints: np.ndarray, angle: float, offset=(0.0, 0.0, 0.0)) -> np.ndarray:
    c, s = math.cos(angle), math.sin(angle)
    return (joints @ np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]]).T + offset).astype(np.float32)


def test_a_clip_that_faces_z_keeps_its_pose_about_the_centring_point(tmp_path):
    """32 frames of a clip of 32 are its own: each less the centring point, turned about y so that left is +x."""
    joints = person(3, frames=32)
    across = (joints[0, 0] * TOPOLOGY.across.numpy()[:, None]).sum(axis=0)
    facing = turned(joints, math.atan2(across[2], across[0]))
    clips = {"a": facing, "b": turned(facing, 1.0, (3.0, 0.0, -2.0))}
    x = raw_clip_features(SkeletonDataset(write(tmp_path / "s", clips))).x
    centre = (facing * TOPOLOGY.center.numpy()[:, None]).sum(axis=2, keepdims=True)
    expected = torch.from_numpy(facing - centre).flatten()
    assert x.shape == (2, 32 * 25 * 3)
    torch.testing.assert_close(x, expected.expand(2, -1), atol=2e-5, rtol=0)


def test_bodies_stand_side_by_side_and_an_absent_one_is_zero(tmp_path):
    two = np.concatenate([person(1), person(2)])
    store = write(tmp_path / "s", {"two": two, "one": person(1)})
    two, one = raw_clip_features(SkeletonDataset(store)).x.unflatten(1, (2, -1))
    torch.testing.assert_close(two[0], one[0])
    assert not one[1].any() and two[1].any()


def test_windows_are_averaged_like_those_of_an_encoder(tmp_path):
    dataset = SkeletonDataset(write(tmp_path / "s", {"a": person(1), "b": person(2)}))
    halves = raw_coordinates(dataset, sliding_windows(dataset, 20, 20)).unflatten(0, (2, 2))
    crops = raw_clip_features(dataset, crop=0.5, crops=2)
    torch.testing.assert_close(crops.x, halves.mean(dim=1))
    assert torch.equal(crops.y, dataset.store.y)


@pytest.mark.parametrize("name", ["coco_17", "without_sides"])
def test_topologies_without_a_heading_are_centred_only(tmp_path, name):
    spec = TOPOLOGY.to_dict() | {"name": "without_sides"}
    spec.pop("across")
    topology = Topology.load(name) if name == "coco_17" else Topology.from_dict(spec)
    joints = np.random.default_rng(0).normal(size=(1, 32, topology.num_joints, topology.dim)).astype(np.float32)
    with StoreWriter(tmp_path / "s", topology, ["a", "b"], source="made up") as writer:
        writer.add(joints, y=0, name="clip")
    x = raw_clip_features(SkeletonDataset(tmp_path / "s")).x
    centre = (joints * topology.center.numpy()[:, None]).sum(axis=2, keepdims=True)
    torch.testing.assert_close(x, torch.from_numpy(joints - centre).flatten()[None], atol=1e-5, rtol=0)
