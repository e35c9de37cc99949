"""An encoder of PyTorch Geometric's message-passing layers."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import torch
import torch_geometric.nn
from torch import Tensor, nn
from torch_geometric.nn import MessagePassing

from skgraph._internal.options import at_least
from skgraph.encoders.encoder import Encoder
from skgraph.encoders.layers import initialise
from skgraph.encoders.token_grid import GridEmbedding
from skgraph.encoders.visible_graph import TokenEdge, TokenGraph, VisibleGraph
from skgraph.errors import ConfigError, first_line
from skgraph.topology import Topology


class PyGEncoder(Encoder):
    """Message passing of a named ``torch_geometric.nn`` layer on the graph of the tokens.

    Tokens are the nodes; bones, time and, between visible tokens whose connection is hidden, shortcuts are the edges
    (:class:`~skgraph.encoders.visible_graph.VisibleGraph`). Hidden joints are not in the graph at all. Blocks are
    pre-norm: the layer, then a two-layer MLP, each behind a LayerNorm and a residual.

    Any layer serves that maps node features (and edge attributes) to node features of a chosen width; one that needs
    more (positions, a list of relations) is refused when it is built. A layer receives the arguments that its signature
    names: edge attributes (type and length) as ``edge_attr``, types as ``edge_type``, the inverse length as
    ``edge_weight``, an MLP as ``nn``.

    Args:
        topology: the skeleton.
        frames: frames of the input, ``T``.
        channels: coordinates of a joint, ``C``.
        patch_length: frames of a token, ``l``; divides ``frames``.
        conv: name of a layer: ``"GATv2Conv"``, ``"TransformerConv"``, ``"GINEConv"``, ``"RGCNConv"``, ``"SAGEConv"``...
        conv_options: further arguments of the layer, such as ``{"heads": 4}``.
        dim: width ``D``.
        depth: blocks, the number of edges that information travels.
        mlp_ratio: hidden width of the MLPs over ``dim``.

    Raises:
        ConfigError: no such layer, one that needs other input, options that it does not take, or ``patch_length`` does
            not divide ``frames``.
    """

    def __init__(
        self,
        topology: Topology,
        frames: int,
        channels: int = 3,
        patch_length: int = 4,
        conv: str = "GATv2Conv",
        conv_options: Mapping[str, Any] | None = None,
        dim: int = 256,
        depth: int = 8,
        mlp_ratio: float = 4.0,
    ) -> None:
        super().__init__(topology, frames, channels, patch_length, dim)
        at_least("PyGEncoder", 1, depth=depth, mlp_width=dim * mlp_ratio)
        self.embed = nn.Linear(patch_length * channels, dim)
        self.positions = GridEmbedding(self.grid, dim)
        self.graph = VisibleGraph(topology, self.grid[0])
        self.blocks = nn.ModuleList(_Block(conv, conv_options or {}, dim, mlp_ratio) for _ in range(depth))
        self.norm = nn.LayerNorm(dim)
        self.embed.apply(initialise)

    def encode(self, joints: Tensor, visible: Tensor | None) -> Tensor:
        x = self.embed(self.raw_tokens(joints, visible)) + self.positions(visible)
        graph = self.graph.whole(len(x)) if visible is None else self.graph(visible)
        nodes = x.flatten(0, 1)
        for block in self.blocks:
            nodes = block(nodes, graph)
        return self.norm(nodes).view_as(x)


class _Block(nn.Module):
    def __init__(self, conv: str, options: Mapping[str, Any], dim: int, mlp_ratio: float) -> None:
        super().__init__()
        hidden = int(dim * mlp_ratio)
        self.norm1 = nn.LayerNorm(dim)
        self.conv = _layer(conv, dict(options), dim)
        self.norm2 = nn.LayerNorm(dim)
        self.mlp = nn.Sequential(nn.Linear(dim, hidden), nn.GELU(), nn.Linear(hidden, dim))
        self.mlp.apply(initialise)
        self.takes = set(inspect.signature(self.conv.forward).parameters)
        self._try(conv, dim)

    def forward(self, x: Tensor, graph: TokenGraph) -> Tensor:
        x = x + self._convolved(self.norm1(x), graph)
        return x + self.mlp(self.norm2(x))

    def _convolved(self, x: Tensor, graph: TokenGraph) -> Tensor:
        edges: dict[str, Tensor] = {}
        if "edge_attr" in self.takes:
            edges["edge_attr"] = graph.edge_attr.to(x.dtype)
        if "edge_type" in self.takes:
            edges["edge_type"] = graph.edge_type
        if "edge_weight" in self.takes:
            edges["edge_weight"] = (1 / graph.hops).to(x.dtype)
        return self.conv(x, graph.edge_index, **edges)

    @torch.no_grad()
    def _try(self, conv: str, dim: int) -> None:
        """Pass two joined nodes through the layer, so that an unsuitable one fails here and not in a training step."""
        ends = torch.tensor([0, 1])
        graph = TokenGraph(torch.stack([ends, ends.flip(0)]), torch.zeros_like(ends), torch.ones_like(ends))
        for bf16 in (False, True):
            with torch.random.fork_rng(devices=[]), torch.autocast("cpu", torch.bfloat16, enabled=bf16):
                try:
                    shape = tuple(self._convolved(torch.zeros(2, dim), graph).shape)
                except Exception as error:  # third-party layers raise anything
                    raise ConfigError(
                        f"encoder.conv {conv} does not work on node features and edge attributes alone"
                        f"{' in bf16' if bf16 else ''}: {first_line(error)}"
                    ) from error
            if shape != (2, dim):
                raise ConfigError(
                    f"encoder.conv {conv} must keep node features [N, {dim}], found {list(shape)} for N = 2"
                )


def _layer(name: str, options: dict[str, Any], dim: int) -> MessagePassing:
    """Build a message-passing layer of ``torch_geometric.nn`` from ``dim`` to ``dim`` features."""
    kind = getattr(torch_geometric.nn, name, None) if isinstance(name, str) else None
    if not isinstance(kind, type) or not issubclass(kind, MessagePassing):
        raise ConfigError(f"encoder.conv must be a message-passing layer of torch_geometric.nn, found '{name}'")
    takes = inspect.signature(kind).parameters
    if options.get("cached"):
        raise ConfigError(f"encoder.conv {name} must not cache its edges: every mask makes another graph")
    heads = options.get("heads", 1) if options.get("concat", True) else 1
    if not isinstance(heads, int) or heads < 1 or dim % heads:
        raise ConfigError(f"encoder.conv_options.heads must divide the width {dim}, found {heads}")
    given = {
        "in_channels": dim,
        "out_channels": dim // heads,
        "channels": dim,
        "edge_dim": VisibleGraph.EDGE_DIM,
        "num_relations": len(TokenEdge),
        "nn": nn.Sequential(nn.Linear(dim, dim), nn.GELU(), nn.Linear(dim, dim)),
    }
    given = {key: value for key, value in given.items() if key in takes} | options
    try:
        return kind(**given)
    except Exception as error:  # third-party layers raise anything
        raise ConfigError(f"encoder.conv {name} cannot be built with {options}: {first_line(error)}") from error
