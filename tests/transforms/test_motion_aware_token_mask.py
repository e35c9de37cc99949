import pytest
import torch

from skgraph.errors import ConfigError
from skgraph.transforms import MotionAwareTokenMask

# Two joints in four frames, two patches of two: steps 1, 1, 0 and 0.5, 0.5, 0.5.
WALK = torch.tensor([[0.0, 0.0], [1.0, 0.5], [2.0, 1.0], [2.0, 1.5]]).view(1, 4, 2, 1)


def frequencies(mask, joints, **kwargs):
    """How often each token is masked."""
    masked = mask.draw(joints.expand(20_000, *joints.shape[1:]), torch.Generator().manual_seed(0), **kwargs)[1]
    return (masked.flatten().bincount() / 20_000).tolist()


def test_repr():
    assert repr(MotionAwareTokenMask()) == "MotionAwareTokenMask(ratio=0.9, patch_length=4, tau=0.8)"


def test_one_masked_token_follows_the_softmax_of_the_intensities():
    # Tokens in order (patch, joint): intensities 1, 0.5, 0, 0.5; the last frame repeats the step into it.
    expected = torch.softmax(torch.tensor([1.0, 0.5, 0.0, 0.5]) / 0.8, dim=0).tolist()
    for scale in (1.0, 0.001):  # metres or millimetres
        mask = MotionAwareTokenMask(ratio=0.25, patch_length=2)
        assert frequencies(mask, WALK * scale) == pytest.approx(expected, abs=0.015)


def test_a_small_tau_masks_the_most_moving_tokens():
    mask = MotionAwareTokenMask(ratio=0.75, patch_length=2, tau=1e-4)
    assert mask.draw(WALK)[1].tolist() == [[0, 1, 3]]


def test_coordinates_add_up():
    sideways = WALK.expand(1, 4, 2, 3).clone()
    sideways[:, :, 0, 1:] = 0  # joint 0 steps 1, 1, 0 in x alone, joint 1 0.5 in x, y and z: 1.5
    mask = MotionAwareTokenMask(ratio=0.5, patch_length=2, tau=1e-4)
    assert mask.draw(sideways)[1].tolist() == [[1, 3]]


def test_a_body_at_rest_is_masked_uniformly():
    mask = MotionAwareTokenMask(ratio=0.5, patch_length=2)
    assert frequencies(mask, torch.ones(1, 4, 2, 3)) == pytest.approx([0.5] * 4, abs=0.015)


def test_appearing_is_no_motion():
    joints = WALK.clone()
    joints[:, 0] = 0
    joints[:, 1:] += 50
    present = torch.tensor([False, True, True, True]).expand(20_000, 4)
    # What is left of patch 0 is one step of 1 and one of 0.5: the intensities are as before.
    expected = torch.softmax(torch.tensor([1.0, 0.5, 0.0, 0.5]) / 0.8, dim=0).tolist()
    mask = MotionAwareTokenMask(ratio=0.25, patch_length=2)
    assert frequencies(mask, joints, frame_mask=present) == pytest.approx(expected, abs=0.015)


def test_intensity_between_patches():
    """|patch s - patch s - 1|, mean over frames and axes, the first as the second; as MAMP's released code has it."""
    joints = torch.randn(1, 12, 5, 3, generator=torch.Generator().manual_seed(0))
    patches = joints.view(3, 4, 5, 3)
    change = [(patches[s] - patches[s - 1]).abs().mean(dim=(0, 2)) for s in (1, 2)]
    expected = torch.stack([change[0], *change]).flatten().topk(5).indices.sort().values
    mask = MotionAwareTokenMask(ratio=5 / 15, patch_length=4, tau=1e-6, intensity="patches")
    # The first two patches tie: the highest scores are those of the formula up to which of the two is taken.
    drawn = mask.draw(joints)[1][0]
    values = torch.stack([change[0], *change]).flatten()
    torch.testing.assert_close(values[drawn].sort().values, values[expected].sort().values)
    assert repr(mask).endswith("intensity=patches)")


def test_one_patch_has_no_patch_before():
    mask = MotionAwareTokenMask(ratio=0.5, patch_length=4, intensity="patches")
    assert frequencies(mask, WALK) == pytest.approx([0.5] * 2, abs=0.015)


@pytest.mark.parametrize(("count", "visible"), [("masked", 75), ("visible", 74)])
def test_the_released_code_keeps_74_of_750(count, visible):
    mask = MotionAwareTokenMask(ratio=0.9, patch_length=4, count=count)
    assert mask.draw(torch.randn(1, 120, 25, 3))[0].shape == (1, visible)


def test_unknown_words():
    with pytest.raises(ConfigError, match="intensity must be frames or patches, found 'segments'"):
        MotionAwareTokenMask(intensity="segments")
    with pytest.raises(ConfigError, match="count must be masked or visible, found 'kept'"):
        MotionAwareTokenMask(count="kept")


def test_tau_is_checked():
    with pytest.raises(ConfigError, match="tau must be positive, found 0"):
        MotionAwareTokenMask(tau=0)
