import pytest
import torch

from skgraph.data import SkeletonData
from skgraph.errors import ConfigError
from skgraph.transforms import CropResample


def ramp(frames, present=None):
    """One body whose one joint is at x = t."""
    frame_mask = None if present is None else torch.tensor([present])
    joints = torch.arange(float(frames)).view(1, frames, 1, 1)
    return SkeletonData.from_joints(joints, frame_mask)


def test_nearest_frames():
    out = CropResample(frames=3, resampling="nearest")(ramp(4))
    assert out.x.flatten().tolist() == [0, 2, 3]
    assert "resampling=nearest" in repr(CropResample(frames=3, resampling="nearest"))


def test_crop_resample():
    transform = CropResample(frames=2)
    assert repr(transform) == "CropResample(frames=2, low=1.0, high=1.0, min_frames=1)"
    assert transform(ramp(4)).x.flatten().tolist() == [0.5, 2.5]
    assert CropResample(frames=8)(ramp(4)).x.flatten().tolist() == [0, 0.25, 0.75, 1.25, 1.75, 2.25, 2.75, 3]
    assert CropResample(frames=2, low=0.5, high=0.5)(ramp(4)).x.flatten().tolist() == [1, 2]
    assert CropResample(frames=2, low=0.1, high=0.2, min_frames=4)(ramp(4)).x.flatten().tolist() == [0.5, 2.5]


def test_as_many_frames_as_there_are_is_the_identity(batch):
    out = CropResample(frames=8)(batch)
    assert torch.equal(out.x, batch.x) and torch.equal(out.frame_mask, batch.frame_mask)


def test_a_frame_is_present_if_all_it_is_made_of_is():
    out = CropResample(frames=2)(ramp(4, [True, False, True, True]))
    assert out.frame_mask.tolist() == [[False, True]] and out.x.flatten().tolist() == [0, 2.5]
    # The middle of three frames is read exactly: the absent neighbour has no weight.
    out = CropResample(frames=1)(ramp(3, [True, True, False]))
    assert out.frame_mask.tolist() == [[True]] and out.x.flatten().tolist() == [1]


def test_it_equals_torch_interpolate():
    joints = torch.randn(2, 1, 37, 5, 3)
    signal = joints.permute(0, 1, 3, 4, 2).reshape(2, 15, 37)
    for frames in (16, 64):
        expected = torch.nn.functional.interpolate(signal, frames, mode="linear", align_corners=False)
        out = CropResample(frames)(SkeletonData.from_joints(joints)).joints
        assert torch.allclose(out, expected.view(2, 1, 5, 3, frames).permute(0, 1, 4, 2, 3), atol=1e-5)


def test_windows_differ_between_graphs_and_not_between_bodies():
    joints = torch.arange(100.0).view(1, 1, 100, 1, 1).expand(64, 2, 100, 1, 1)
    out = CropResample(frames=10, low=0.5, high=1.0)(SkeletonData.from_joints(joints)).joints[..., 0, 0]
    assert torch.equal(out[:, 0], out[:, 1])
    span = out[:, 0, -1] - out[:, 0, 0]  # 9 steps of width / 10 frames
    assert 0.9 * 50 <= span.min() + 1e-3 and span.max() - 1e-3 <= 0.9 * 100
    assert len(out[:, 0, 0].unique()) > 20


def test_crop_resample_errors():
    with pytest.raises(ConfigError, match=r"0 < low <= high <= 1 is needed, found low=0.9, high=0.5"):
        CropResample(64, low=0.9, high=0.5)
    with pytest.raises(ConfigError, match="must be at least 1, found 0 and 1"):
        CropResample(0)


def test_confidence_is_resampled_as_the_joints_are():
    joints = torch.randn(2, 8, 5, 3)
    clip = SkeletonData.from_joints(joints, confidence=joints[..., 0].sigmoid())
    clip.joints = torch.cat([clip.joints[..., 1:], clip.confidence[..., None]], dim=-1)
    out = CropResample(5)(clip)
    assert torch.allclose(out.confidence, out.joints[..., -1])
