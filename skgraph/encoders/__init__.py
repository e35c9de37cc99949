"""Encoders: ``encoder(joints [B, T, V, C], visible [B, K] | None) -> tokens [B, K or L, D]``."""

from skgraph.encoders.transformer import TransformerEncoder

__all__ = ["TransformerEncoder"]
