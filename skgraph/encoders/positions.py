"""Where a token is: learned joint and time embeddings on the token grid."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class GridEmbedding(nn.Module):
    """Learned embedding of token ``t * V + v`` as the sum of a time and a joint embedding (S-JEPA, section 4.1).

    Args:
        grid: segments and joints, ``(T_e, V)``.
        dim: width ``D``.
    """

    def __init__(self, grid: tuple[int, int], dim: int) -> None:
        super().__init__()
        segments, joints = grid
        self.time_embedding = nn.Parameter(torch.empty(segments, dim))
        self.joint_embedding = nn.Parameter(torch.empty(joints, dim))
        nn.init.normal_(self.time_embedding, std=0.02)
        nn.init.normal_(self.joint_embedding, std=0.02)

    def forward(self, tokens: Tensor | None = None) -> Tensor:
        """Embeddings ``[L, D]`` of the whole grid, or ``[B, K, D]`` of ``tokens [B, K]``."""
        table = (self.time_embedding[:, None] + self.joint_embedding[None]).flatten(0, 1)
        # Not table[tokens]: its backward pass adds in the order in which a CPU's threads come; no two runs were equal.
        return table if tokens is None else F.embedding(tokens, table)
