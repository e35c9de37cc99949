import numpy as np
import torch

from skgraph.data import SkeletonData
from skgraph.transforms import DropFrames, FillGaps


def test_gaps_are_those_of_numpy():
    generator = torch.Generator().manual_seed(0)
    data = SkeletonData.from_joints(torch.randn(50, 2, 12, 5, 3, generator=generator).cumsum(dim=2))
    absent = DropFrames(0.3, 0.5)(DropFrames(0.2, 0.4)(data, generator), generator)
    out, frame = FillGaps()(absent), np.arange(12)
    for body, there, filled, present in zip(
        absent.joints.flatten(0, 1).numpy(),
        absent.frame_mask.flatten(0, 1).numpy(),
        out.joints.flatten(0, 1).numpy(),
        out.frame_mask.flatten(0, 1).numpy(),
        strict=True,
    ):
        seen = frame[there]
        inside = (frame >= seen[0]) & (frame <= seen[-1])
        assert (present == inside).all() and not filled[~inside].any()
        for joint in range(5):
            for axis in range(3):
                expected = np.interp(frame[inside], seen, body[there, joint, axis])
                np.testing.assert_allclose(filled[inside, joint, axis], expected, atol=1e-5)


def test_what_is_there_and_confidence_are_unchanged(batch):
    batch.confidence = torch.rand(batch.joints.shape[:-1]) * batch.frame_mask[..., None]
    out = FillGaps()(batch)
    assert torch.equal(out.joints[batch.frame_mask], batch.joints[batch.frame_mask])
    assert torch.equal(out.confidence, batch.confidence)


def test_a_body_that_is_never_there_stays_absent():
    out = FillGaps()(SkeletonData.from_joints(torch.zeros(1, 4, 5, 3), torch.zeros(1, 4, dtype=torch.bool)))
    assert not out.frame_mask.any() and not out.joints.any()
