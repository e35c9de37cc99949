"""An encoder with a head, and its parameter groups."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from skgraph.errors import ConfigError
from skgraph.evaluation.features.bodies import Bodies
from skgraph.training.optimizer import is_decayed


class Classifier(nn.Module):
    """An encoder with a head that scores classes.

    Args:
        encoder: ``encoder(joints [b, T, V, C]) -> tokens [b, L, D]``.
        head: ``head(tokens, bodies) -> logits [B, K]``.
        frozen: train the head only; the encoder stays in evaluation mode and has no gradient.
    """

    def __init__(self, encoder: nn.Module, head: nn.Module, frozen: bool) -> None:
        super().__init__()
        self.encoder, self.head, self.frozen = encoder, head, frozen
        if frozen:
            encoder.requires_grad_(False)

    def forward(self, bodies: Bodies) -> Tensor:
        """Return logits ``[B, K]``."""
        with torch.set_grad_enabled(torch.is_grad_enabled() and not self.frozen):
            tokens = self.encoder(bodies.joints)
        return self.head(tokens, bodies)

    def train(self, mode: bool = True) -> Classifier:
        """Set the mode of the head, and of the encoder unless it is frozen."""
        super().train(mode)
        if self.frozen:
            self.encoder.eval()
        return self


def parameter_groups(
    classifier: Classifier, weight_decay: float, layer_decay: float = 1.0
) -> Iterator[dict[str, object]]:
    r"""Group trainable parameters by learning rate and weight decay, for an optimiser.

    Layer-wise decay (Clark et al., ELECTRA, 2020; as BEiT and MAE fine-tune): with ``n`` blocks the embedding has the
    rate :math:`\lambda^{n + 1}`, block ``i`` (from 0) :math:`\lambda^{n - i}`, the last norm and the head 1;
    :math:`\lambda` is ``layer_decay``. Only matrices have ``weight_decay``: no norms, biases, embeddings or tokens.

    Yields:
        ``params``, ``weight_decay`` and ``lr_scale``, a factor of the learning rate.

    Raises:
        ConfigError: ``layer_decay`` is not 1, and the encoder has no ``blocks``.
    """
    blocks = getattr(classifier.encoder, "blocks", ())
    if layer_decay != 1 and not isinstance(blocks, nn.ModuleList):
        kind = type(classifier.encoder).__name__
        raise ConfigError(f"layer_decay needs an encoder with `blocks`, {kind} has none: set layer_decay=1")
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, parameter in classifier.named_parameters():
        if parameter.requires_grad:
            decay = weight_decay if is_decayed(name, parameter) else 0.0
            scale = 1.0 if layer_decay == 1 else layer_decay ** _depth_below_top(name, len(blocks))
            groups.setdefault((scale, decay), []).append(parameter)
    for (scale, decay), parameters in groups.items():
        yield {"params": parameters, "weight_decay": decay, "lr_scale": scale}


def _depth_below_top(name: str, blocks: int) -> int:
    part, *rest = name.split(".")
    if part == "head" or rest[0] == "norm":
        return 0
    return blocks - int(rest[1]) if rest[0] == "blocks" else blocks + 1
