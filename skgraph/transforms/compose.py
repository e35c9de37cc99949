"""The composition of transforms."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable
from typing import Any

import torch
from torch import nn
from torch_geometric.data import Data

from skgraph.data.skeleton_data import SkeletonData
from skgraph.errors import ConfigError
from skgraph.transforms.graph_transform import GraphTransform
from skgraph.transforms.linear_map import LinearMap, apply_linear, compose_matrices


class Compose(GraphTransform):
    """The composition of transforms, first to last; all draw from the one generator it is called with.

    Consecutive linear maps (rotation, scale, shear) are multiplied and applied at once.

    Args:
        transforms: graph transforms; none makes the identity.

    Raises:
        ConfigError: one of them is no :class:`GraphTransform`.
    """

    def __init__(self, transforms: Iterable[GraphTransform]) -> None:
        super().__init__()
        transforms = list(transforms)
        for transform in transforms:
            if not isinstance(transform, GraphTransform):
                raise ConfigError(
                    f"Compose takes graph transforms, found {type(transform).__name__}: "
                    "torch_geometric.transforms.Compose mixes them with others"
                )
        self.transforms = nn.ModuleList(transforms)

    def forward(self, data: SkeletonData, generator: torch.Generator | None = None) -> Data:
        steps: Any = self.transforms
        for linear, neighbours in itertools.groupby(steps, lambda step: isinstance(step, LinearMap)):
            if linear:
                matrices = [step.matrix(data, generator) for step in neighbours]
                data.joints = apply_linear(data.joints, functools.reduce(compose_matrices, matrices))
            else:
                for step in neighbours:
                    data = step(data, generator)
        return data

    def __repr__(self) -> str:
        lines = "".join(f"{transform},\n" for transform in self.transforms).splitlines()
        return "\n".join(["Compose([", *(f"  {line}" for line in lines), "])"])
