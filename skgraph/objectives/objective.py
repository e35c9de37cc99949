"""What the trainer knows of an objective."""

from __future__ import annotations

from abc import abstractmethod

from torch import Tensor, nn


class Objective(nn.Module):
    """The contract of objectives: a module that owns an encoder and turns views into a loss.

    The trainer asks for nothing else, and the objective is what is compiled and distributed: every parameter that
    requires a gradient gets one in every step.

    Attributes:
        encoder: the module that is pre-trained; its weights alone are what evaluations load.
        num_views: augmented copies of each body that ``forward`` wants.
    """

    encoder: nn.Module
    num_views: int = 1

    @abstractmethod
    def forward(self, views: Tensor, visible: Tensor, masked: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """One training step.

        Args:
            views: ``[num_views, B, T, V, C]``.
            visible: token ids ``[B, K]`` that the encoder may see.
            masked: the other token ids ``[B, L - K]``.

        Returns:
            the loss, and detached scalars for the log.
        """

    def after_step(self, progress: float) -> None:
        """Called after the optimiser's step; ``progress`` is the share of training done, in [0, 1]."""
