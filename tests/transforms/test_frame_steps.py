import pytest
import torch

from skgraph.errors import DataError
from skgraph.transforms.frame_steps import frame_steps


def test_frame_steps():
    joints = torch.tensor([1.0, 3.0, 6.0]).view(1, 3, 1, 1)
    steps, valid = frame_steps(joints, torch.tensor([[True, True, False]]))
    assert steps.flatten().tolist() == [2, 3] and valid.tolist() == [[[1], [0]]]


def test_a_single_frame_has_no_motion():
    with pytest.raises(DataError, match="motion needs at least 2 frames, found 1"):
        frame_steps(torch.zeros(1, 1, 5, 3), torch.ones(1, 1, dtype=torch.bool))
