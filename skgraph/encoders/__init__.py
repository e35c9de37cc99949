"""Encoders: ``encoder(joints [B, T, V, C], visible [B, K] | None) -> tokens [B, K or L, D]``."""

from skgraph.encoders.compact import CompactEncoder
from skgraph.encoders.encoder import Encoder
from skgraph.encoders.joint_embedding import JointEmbedding, describe_joints
from skgraph.encoders.pyg import PyGEncoder
from skgraph.encoders.stgcn import STGCNEncoder
from skgraph.encoders.token_grid import GridEmbedding, patchify
from skgraph.encoders.transformer import TransformerEncoder

__all__ = [
    "CompactEncoder",
    "Encoder",
    "GridEmbedding",
    "JointEmbedding",
    "PyGEncoder",
    "STGCNEncoder",
    "TransformerEncoder",
    "describe_joints",
    "patchify",
]
