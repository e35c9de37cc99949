"""The contract of objectives."""

from __future__ import annotations

from abc import abstractmethod
from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn

from skgraph.encoders.encoder import Encoder
from skgraph.encoders.joint_embedding import JointEmbedding
from skgraph.encoders.token_grid import GridEmbedding
from skgraph.errors import ConfigError, DataError
from skgraph.topology import Topology


class LocalCrop(NamedTuple):
    """Short crops that lie inside each of the global views.

    Attributes:
        frames: frames that a crop is resampled to.
        number: such crops of each global view.
        low: smallest proportion of the global view's time.
        high: largest proportion.
    """

    frames: int
    number: int
    low: float
    high: float


class Objective(nn.Module):
    """Base class of objectives: a module that owns an encoder and turns views into a loss.

    The objective is the unit that is compiled and distributed; every parameter that requires a gradient must get one in
    every step. An encoder that is called without ``visible`` encodes a whole view.

    Attributes:
        encoder: the module to pre-train, any that keeps the contract; evaluations load its weights alone.
        num_views: augmented copies of each body in ``views``.
        own_crops: every view is a crop of its own; otherwise all views of a body show the same frames.
        own_masks: every view has a mask of its own; otherwise all share the mask that is drawn from view 1.
        mask_source: the shared mask is drawn from view 1 (``"view"``), or from the body before its augmentation
            (``"sequence"``).
        mask_ratio: smallest and largest share of hidden tokens in a masked view; ``None`` for the ratio of the mask,
            one for all views. Every view is then a crop of its own; every second global one is masked, and every local
            one.
        local_crops: with ``mask_ratio``, shorter views beside the ``num_views`` global ones.
        one_skeleton: what numbers joints, and so fits one topology alone, and what to say instead; ``None`` where
            nothing but embeddings of joints depends on the topology, see :meth:`use`.
    """

    encoder: Encoder
    num_views: int = 1
    own_crops: bool = False
    own_masks: bool = False
    mask_source: Literal["view", "sequence"] = "view"
    mask_ratio: tuple[float, float] | None = None
    local_crops: tuple[LocalCrop, ...] = ()
    one_skeleton: str | None = "say objective=lejepa, sjepa or slim"
    _checked = False

    @abstractmethod
    def forward(self, views: Tensor, visible: Tensor, masked: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Compute the loss of one training step.

        Args:
            views: ``[num_views, B, T, V, C]``.
            visible: token ids ``[B, K]`` that the encoder may see; ``[num_views, B, K]`` with ``own_masks``.
            masked: the other token ids, ``[B, L - K]`` or ``[num_views, B, L - K]``.

        With ``mask_ratio`` all three are lists, one entry for the global views and one for each kind of local crop:
        views ``[n, B, T', V, C]``, and bool ``[n, B, L']`` in place of token ids.

        Returns:
            the loss, and detached scalars for the log.
        """

    def check_inputs(self, views: Tensor, visible: Tensor, masked: Tensor) -> None:
        """Check the input of :meth:`forward`: shapes, and until it holds once, unless compiled, each row's token ids.

        Raises:
            DataError: another number of views, masks of another batch, or ids that overlap or do not cover the grid.
        """
        tokens, batch = self.encoder.grid[0] * self.encoder.grid[1], [*views.shape[1:2]]
        rows = [self.num_views, *batch] if self.own_masks else batch
        if views.dim() != 5 or views.size(0) != self.num_views:
            raise DataError(f"{type(self).__name__} takes views [{self.num_views}, B, T, V, C], found {[*views.shape]}")
        counts = visible.size(-1), masked.size(-1)
        if [*visible.shape[:-1]] != rows or [*masked.shape[:-1]] != rows or sum(counts) != tokens or 0 in counts:
            expected = ", ".join(map(str, rows))
            raise DataError(
                f"{type(self).__name__} takes visible token ids [{expected}, K] and masked ones [{expected}, "
                f"{tokens} - K], 0 < K < {tokens}, found {[*visible.shape]} and {[*masked.shape]}"
            )
        if not self._checked and not torch.compiler.is_compiling():
            ids = torch.cat([visible, masked], dim=-1).flatten(0, -2).sort(dim=-1).values
            wrong = (ids != torch.arange(tokens, device=ids.device)).any(dim=-1)
            if wrong.any():
                raise DataError(
                    f"{type(self).__name__}: each row of visible and masked must hold the token ids 0 to {tokens - 1}, "
                    f"each once, found {ids[wrong][0].tolist()}"
                )
            self._checked = True

    def use(self, topology: Topology) -> None:
        """Take views of bodies of another topology from now on.

        Raises:
            ConfigError: the objective or its encoder is made for the joints of one topology.
        """
        if topology == getattr(self.encoder, "topology", None):
            return
        if self.one_skeleton is not None:
            raise ConfigError(f"{type(self).__name__} is made for one skeleton: {self.one_skeleton}")
        for module in self.modules():
            if isinstance(module, (Encoder, JointEmbedding)):
                module.use(topology)

    def _place_joints(self, decoder: nn.Module) -> None:
        """Compute the joint embeddings of a decoder from the topology, if the encoder computes its own so."""
        own = getattr(decoder, "positions", None)
        if isinstance(own, GridEmbedding) and any(isinstance(m, JointEmbedding) for m in self.encoder.modules()):
            decoder.positions = GridEmbedding(self.encoder.grid, own.dim, self.encoder.topology)

    def after_step(self, progress: float) -> None:
        """Update state after the optimiser's step; ``progress`` is the share of training done, in [0, 1]."""
