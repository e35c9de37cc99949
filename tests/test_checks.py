"""The contract checks pass what keeps the contract and name what does not."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from skgraph.checks import check_encoder, check_objective
from skgraph.encoders import PyGEncoder, STGCNEncoder, TransformerEncoder
from skgraph.errors import ContractError
from skgraph.objectives import GFP, SJEPA, MaskedRegression, Objective
from tests.objectives.test_gfp import DECODER, NETWORK

FRAMES = 16


class Good(nn.Module):
    """A minimal encoder; subclasses break one clause each."""

    def __init__(self, joints=25):
        super().__init__()
        self.dim, self.grid = 8, (4, joints)
        self.embed = nn.Linear(12, 8)

    def tokens(self, joints):
        return joints.unflatten(1, (4, 4)).transpose(2, 3).flatten(3).flatten(1, 2)

    def forward(self, joints, visible=None):
        x = self.embed(self.tokens(joints))
        return x if visible is None else x.gather(1, visible[..., None].expand(-1, -1, 8))


class NoGrid(Good):
    def __init__(self):
        super().__init__()
        del self.grid


class WrongShape(Good):
    def forward(self, joints, visible=None):
        return super().forward(joints)


class Leak(Good):
    def forward(self, joints, visible=None):
        return super().forward(joints, visible) + joints.mean()


class Blind(Good):
    def forward(self, joints, visible=None):
        return super().forward(0 * joints, visible)


class Mixing(Good):
    def forward(self, joints, visible=None):
        x = super().forward(joints, visible)
        return x - x.mean(dim=0)


class Sorted(Good):
    def forward(self, joints, visible=None):
        return super().forward(joints, None if visible is None else visible.sort(dim=1).values)


class Unused(Good):
    def __init__(self):
        super().__init__()
        self.extra = nn.Linear(8, 8)


class Hoarding(Good):
    def __init__(self):
        super().__init__()
        self.scale = torch.ones(8)

    def forward(self, joints, visible=None):
        return super().forward(joints, visible) * self.scale


class Counting(Good):
    def __init__(self):
        super().__init__()
        self.register_buffer("calls", torch.zeros(()), persistent=False)

    def forward(self, joints, visible=None):
        self.calls += 1
        return super().forward(joints, visible)


class Partial(Good):
    def load_state_dict(self, state, *args, **kwargs):
        return super().load_state_dict({k: v for k, v in state.items() if "bias" not in k}, strict=False)


def test_good():
    check_encoder(Good(), FRAMES)


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (NoGrid, r"needs dim \(its width\) and grid"),
        (WrongShape, r"WrongShape\(joints, visible\) must be \[2, 10, 8\], found \[2, 100, 8\]"),
        (Leak, "leaks: the values of hidden joints change the tokens"),
        (Blind, "does not read its input"),
        (Mixing, "mixes the bodies of a batch"),
        (Sorted, "must return tokens in the order of visible"),
        (Unused, "does not use its parameter 'extra.weight'"),
        (Hoarding, "holds the tensor 'scale' outside its state dict"),
        (Counting, "changes its buffer 'calls' and does not save it"),
        (Partial, "loading its own state dict into another copy gives another output"),
    ],
)
def test_broken_encoders(kind, message):
    with pytest.raises(ContractError, match=message):
        check_encoder(kind(), FRAMES)


class Raising(Good):
    def forward(self, joints, visible=None):
        raise KeyError("joints")


class Nothing(Good):
    def forward(self, joints, visible=None):
        return None


class Frozen(Good):
    def __init__(self):
        super().__init__()
        self.requires_grad_(False)


class NoSegments(Good):
    def __init__(self):
        super().__init__()
        self.grid = (0, 25)


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (Raising, "Raising.forward failed with KeyError: 'joints'"),
        (Nothing, r"Nothing\(joints\) must be a float32 tensor, found <class 'NoneType'>"),
        (Frozen, "Frozen has no parameter that requires a gradient"),
        (NoSegments, "NoSegments.grid must be two whole numbers above 0"),
    ],
)
def test_encoders_that_do_not_run(kind, message):
    with pytest.raises(ContractError, match=message):
        check_encoder(kind(), FRAMES)


def test_frames_that_the_grid_does_not_divide():
    with pytest.raises(ContractError, match="4 patches in time, which do not divide the 15 frames"):
        check_encoder(Good(), 15)


class Mean(Objective):
    """A minimal objective; subclasses break one clause each."""

    def __init__(self):
        super().__init__()
        self.encoder = Good()

    def forward(self, views, visible, masked):
        loss = self.encoder(views[0], visible).square().mean()
        return loss, {"size": loss.detach()}


class Vector(Mean):
    def forward(self, views, visible, masked):
        return self.encoder(views[0], visible).mean(dim=(1, 2)), {}


class LiveLog(Mean):
    def forward(self, views, visible, masked):
        loss, _ = super().forward(views, visible, masked)
        return loss, {"size": loss}


class Idle(Mean):
    def __init__(self):
        super().__init__()
        self.head = nn.Linear(2, 2)


class Meddling(Mean):
    def after_step(self, progress):
        self.encoder.embed.bias.data.add_(1)


class Rigid(Mean):
    def after_step(self):
        pass


class Infinite(Mean):
    def forward(self, views, visible, masked):
        loss, _ = super().forward(views, visible, masked)
        return loss, {"size": torch.tensor(float("nan"))}


class Bare(nn.Module):
    pass


def test_a_good_objective():
    check_objective(Mean(), FRAMES)


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (Bare, "needs an encoder"),
        (Rigid, "Rigid.after_step failed with TypeError"),
        (Infinite, r"logs\['size'\] must be a detached scalar tensor, and finite"),
        (Vector, "the loss must be a finite scalar"),
        (LiveLog, r"logs\['size'\] must be a detached scalar"),
        (Idle, "does not use its parameter 'head.weight'"),
        (Meddling, r"after_step changes 'encoder.embed.bias'"),
    ],
)
def test_broken_objectives(kind, message):
    with pytest.raises(ContractError, match=message):
        check_objective(kind(), FRAMES)


def encoders(topology):
    torch.manual_seed(0)
    yield TransformerEncoder(topology, FRAMES, patch_length=4, dim=16, depth=1, heads=2)
    yield STGCNEncoder(topology, FRAMES, patch_length=4, widths=(8, 16))
    yield PyGEncoder(topology, FRAMES, patch_length=4, dim=16, depth=1)


@pytest.mark.parametrize("which", range(3), ids=["transformer", "stgcn", "pyg"])
def test_ours_keep_the_contract(topology, which):
    encoder = list(encoders(topology))[which]
    check_encoder(encoder, FRAMES)
    check_objective(SJEPA(encoder), FRAMES)
    check_objective(MaskedRegression(encoder, FRAMES, "motion"), FRAMES)
    check_objective(GFP(encoder, FRAMES, decoder=DECODER, target_network=NETWORK, targets=(2, 4, "g")), FRAMES)
