import pytest
import torch

from skgraph.data import SkeletonData
from skgraph.errors import ConfigError
from skgraph.transforms import LowerFrameRate


def seeded():
    return torch.Generator().manual_seed(0)


def test_frames_between_the_kept_ones_are_interpolated():
    data = SkeletonData.from_joints(torch.randn(600, 2, 16, 5, 3))
    out = LowerFrameRate(4, 4)(data, seeded())
    kept = (out.joints == data.joints).flatten(-2).all(dim=-1)
    assert torch.equal(kept[:, 0], kept[:, 1])  # the bodies of a clip share a camera
    first = kept[:, 0].int().argmax(dim=1)
    assert torch.equal(kept[:, 0], (torch.arange(16) - first[:, None]) % 4 == 0)
    assert torch.bincount(first).min() > 600 / 4 * 0.8 and first.max() == 3
    for row in range(10):
        there, joints = kept[row, 0].nonzero().flatten().tolist(), out.joints[row]
        assert torch.equal(joints[:, : there[0]], joints[:, there[0] : there[0] + 1].expand(2, there[0], 5, 3))
        assert (joints[:, there[-1] :] == joints[:, there[-1] :][:, :1]).all()
        between = joints[:, there[0] : there[1] + 1]
        weight = torch.linspace(0, 1, 5)[:, None, None]
        assert torch.allclose(between, torch.lerp(between[:, :1], between[:, -1:], weight), atol=1e-6)


def test_each_rate_equally_often_and_1_is_the_recording():
    data = SkeletonData.from_joints(torch.randn(900, 1, 24, 5, 3))
    kept = (LowerFrameRate(1, 3)(data, seeded()).joints == data.joints).flatten(3).all(dim=3).sum(dim=(1, 2))
    assert set(kept.tolist()) == {24, 12, 8}
    assert torch.bincount(kept)[[24, 12, 8]].min() > 900 / 3 * 0.8
    assert torch.equal(LowerFrameRate(1, 1)(data).x, data.x)


def test_presence_and_confidence(batch):
    data = SkeletonData.from_joints(batch.joints, batch.frame_mask)
    data.confidence = torch.arange(8.0)[:, None].expand(3, 2, 8, 5) * batch.frame_mask[..., None] / 8
    out = LowerFrameRate(2, 2)(data, seeded())
    assert torch.equal(out.frame_mask, batch.frame_mask)
    inner = out.frame_mask.clone()
    inner[..., [0, -1]] = False  # held
    inner[1, 0, :5] = inner[2, 1, 4:] = False
    expected = (torch.arange(8.0) / 8)[:, None].expand(3, 2, 8, 5)
    assert torch.allclose(out.confidence[inner], expected[inner])
    brief = torch.zeros(60, 1, 8, dtype=torch.bool)
    brief[..., 3] = True  # in no kept frame, most of the time
    data = SkeletonData.from_joints(torch.randn(60, 1, 8, 5, 3) * brief[..., None, None], brief)
    assert torch.equal(LowerFrameRate(8, 8)(data, seeded()).x, data.x)


def test_lower_frame_rate_errors():
    assert repr(LowerFrameRate()) == "LowerFrameRate(low=1, high=4)"
    for low, high in ((0, 2), (3, 2)):
        with pytest.raises(ConfigError, match=f"1 <= low <= high is needed, found low={low}, high={high}"):
            LowerFrameRate(low, high)
