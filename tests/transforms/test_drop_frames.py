import pytest
import torch

from skgraph.data import SkeletonData
from skgraph.errors import ConfigError
from skgraph.transforms import DropFrames, ToMotion


def test_a_body_is_absent_for_a_span(batch):
    data = SkeletonData.from_joints(torch.randn(500, 2, 20, 5, 3))
    data.confidence = torch.ones(500, 2, 20, 5)
    out = DropFrames(0.1, 0.4)(data, torch.Generator().manual_seed(0))
    lost = ~out.frame_mask
    assert lost.sum(dim=-1).unique().tolist() == list(range(2, 9))
    assert not torch.equal(lost[:, 0], lost[:, 1])  # bodies draw for themselves
    assert torch.equal(out.joints == 0, lost[..., None, None].expand_as(out.joints))
    assert torch.equal(out.confidence == 0, lost[..., None].expand_as(out.confidence))
    assert torch.equal(out.joints[out.frame_mask], data.joints[out.frame_mask])
    steps = ToMotion()(out)  # no step into the gap or out of it
    assert not steps.joints[..., :-1, :, :][lost[..., 1:] | lost[..., :-1]].any()
    assert not (DropFrames(0.5, 0.5)(batch).frame_mask & ~batch.frame_mask).any()


def test_drop_frames_errors():
    assert repr(DropFrames()) == "DropFrames(low=0.0, high=0.25)"
    with pytest.raises(ConfigError, match="DropFrames: 0 <= low <= high <= 1 is needed, found low=0.0, high=2"):
        DropFrames(high=2)
