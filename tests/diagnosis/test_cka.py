from __future__ import annotations

import pytest
import torch

from skgraph.diagnosis import linear_cka

A = torch.randn(200, 6, generator=torch.Generator().manual_seed(0))


def test_a_rotated_scaled_and_shifted_copy_is_the_same():
    rotation = torch.linalg.qr(torch.randn(6, 6, generator=torch.Generator().manual_seed(1))).Q
    assert linear_cka(A, 3 * A @ rotation + 5) == pytest.approx(1)


def test_its_formula_by_kernels():
    b = A[:, :3] ** 2
    centre = torch.eye(200).double() - 1 / 200
    k, m = (centre @ (x.double() @ x.double().T) @ centre for x in (A, b))
    assert linear_cka(A, b) == pytest.approx(float((k * m).sum() / (k.norm() * m.norm())))


def test_features_that_do_not_vary_are_like_nothing():
    assert linear_cka(A, torch.ones(200, 4)) == 0
