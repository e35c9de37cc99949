from __future__ import annotations

from functools import partial

import pytest
import torch

from skgraph.encoders import TransformerEncoder
from skgraph.errors import DataError
from skgraph.objectives import SJEPA, LeJEPA, MaskedRegression, Predictor

ENCODER = {"frames": 8, "patch_length": 4, "dim": 16, "depth": 1, "heads": 2}
PREDICTOR = partial(Predictor, depth=1, heads=2)
TOKENS = torch.arange(50).expand(3, -1)


def sjepa(topology):
    return SJEPA(TransformerEncoder(topology, **ENCODER), PREDICTOR, output_dim=None)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_another_number_of_views_is_refused(topology, count):
    with pytest.raises(DataError, match=r"SJEPA takes views \[2, B, T, V, C\], found \["):
        sjepa(topology)(torch.randn(count, 3, 8, 25, 3), TOKENS[:, :10], TOKENS[:, 10:])


@pytest.mark.parametrize(
    ("visible", "masked"),
    [
        (TOKENS[:1, :10], TOKENS[:1, 10:]),  # would be broadcast
        (TOKENS[:, :10], TOKENS[:2, 10:]),
        (TOKENS, TOKENS[:, :0]),  # a mean over nothing
        (TOKENS[:, :0], TOKENS),
        (TOKENS[:, :10], TOKENS[:, 20:]),
    ],
)
def test_masks_of_other_shapes_are_refused(topology, visible, masked):
    with pytest.raises(DataError, match=r"SJEPA takes visible token ids \[3, K\] and masked ones \[3, 50 - K\]"):
        sjepa(topology)(torch.randn(2, 3, 8, 25, 3), visible, masked)


def test_every_view_has_a_mask_where_the_objective_says_so(topology):
    objective = LeJEPA(TransformerEncoder(topology, **ENCODER), num_views=2)
    with pytest.raises(DataError, match=r"LeJEPA takes visible token ids \[2, 3, K\]"):
        objective(torch.randn(2, 3, 8, 25, 3), TOKENS[:, :10], TOKENS[:, 10:])


def test_ids_that_overlap_are_refused(topology):
    objective = MaskedRegression(TransformerEncoder(topology, **ENCODER), 8, "joint", decoder=PREDICTOR)
    views = torch.randn(1, 3, 8, 25, 3)
    for _ in range(2):
        with pytest.raises(DataError, match=r"must hold the token ids 0 to 49, each once, found \[0, 1, .* 9, 9, 10"):
            objective(views, TOKENS[:, :10], TOKENS[:, 9:49])
    loss, _ = objective(views, TOKENS[:, :10], TOKENS[:, 10:])
    assert loss.isfinite()
