import torch

from skgraph.transforms.linear_map import apply_linear


def test_apply_linear():
    joints = torch.tensor([[1.0, 2.0], [3.0, 4.0]]).view(1, 1, 2, 2)
    quarter_turn = torch.tensor([[0.0, -1.0], [1.0, 0.0]])
    assert apply_linear(joints, quarter_turn).view(2, 2).tolist() == [[-2.0, 1.0], [-4.0, 3.0]]


def test_apply_linear_is_one_matrix_a_graph():
    joints, matrix = torch.randn(4, 2, 3, 5, 3), torch.randn(4, 3, 3)
    expected = torch.einsum("bdc,bmtvc->bmtvd", matrix, joints)
    assert torch.allclose(apply_linear(joints, matrix), expected, atol=1e-5)


def test_apply_linear_keeps_its_precision_under_autocast():
    joints = torch.full((1, 1, 1, 2), 1.001)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        out = apply_linear(joints, torch.eye(2))
    assert torch.equal(out, joints)
