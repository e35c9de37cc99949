"""The contract of objectives."""

from __future__ import annotations

from abc import abstractmethod

from torch import Tensor, nn

from skgraph.encoders.encoder import Encoder


class Objective(nn.Module):
    """Base class of objectives: a module that owns an encoder and turns views into a loss.

    The objective is the unit that is compiled and distributed; every parameter that requires a gradient must get one in
    every step. All views of a body share one mask, which is drawn from view 1; an encoder that is called without
    ``visible`` encodes a whole view.

    Attributes:
        encoder: the module to pre-train, any that keeps the contract; evaluations load its weights alone.
        num_views: augmented copies of each body in ``views``.
    """

    encoder: Encoder
    num_views: int = 1

    @abstractmethod
    def forward(self, views: Tensor, visible: Tensor, masked: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Compute the loss of one training step.

        Args:
            views: ``[num_views, B, T, V, C]``.
            visible: token ids ``[B, K]`` that the encoder may see.
            masked: the other token ids ``[B, L - K]``.

        Returns:
            the loss, and detached scalars for the log.
        """

    def after_step(self, progress: float) -> None:
        """Update state after the optimiser's step; ``progress`` is the share of training done, in [0, 1]."""
