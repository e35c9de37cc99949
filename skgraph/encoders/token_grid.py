"""The grid of tokens: token ``t * V + v`` is joint ``v`` in patch ``t``."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from skgraph.encoders.joint_embedding import JointEmbedding, joint_vectors
from skgraph.errors import DataError
from skgraph.topology import Topology


def patchify(joints: Tensor, patches: int) -> Tensor:
    """Cut bodies into raw tokens: each joint over ``l = T / patches`` frames.

    Args:
        joints: ``[B, T, V, C]``.
        patches: in time, ``T_e``; divides ``T``.

    Returns:
        raw tokens ``[B, L, l * C]``, ``L = T_e * V``.

    >>> patchify(torch.zeros(2, 8, 25, 3), patches=4).shape
    torch.Size([2, 100, 6])
    """
    if patches < 1 or joints.size(1) % patches:
        raise DataError(f"the number of patches must divide the {joints.size(1)} frames, found {patches}")
    x = joints.unflatten(1, (patches, -1))  # [B, T_e, l, V, C]
    return x.transpose(2, 3).flatten(3).flatten(1, 2)


class GridEmbedding(nn.Module):
    """Learned embedding of each token: the sum of a time and a joint embedding (overview of S-JEPA, section 4.1).

    Args:
        grid: patches and joints, ``(T_e, V)``.
        dim: width ``D``.
        topology: of the joints, to compute their embeddings from it; ``None`` learns one of each joint.
    """

    joint_embedding: nn.Parameter | JointEmbedding

    def __init__(self, grid: tuple[int, int], dim: int, topology: Topology | None = None) -> None:
        super().__init__()
        patches, joints = grid
        self.dim = dim
        self.time_embedding = nn.Parameter(torch.empty(patches, dim))
        nn.init.normal_(self.time_embedding, std=0.02)
        if topology is None:
            self.joint_embedding = nn.Parameter(torch.empty(joints, dim))
            nn.init.normal_(self.joint_embedding, std=0.02)
        else:
            self.joint_embedding = JointEmbedding(topology, dim)

    def forward(self, tokens: Tensor | None = None) -> Tensor:
        """Return the embeddings ``[L, D]`` of the whole grid, or ``[B, K, D]`` of ``tokens [B, K]``."""
        table = (self.time_embedding[:, None] + joint_vectors(self.joint_embedding)[None]).flatten(0, 1)
        # Indexing with table[tokens] is not reproducible on a CPU: its backward pass adds in the order of the threads.
        return table if tokens is None else F.embedding(tokens, table)
