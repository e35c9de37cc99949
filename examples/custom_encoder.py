"""A custom encoder in one file. Check it:

    python custom_encoder.py

and train it with any objective, from the folder that holds this file:

    python -m skgraph.pretrain encoder=custom encoder._target_=custom_encoder.MeanFieldEncoder +encoder.dim=96
"""

import torch
from torch import nn

from skgraph import Topology
from skgraph.checks import check_encoder
from skgraph.encoders import Encoder
from skgraph.encoders.token_grid import GridEmbedding


class MeanFieldEncoder(Encoder):
    """Update every visible token from itself and the mean of all visible tokens.

    The constructor gets `topology`, `frames`, `channels` and `patch_length` from the run, and everything else from
    `encoder.*` on the command line.
    """

    def __init__(self, topology, frames, channels=3, patch_length=4, dim=64, depth=3):
        super().__init__(topology, frames, channels, patch_length, dim)  # checks them; self.grid is (patches, joints)
        self.embed = nn.Linear(patch_length * channels, dim)
        self.positions = GridEmbedding(self.grid, dim)
        self.blocks = nn.ModuleList(
            nn.Sequential(nn.LayerNorm(2 * dim), nn.Linear(2 * dim, 4 * dim), nn.GELU(), nn.Linear(4 * dim, dim))
            for _ in range(depth)
        )

    def encode(self, joints, visible):
        x = self.embed(self.raw_tokens(joints, visible)) + self.positions(visible)
        for block in self.blocks:
            mean = x.mean(dim=1, keepdim=True).expand_as(x)
            x = x + block(torch.cat([x, mean], dim=-1))
        return x


if __name__ == "__main__":
    encoder = MeanFieldEncoder(Topology.load("ntu_rgbd"), frames=64)
    check_encoder(encoder, frames=64)
    print(f"{type(encoder).__name__} satisfies the contract: {encoder.grid} tokens of width {encoder.dim}")
