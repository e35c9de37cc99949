"""S-JEPA: predict the latents of masked joints."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from skgraph._internal.distributed import mean_over_ranks
from skgraph._internal.options import at_least
from skgraph.encoders.encoder import Encoder
from skgraph.encoders.token_grid import GridEmbedding
from skgraph.errors import ConfigError
from skgraph.objectives.ema import check_momentum, ema_momentum, ema_update
from skgraph.objectives.objective import Objective
from skgraph.objectives.predictor import Predictor


class SJEPA(Objective):
    r"""Skeletal joint-embedding predictive architecture (Abdelfattah and Alahi, ECCV 2024, Algorithm 1).

    View 1, masked, goes through the encoder and the predictor; view 2, whole, through the target encoder, an
    exponential moving average of the encoder without gradients. With targets :math:`z`, predictions :math:`\hat z` and
    a centre :math:`c`, the loss at the masked tokens :math:`\mathcal M` is the cross-entropy

    .. math::
        \mathcal L = -\frac{1}{|\mathcal M|} \sum_{i \in \mathcal M} \sum_k q_i^{(k)} \log p_i^{(k)}, \quad
        q_i = \mathrm{softmax}\big((z_i - c) / \tau_t\big), \quad p_i = \mathrm{softmax}(\hat z_i / \tau_s),

    and :math:`c` follows the batch mean of all targets with momentum :math:`\beta` (the mean over all ranks).

    Both encoders project to O dimensions (K in section 4.5; 256 in section 5, "projection head output"). The paper
    draws no head; here it is a linear layer behind the encoder, which the predictor reads and thus trains, and its
    moving average behind the target encoder, which makes the targets. Evaluations take the encoder without it. With
    ``output_dim=None`` the targets are the tokens themselves.

    Args:
        encoder: any encoder of :mod:`skgraph.encoders`.
        predictor: called as ``predictor(in_dim=..., grid=..., out_dim=...)``.
        output_dim: width ``O`` of the projection; ``None`` for no projection.
        loss: ``"ce"``, or ``"l2"`` for the mean squared error between predictions and targets, without temperatures
            and centring (the paper's ablation, I-JEPA's loss).
        two_views: give the target encoder a second view; otherwise it sees view 1 whole.
        mask_source: draw the mask from ``"view"`` 1, or from the ``"sequence"`` before its augmentation (Algorithm 1,
            line 6; section 7 leaves the choice). The two differ where views are mirrored or sheared, and for
            ``motion_token`` where they are rotated.
        share_positions: the predictor takes the encoder's joint and time embeddings, with its gradients; both must be
            equally wide.
        center: ``"global"`` subtracts one centre for all tokens, as in the paper; ``"position"`` one for each token of
            the grid, so that targets keep the differences between bodies only; ``None`` subtracts none.
        center_momentum: :math:`\beta`.
        target_temperature: :math:`\tau_t`.
        temperature: :math:`\tau_s`.
        target_norm: ``"layer"`` normalises every target token over its features, ``"l2"`` to unit length, before the
            centre is taken; ``None`` is the paper's text.
        ema: first and last momentum of the target encoder, on a cosine.

    Raises:
        ConfigError: an unknown value.

    >>> from functools import partial
    >>> from skgraph import Topology
    >>> from skgraph.encoders import TransformerEncoder
    >>> encoder = TransformerEncoder(Topology.load("ntu_rgbd"), frames=8, patch_length=4, dim=16, depth=1, heads=2)
    >>> objective = SJEPA(encoder, partial(Predictor, depth=1, heads=2), output_dim=None)
    >>> views, tokens = torch.randn(2, 4, 8, 25, 3), torch.arange(50).expand(4, -1)  # [num_views, B, T, V, C], [B, L]
    >>> loss, logs = objective(views, visible=tokens[:, :5], masked=tokens[:, 5:])
    >>> loss.shape, sorted(logs)
    (torch.Size([]), ['prediction_entropy', 'prediction_std', 'target_entropy', 'target_std'])
    """

    center: Tensor

    def __init__(
        self,
        encoder: Encoder,
        predictor: Callable[..., nn.Module] = Predictor,
        output_dim: int | None = 256,
        loss: Literal["ce", "l2"] = "ce",
        two_views: bool = True,
        mask_source: Literal["view", "sequence"] = "view",
        share_positions: bool = False,
        center: Literal["global", "position"] | None = "global",
        center_momentum: float = 0.9,
        target_temperature: float = 0.04,
        temperature: float = 0.1,
        target_norm: Literal["layer", "l2"] | None = None,
        ema: tuple[float, float] = (0.996, 1.0),
    ) -> None:
        super().__init__()
        if loss not in ("ce", "l2"):
            raise ConfigError(f"objective.loss must be 'ce' or 'l2', found '{loss}'")
        if center not in ("global", "position", None):
            raise ConfigError(f"objective.center must be 'global', 'position' or null, found '{center}'")
        if mask_source not in ("view", "sequence"):
            raise ConfigError(f"objective.mask_source must be 'view' or 'sequence', found '{mask_source}'")
        if target_norm not in ("layer", "l2", None):
            raise ConfigError(f"objective.target_norm must be 'layer', 'l2' or null, found '{target_norm}'")
        if not (0 < temperature < math.inf and 0 < target_temperature < math.inf):
            raise ConfigError(f"temperatures must be positive, found {temperature} and {target_temperature}")
        if not 0 <= center_momentum <= 1:
            raise ConfigError(f"objective.center_momentum must be in [0, 1], found {center_momentum}")
        at_least("SJEPA", 1, output_dim=output_dim)
        check_momentum(ema)
        self.num_views = 2 if two_views else 1
        self.mask_source = mask_source
        self.loss, self.centring = loss, center
        self.center_momentum, self.target_norm = center_momentum, target_norm
        self.target_temperature, self.temperature = target_temperature, temperature
        self.ema = tuple(ema)
        width = output_dim or encoder.dim
        self.encoder = encoder
        self.projection = nn.Linear(encoder.dim, width) if output_dim else nn.Identity()
        self.predictor = predictor(in_dim=width, grid=encoder.grid, out_dim=width)
        if share_positions:
            own, its = (getattr(each, "positions", None) for each in (self.predictor, encoder))
            if not isinstance(own, GridEmbedding) or not isinstance(its, GridEmbedding) or own.dim != its.dim:
                raise ConfigError(
                    "objective.share_positions needs an encoder and a predictor with joint and time embeddings of one "
                    f"width: say objective.predictor.dim={encoder.dim}, and encoder=transformer"
                )
            self.predictor.positions = its
        else:
            self._place_joints(self.predictor)
        self.one_skeleton = "say objective.center=global" if center == "position" else None
        self.target_encoder: Encoder = copy.deepcopy(self.encoder).requires_grad_(False)
        self.target_projection = copy.deepcopy(self.projection).requires_grad_(False)
        tokens = encoder.grid[0] * encoder.grid[1] if center == "position" else 1
        self.register_buffer("center", torch.zeros(tokens, width))  # [L, O] or [1, O]

    def forward(self, views: Tensor, visible: Tensor, masked: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Compute the loss: Algorithm 1, lines 7 to 15 and 18.

        Args:
            views: ``[num_views, B, T, V, C]``.
            visible: token ids ``[B, K]`` that the encoder sees.
            masked: the other token ids ``[B, L - K]``.

        Returns:
            the loss, and detached scalars, which are ``prediction_entropy`` and ``target_entropy`` as shares of
            ``log O`` (1 is uniform, 0 is one-hot), ``target_std`` and ``prediction_std`` (mean over features of the
            deviation over tokens and batch).
        """
        self.check_inputs(views, visible, masked)
        predictions = self.predict(views[0], visible, masked)
        targets = self.targets(views[-1])  # [B, L, O]
        index = masked[..., None].expand(-1, -1, targets.size(-1))
        logs = {"target_std": _spread(targets), "prediction_std": _spread(predictions.detach())}
        if self.loss == "l2":
            return F.mse_loss(predictions, targets.gather(1, index)), logs
        q = self.target_distribution(targets).gather(1, index)
        log_p = (predictions / self.temperature).log_softmax(dim=-1)
        loss = -(q * log_p).sum(dim=-1).mean()
        with torch.no_grad():
            floor = math.log(q.size(-1))
            logs["target_entropy"] = torch.special.entr(q).sum(-1).mean() / floor
            logs["prediction_entropy"] = -(log_p.exp() * log_p).sum(-1).mean() / floor
        if self.centring and self.training:
            self._update_center(targets)
        return loss, logs

    def predict(self, view: Tensor, visible: Tensor, masked: Tensor) -> Tensor:
        """Compute predictions ``[B, L - K, O]`` at the masked tokens of a view ``[B, T, V, C]`` (lines 7 to 9)."""
        latents = self.projection(self.encoder(view, visible))
        return self.predictor(latents, visible, masked).float()

    def target_distribution(self, targets: Tensor) -> Tensor:
        """Turn targets ``[B, L, O]`` into the distributions of the cross-entropy (line 13)."""
        centred = targets - self.center if self.centring else targets
        return (centred / self.target_temperature).softmax(dim=-1)

    @torch.no_grad()
    def targets(self, view: Tensor) -> Tensor:
        """Compute targets ``[B, L, O]`` of a whole view ``[B, T, V, C]`` (Algorithm 1, line 11)."""
        z = self.target_projection(self.target_encoder(view)).float()
        if self.target_norm == "layer":
            return F.layer_norm(z, z.shape[-1:])
        return F.normalize(z, dim=-1) if self.target_norm == "l2" else z

    @torch.no_grad()
    def _update_center(self, targets: Tensor) -> None:
        mean = targets.mean(dim=0)  # [L, O]
        if self.centring == "global":
            mean = mean.mean(dim=0, keepdim=True)
        self.center.lerp_(mean_over_ranks(mean), 1 - self.center_momentum)

    def train(self, mode: bool = True) -> SJEPA:
        """Keep the target encoder in evaluation mode, so that targets do not depend on drop-path."""
        super().train(mode)
        self.target_encoder.eval()
        self.target_projection.eval()
        return self

    def after_step(self, progress: float) -> None:
        """Move the target encoder (Algorithm 1, line 17); ``progress`` is the share of training done, in [0, 1]."""
        momentum = ema_momentum(progress, *self.ema)
        ema_update(self.target_encoder, self.encoder, momentum)
        ema_update(self.target_projection, self.projection, momentum)


@torch.no_grad()
def _spread(tokens: Tensor) -> Tensor:
    return tokens.flatten(0, 1).std(dim=0).mean()
