from __future__ import annotations

import pytest
import torch

from skgraph.encoders.token_grid import GridEmbedding, patchify
from skgraph.errors import DataError


def test_a_token_has_the_sum_of_its_time_and_its_joint():
    embedding = GridEmbedding((4, 25), 8)
    expected = embedding.time_embedding[2] + embedding.joint_embedding[7]
    assert torch.equal(embedding(torch.tensor([[57]]))[0, 0], expected)
    assert torch.equal(embedding()[57], expected)


def test_the_gradient_is_the_same_every_time_with_several_threads():
    torch.manual_seed(0)
    embedding = GridEmbedding((4, 25), 64)
    tokens, weight = torch.randint(100, (64, 90)), torch.randn(64, 90, 64)
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        gradients = []
        for _ in range(20):
            embedding.zero_grad()
            (embedding(tokens) * weight).sum().backward()
            gradients.append(embedding.joint_embedding.grad.clone())
    finally:
        torch.set_num_threads(threads)
    assert all(torch.equal(gradients[0], other) for other in gradients[1:])


def test_a_token_is_a_joint_over_a_patch():
    joints = torch.randn(1, 16, 25, 3)
    assert torch.equal(patchify(joints, 4)[0, 2 * 25 + 7], joints[0, 8:12, 7].flatten())


def test_patches_must_divide_the_frames():
    with pytest.raises(DataError, match="must divide the 8 frames, found 3"):
        patchify(torch.zeros(2, 8, 25, 3), patches=3)
