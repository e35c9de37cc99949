"""An encoder with a head, and its parameter groups.

A head maps tokens ``[b, L, D]`` of the bodies of clips to logits ``[B, K]``; ``dim`` is ``D``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from skgraph.encoders.layers import initialise
from skgraph.errors import ConfigError
from skgraph.evaluation.classifiers.linear_probe import LinearProbe
from skgraph.evaluation.features.bodies import Bodies
from skgraph.training.optimizer import is_decayed

HeadName = Literal["linear", "bn_linear", "mlp", "attentive", "probe"]


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
    classifier: Classifier, weight_decay: float, layer_decay: float = 1.0, decay_embeddings: bool = False
) -> Iterator[dict[str, object]]:
    r"""Group trainable parameters by learning rate and weight decay, for an optimiser.

    Layer-wise decay (Clark et al., ELECTRA, 2020; as BEiT and MAE fine-tune): with ``n`` blocks the embedding has the
    rate :math:`\lambda^{n + 1}`, block ``i`` (from 0) :math:`\lambda^{n - i}`, the last norm and the head 1;
    :math:`\lambda` is ``layer_decay``. Only matrices have ``weight_decay``, no norms or biases; embeddings of
    positions and tokens have it with ``decay_embeddings``.

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
            decay = weight_decay if is_decayed(name, parameter, decay_embeddings) else 0.0
            scale = 1.0 if layer_decay == 1 else layer_decay ** _depth_below_top(name, len(blocks))
            groups.setdefault((scale, decay), []).append(parameter)
    for (scale, decay), parameters in groups.items():
        yield {"params": parameters, "weight_decay": decay, "lr_scale": scale}


def _depth_below_top(name: str, blocks: int) -> int:
    part, *rest = name.split(".")
    if part == "head" or rest[0] == "norm":
        return 0
    return blocks - int(rest[1]) if rest[0] == "blocks" else blocks + 1


class LinearHead(nn.Module):
    """A linear layer on the mean over tokens and bodies.

    With ``norm``, features are standardised over the batch first, without learned scale (MAMP's linear probe).
    """

    def __init__(self, dim: int, num_classes: int, norm: bool = False) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(dim, affine=False, eps=1e-6) if norm else nn.Identity()
        self.linear = nn.Linear(dim, num_classes)
        nn.init.normal_(self.linear.weight, std=0.01)
        nn.init.zeros_(self.linear.bias)

    def forward(self, tokens: Tensor, bodies: Bodies) -> Tensor:
        return self.classify(bodies.mean(tokens.mean(dim=1)))

    def classify(self, features: Tensor) -> Tensor:
        """Map clip features ``[B, D]`` to logits ``[B, K]``."""
        return self.linear(self.norm(features))


class ProbeHead(nn.Module):
    """A linear layer on the standardised mean over tokens and bodies, which starts as an exact linear probe.

    Training that starts there keeps pre-trained features from being distorted by a head that knows nothing yet (Kumar
    et al., ICLR 2022).

    Args:
        probe: fitted to the features of the encoder before its training.
    """

    mean: Tensor
    scale: Tensor

    def __init__(self, probe: LinearProbe) -> None:
        super().__init__()
        self.register_buffer("mean", probe.mean.float())
        self.register_buffer("scale", probe.scale.float())
        self.linear = nn.Linear(*probe.weight.T.shape)
        self.linear.load_state_dict({"weight": probe.weight.float(), "bias": probe.bias.float()})

    def forward(self, tokens: Tensor, bodies: Bodies) -> Tensor:
        return self.linear((bodies.mean(tokens.float().mean(dim=1)) - self.mean) / self.scale)


class MLPHead(nn.Module):
    """MAMP's head for fine-tuning: mean over time, concatenated joints, mean over bodies, a two-layer MLP.

    The tokens have the ``grid`` ``(T_e, V)`` and are dropped out first. Weights are Xavier-uniform, biases zero.
    """

    def __init__(
        self, dim: int, grid: tuple[int, int], num_classes: int, hidden_dim: int = 2048, dropout: float = 0.3
    ) -> None:
        super().__init__()
        self.grid = grid
        self.dropout = nn.Dropout(dropout)
        self.mlp = nn.Sequential(
            nn.Linear(grid[1] * dim, hidden_dim),
            nn.BatchNorm1d(hidden_dim),
            nn.ReLU(),
            nn.Linear(hidden_dim, num_classes),
        ).apply(initialise)

    def forward(self, tokens: Tensor, bodies: Bodies) -> Tensor:
        joints = self.dropout(tokens).unflatten(1, self.grid).mean(dim=1).flatten(1)  # [b, V * D]
        return self.mlp(bodies.mean(joints))


class AttentiveHead(nn.Module):
    """Cross-attention of one learned query to all tokens of a clip, an MLP, and a linear layer.

    The attentive probe of V-JEPA (Bardes et al., TMLR 2024, section 3.3); attention and MLP are residual, each after a
    LayerNorm. The MLP is ``mlp_ratio`` times as wide as the tokens.
    """

    def __init__(self, dim: int, num_classes: int, heads: int = 4, mlp_ratio: float = 4.0) -> None:
        super().__init__()
        self.heads = heads
        self.query_token = nn.Parameter(torch.empty(dim))
        self.norm1, self.norm2, self.norm3 = nn.LayerNorm(dim), nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.query, self.key_value, self.out = nn.Linear(dim, dim), nn.Linear(dim, 2 * dim), nn.Linear(dim, dim)
        hidden = int(dim * mlp_ratio)
        self.mlp = nn.Sequential(nn.Linear(dim, hidden), nn.GELU(), nn.Linear(hidden, dim))
        self.linear = nn.Linear(dim, num_classes)
        self.apply(initialise)
        nn.init.normal_(self.query_token, std=0.02)

    def forward(self, tokens: Tensor, bodies: Bodies) -> Tensor:
        tokens, present = bodies.padded(self.norm1(tokens))  # [B, M * L, D]
        key, value = self.key_value(tokens).unflatten(2, (2, self.heads, -1)).permute(2, 0, 3, 1, 4)
        query = self.query(self.query_token).view(1, self.heads, 1, -1).expand(len(tokens), -1, -1, -1)
        pooled = F.scaled_dot_product_attention(query, key, value.to(query), present[:, None, None, :])
        x = self.query_token + self.out(pooled.flatten(1))
        return self.linear(self.norm3(x + self.mlp(self.norm2(x))))


def build_head(name: HeadName, dim: int, grid: tuple[int, int], num_classes: int) -> nn.Module:
    """Build a head for an encoder of width ``dim`` and token grid ``grid``."""
    if name == "mlp":
        return MLPHead(dim, grid, num_classes)
    if name == "attentive":
        heads = next(heads for heads in range(max(1, dim // 64), 0, -1) if dim % heads == 0)
        return AttentiveHead(dim, num_classes, heads)
    return LinearHead(dim, num_classes, norm=name == "bn_linear")
