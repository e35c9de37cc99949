import pytest
import torch

from skgraph.errors import ConfigError
from skgraph.transforms.random_spans import check_shares, random_spans


def spans(frame_mask, low, high, number=1):
    return random_spans(frame_mask, number, low, high, torch.empty(0), torch.Generator().manual_seed(0))


def test_a_span_has_no_gap_and_lies_anywhere():
    inside = spans(torch.ones(2000, 2, 20, dtype=torch.bool), 0.25, 0.5, 3)
    assert inside.shape == (2000, 2, 20, 3)
    width = inside.sum(dim=2)
    assert width.unique().tolist() == list(range(5, 11))
    assert (inside.int().diff(dim=2, prepend=torch.zeros(2000, 2, 1, 3)) == 1).sum(dim=2).eq(1).all()  # begins once
    full = spans(torch.ones(4000, 1, 20, dtype=torch.bool), 0.5, 0.5)[:, 0, :, 0]
    starts = torch.bincount(full.int().argmax(dim=1), minlength=11)
    assert len(starts) == 11 and starts.min() > 4000 / 11 * 0.8


def test_shares_are_those_of_the_frames_in_which_a_body_is_present():
    frame_mask = torch.zeros(500, 1, 20, dtype=torch.bool)
    frame_mask[:, :, 3:8] = frame_mask[:, :, 10:15] = True
    inside = spans(frame_mask, 0.4, 0.4)[..., 0]
    assert (inside.sum(dim=-1) == 4).all() and not inside[~frame_mask].any()
    assert inside[:, 0].any(dim=0).equal(frame_mask[0, 0])
    assert not spans(frame_mask & False, 0.4, 0.4).any()


def test_none_and_all():
    frame_mask = torch.ones(50, 1, 7, dtype=torch.bool)
    assert not spans(frame_mask, 0.0, 0.0).any() and spans(frame_mask, 1.0, 1.0).all()


@pytest.mark.parametrize(("low", "high"), [(-0.1, 0.5), (0.5, 0.4), (0.5, 1.1), (float("nan"), 1)])
def test_shares_out_of_range(low, high):
    with pytest.raises(ConfigError, match="DropFrames: 0 <= low <= high <= 1 is needed, found low="):
        check_shares("DropFrames", low, high)
