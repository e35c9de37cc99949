"""What every transform promises, proven for each of them."""

import pickle

import pytest
import torch
from torch_geometric.data import Data

from skgraph import transforms
from skgraph.data import SkeletonData
from skgraph.errors import DataError

MAKE = {
    "AlignBody": lambda topology: transforms.AlignBody(topology),
    "Center": lambda topology: transforms.Center(topology),
    "Compose": lambda topology: transforms.Compose([transforms.Center(topology), transforms.RandomRotate(y=1.0)]),
    "CropResample": lambda topology: transforms.CropResample(frames=8, low=0.5),
    "DropAxis": lambda topology: transforms.DropAxis(0.5),
    "DropFrames": lambda topology: transforms.DropFrames(0.2, 0.5),
    "DropJoints": lambda topology: transforms.DropJoints(topology, p=0.3),
    "FillGaps": lambda topology: transforms.FillGaps(),
    "LimbMask": lambda topology: transforms.LimbMask(topology, ratio=0.6),
    "LowerFrameRate": lambda topology: transforms.LowerFrameRate(2, 4),
    "MotionAwareJointMask": lambda topology: transforms.MotionAwareJointMask(ratio=0.6),
    "MotionAwareTokenMask": lambda topology: transforms.MotionAwareTokenMask(ratio=0.6),
    "RandomApply": lambda topology: transforms.RandomApply(transforms.RandomRotate(y=1.0)),
    "RandomJitter": lambda topology: transforms.RandomJitter(0.01),
    "RandomJitter, relative": lambda topology: transforms.RandomJitter(0.01, True, topology),
    "RandomJointMask": lambda topology: transforms.RandomJointMask(ratio=0.6),
    "RandomReflect": lambda topology: transforms.RandomReflect(topology),
    "RandomRotate": lambda topology: transforms.RandomRotate(x=0.1, y=0.5, z=0.1),
    "RandomScale": lambda topology: transforms.RandomScale(0.8, 1.2),
    "RandomShear": lambda topology: transforms.RandomShear(0.5),
    "RandomTokenMask": lambda topology: transforms.RandomTokenMask(ratio=0.6),
    "RandomTranslate": lambda topology: transforms.RandomTranslate(0.1),
    "ScaleBody": lambda topology: transforms.ScaleBody(topology),
    "ScaleLimbs": lambda topology: transforms.ScaleLimbs(topology),
    "SemanticTubeMask": lambda topology: transforms.SemanticTubeMask(topology, ratio=0.6, patch_length=4),
    "SwapSides": lambda topology: transforms.SwapSides(topology, 0.2, 0.5),
    "ToBone": lambda topology: transforms.ToBone(topology),
    "ToMotion": lambda topology: transforms.ToMotion(),
}
# One draw serves all bodies of a graph; in the others every body or node draws, or time is cut.
SHARED = ["RandomReflect", "RandomRotate", "RandomScale", "RandomShear", "RandomTranslate", "ScaleLimbs"]
each = pytest.mark.parametrize("name", MAKE)


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def test_every_public_transform_is_here():
    assert set(transforms.__all__) - {name.partition(",")[0] for name in MAKE} == {
        "AddEdges",
        "GraphMask",
        "GraphTransform",
        "MapJoints",
    }


@each
def test_shapes_hold_for_a_batch_and_a_clip(name, topology, batch):
    transform, clip = MAKE[name](topology), SkeletonData.from_joints(batch.joints[0], batch.frame_mask[0])
    assert transform(batch).joints.shape == (3, 2, 8, 5, 3)
    assert transform(clip).joints.shape == (2, 8, 5, 3)
    assert transform(clip).frame_mask.shape == (2, 8)


@each
def test_the_input_is_not_modified(name, topology, batch):
    before, frame_mask = batch.x.clone(), batch.frame_mask.clone()
    version, keys = batch.x._version, batch.keys()
    MAKE[name](topology)(batch)
    assert batch.x._version == version and batch.keys() == keys
    assert torch.equal(batch.x, before) and torch.equal(batch.frame_mask, frame_mask)


@each
def test_absent_frames_stay_zero(name, topology, batch):
    out = MAKE[name](topology)(batch, seeded())
    assert not out.joints[~out.frame_mask].any()


@each
def test_the_same_generator_gives_the_same_graph(name, topology, batch):
    transform = MAKE[name](topology)
    first, second = transform(batch, seeded(1)), transform(batch, seeded(1))
    assert first.keys() == second.keys()
    for key, value in first.to_dict().items():
        assert torch.equal(value, second[key]), key


@pytest.mark.parametrize("name", ["AlignBody", "Center", "FillGaps", "ToBone", "ToMotion"])
def test_a_batch_without_randomness_equals_its_clips(name, topology, batch):
    transform = MAKE[name](topology)
    clips = [transform(SkeletonData.from_joints(batch.joints[i], batch.frame_mask[i])).joints for i in range(3)]
    assert torch.equal(transform(batch).joints, torch.stack(clips))


@each
def test_shapes_are_static_and_nothing_synchronises(name, topology):
    # The meta device has shapes but no values: reading one, as .item() or nonzero() do, is an error.
    batch = SkeletonData.from_joints(torch.empty(3, 2, 8, 5, 3, device="meta"))
    assert MAKE[name](topology).to("meta")(batch).joints.shape == (3, 2, 8, 5, 3)


@each
def test_nothing_is_saved_and_all_is_picklable(name, topology):
    transform = MAKE[name](topology)
    assert not transform.state_dict()
    assert repr(pickle.loads(pickle.dumps(transform))) == repr(transform)


@pytest.mark.parametrize("name", SHARED)
def test_bodies_share_the_draw_and_graphs_do_not(name, topology):
    body = torch.randn(1, 1, 4, 5, 3, generator=seeded())
    out = MAKE[name](topology)(SkeletonData.from_joints(body.expand(16, 2, 4, 5, 3)), seeded()).joints
    assert torch.equal(out[:, 0], out[:, 1])
    assert not torch.equal(out[0], out[1]) or name == "RandomReflect"
    assert len(out.flatten(1).unique(dim=0)) == (2 if name == "RandomReflect" else 16)


def test_joints_must_be_those_of_the_topology(topology):
    seven = SkeletonData.from_joints(torch.zeros(1, 4, 7, 3))
    with pytest.raises(DataError, match=r"ToBone .*'tiny_3d' with 5 joints, found 7 joints"):
        transforms.ToBone(topology)(seven)


def test_only_skeleton_graphs_are_taken():
    with pytest.raises(DataError, match="RandomScale acts on SkeletonData, found Data"):
        transforms.RandomScale(1.0, 1.0)(Data(x=torch.zeros(2, 3)))
