"""The contract of objectives."""

from __future__ import annotations

from abc import abstractmethod
from typing import NamedTuple

from torch import Tensor, nn

from skgraph.encoders.encoder import Encoder


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
        local_crops: shorter views beside the ``num_views`` global ones, each of which is then a crop of its own.
        mask_ratio: with ``local_crops``, smallest and largest share of hidden tokens in a masked view. Every second
            global view is masked, and every local one.
    """

    encoder: Encoder
    num_views: int = 1
    own_crops: bool = False
    own_masks: bool = False
    local_crops: tuple[LocalCrop, ...] = ()
    mask_ratio: tuple[float, float] = (0.5, 0.9)

    @abstractmethod
    def forward(self, views: Tensor, visible: Tensor, masked: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Compute the loss of one training step.

        Args:
            views: ``[num_views, B, T, V, C]``.
            visible: token ids ``[B, K]`` that the encoder may see; ``[num_views, B, K]`` with ``own_masks``.
            masked: the other token ids, ``[B, L - K]`` or ``[num_views, B, L - K]``.

        With ``local_crops`` all three are lists, one entry for the global views and one for each kind of local crop:
        views ``[n, B, T', V, C]``, and bool ``[n, B, L']`` in place of token ids.

        Returns:
            the loss, and detached scalars for the log.
        """

    def after_step(self, progress: float) -> None:
        """Update state after the optimiser's step; ``progress`` is the share of training done, in [0, 1]."""
