import torch

from skgraph.objectives import TargetNetwork
from skgraph.objectives.target_network import patch_motion, raw_windows


def numbered(batch=2, patches=4, joints=3, patch=2):
    """Tokens whose numbers say where they come from: 100 t + 10 v + coordinate."""
    t = 100 * torch.arange(patches)[:, None, None] + 10 * torch.arange(joints)[:, None] + torch.arange(patch)
    return t.flatten(0, 1).float().expand(batch, -1, -1)


def test_a_window_is_a_joint_over_its_patches():
    windows = raw_windows(numbered(), joints=3, targets=(2, 4, "g"))
    assert {target: tuple(x.shape) for target, x in windows.items()} == {2: (2, 6, 4), 4: (2, 3, 8), "g": (2, 1, 24)}
    assert windows[2][0, 4].tolist() == [210, 211, 310, 311]  # window 1, joint 1
    assert windows[4][1, 2].tolist() == [20, 21, 120, 121, 220, 221, 320, 321]


def test_motion_is_the_change_to_the_next_patch():
    motion = patch_motion(numbered(), joints=3)
    assert (motion[:, :9] == 100).all() and (motion[:, 9:] == 0).all()


def test_widths_and_layers():
    network = TargetNetwork((4, 3), patch_dim=2, targets=(2, "g"), hidden_dim=5, global_dim=6, layers=2)
    assert network.out_dims == {2: 5, "g": 6}
    out = network(raw_windows(numbered(), 3, (2, "g")))
    assert out[2].shape == (2, 6, 5) and out["g"].shape == (2, 1, 6)
    assert [type(step).__name__ for step in network.networks["g"]] == ["Linear", "LayerNorm", "GELU", "Linear"]


def test_the_wide_variant_keeps_the_width_of_the_targets():
    """Table 5: four layers of twice the hidden width."""
    options = {"hidden_dim": 10, "global_dim": 12, "layers": 4, "target_dim": 5, "global_target_dim": 6}
    network = TargetNetwork((4, 3), 2, (2, "g"), **options)
    assert network.out_dims == {2: 5, "g": 6}
    assert [step.out_features for step in network.networks["2"] if hasattr(step, "out_features")] == [10, 10, 10, 5]
