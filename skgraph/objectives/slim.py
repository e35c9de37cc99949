"""SLiM: contrast of class tokens and prediction of masked features, on few tokens and without a decoder."""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.distributed.nn.functional import all_gather
from torch.nn import functional as F

from skgraph._internal.distributed import num_ranks, sum_over_ranks
from skgraph._internal.options import at_least
from skgraph.errors import ConfigError
from skgraph.objectives.ema import check_momentum, ema_momentum, ema_update
from skgraph.objectives.objective import LocalCrop, Objective
from skgraph.objectives.prototypes import PrototypeHead, sinkhorn


class SLiM(Objective):
    r"""Compact-token masked feature prediction with global-local contrast (Do et al., *Less is More*, 2026).

    A student sees two global crops, every second one masked, and short local crops inside them, all masked. A teacher,
    its moving average, sees the global crops whole. Their distributions over prototypes, the teacher's by
    Sinkhorn-Knopp, are compared by cross-entropy:

    - contrast, of class tokens: the teacher's of a global crop and the student's of the other or of a local crop, mean
      over all pairs;
    - prediction, of tokens, with a head of its own: at the hidden places of masked global crops, every crop weighs the
      same;
    - KoLeo (Sablayrolles et al., ICLR 2019): minus the mean log distance of a class token to its nearest neighbour.

    .. math:: \mathcal L = \mathcal L_{contrast} + w_p \mathcal L_{prediction} + w_k \mathcal L_{KoLeo}.

    Args:
        encoder: an encoder with a class token that takes any number of patches, see
            :class:`~skgraph.encoders.CompactEncoder`.
        local_crops: ``(frames, number, low, high)`` of each kind of local crop: ``number`` in each global crop, of a
            proportion of its time between ``low`` and ``high``. The paper has one of 32 frames, two of 16, one of 8.
        mask_ratio: smallest and largest share of hidden tokens.
        prototypes: number of prototypes, ``K``.
        hidden_dim: hidden width of the heads.
        bottleneck_dim: width of the unit vectors that are compared with the prototypes.
        temperature: of the student.
        target_temperature: of the teacher, at the start and after its rise.
        temperature_warmup: share of the training in which it rises, linearly.
        frozen: share of the training in which the prototypes do not move.
        prediction_weight: :math:`w_p`.
        koleo_weight: :math:`w_k`.
        ema: first and last momentum of the teacher, on a cosine.

    Raises:
        ConfigError: an encoder without a class token, or a value out of its range.

    >>> from skgraph import Topology
    >>> from skgraph.encoders import CompactEncoder
    >>> encoder = CompactEncoder(Topology.load("ntu_rgbd"), frames=64, dim=16, depth=1, heads=2)
    >>> objective = SLiM(encoder, [(16, 1, 0.15, 0.4)], prototypes=32, hidden_dim=32, bottleneck_dim=8)
    >>> views = [torch.randn(2, 4, 64, 25, 3), torch.randn(2, 4, 16, 25, 3)]  # global and local, [n, B, T', V, C]
    >>> masked = [torch.rand(2, 4, tokens) < 0.7 for tokens in (200, 50)]
    >>> loss, logs = objective(views, [~mask for mask in masked], masked)
    >>> loss.shape, sorted(logs)
    (torch.Size([]), ['contrast', 'koleo', 'prediction', 'prediction_entropy', 'target_entropy'])
    """

    num_views, own_crops, own_masks = 2, True, True
    one_skeleton = None
    encoder: Any
    target_encoder: Any
    mask_ratio: tuple[float, float]
    target_temperature: Tensor
    learn_prototypes: Tensor

    def __init__(
        self,
        encoder: Any,
        local_crops: Sequence[Sequence[float]] = ([32, 1, 0.35, 0.7], [16, 2, 0.15, 0.4], [8, 1, 0.05, 0.2]),
        mask_ratio: tuple[float, float] = (0.5, 0.9),
        prototypes: int = 65536,
        hidden_dim: int = 2048,
        bottleneck_dim: int = 256,
        temperature: float = 0.1,
        target_temperature: tuple[float, float] = (0.04, 0.07),
        temperature_warmup: float = 0.2,
        frozen: float = 0.0067,
        prediction_weight: float = 1.0,
        koleo_weight: float = 0.1,
        ema: tuple[float, float] = (0.994, 1.0),
    ) -> None:
        super().__init__()
        if not hasattr(encoder, "encode_grid") or not getattr(encoder, "any_length", False):
            raise ConfigError(
                f"SLiM needs an encoder with a class token, found {type(encoder).__name__}: say encoder=compact"
            )
        at_least("SLiM", 1, prototypes=prototypes, hidden_dim=hidden_dim, bottleneck_dim=bottleneck_dim)
        at_least("SLiM", 0, prediction_weight=prediction_weight, koleo_weight=koleo_weight)
        if not 0 < mask_ratio[0] <= mask_ratio[1] < 1:
            raise ConfigError(f"objective.mask_ratio must rise within (0, 1), found {list(mask_ratio)}")
        if not (0 < temperature < math.inf and 0 < min(target_temperature) and max(target_temperature) < math.inf):
            raise ConfigError(f"temperatures must be positive, found {temperature} and {list(target_temperature)}")
        check_momentum(ema)
        if not (0 <= temperature_warmup <= 1 and 0 <= frozen < 1):
            raise ConfigError("objective.temperature_warmup and frozen are shares of the training")
        self.local_crops = tuple(_local_crop(crop, encoder.patch_length) for crop in local_crops)
        self.mask_ratio = (mask_ratio[0], mask_ratio[1])
        self.temperature, self.temperatures = temperature, tuple(target_temperature)
        self.temperature_warmup, self.frozen = temperature_warmup, frozen
        self.prediction_weight, self.koleo_weight, self.ema = prediction_weight, koleo_weight, tuple(ema)
        self.encoder = encoder
        self.class_head = PrototypeHead(encoder.dim, hidden_dim, bottleneck_dim, prototypes)
        self.token_head = PrototypeHead(encoder.dim, hidden_dim, bottleneck_dim, prototypes)
        self.target_encoder = copy.deepcopy(encoder).requires_grad_(False)
        self.target_class_head = copy.deepcopy(self.class_head).requires_grad_(False)
        self.target_token_head = copy.deepcopy(self.token_head).requires_grad_(False)
        self.register_buffer("target_temperature", torch.tensor(float(target_temperature[0])))
        self.register_buffer("learn_prototypes", torch.tensor(0.0 if frozen else 1.0))

    def forward(self, views: Any, visible: Any, masked: Any) -> tuple[Tensor, dict[str, Tensor]]:
        """See :class:`~skgraph.objectives.Objective`.

        The log has the three terms, and ``prediction_entropy`` and ``target_entropy`` of the class tokens as shares of
        ``log K``.
        """
        count, bodies = views[0].shape[:2]
        if self.training and bodies < 2 and num_ranks() == 1:
            raise ConfigError("SLiM compares the bodies of a batch: trainer.batch_size must be at least 2, found 1")
        classes, tokens = self.encoder.encode_grid(views[0].flatten(0, 1), masked[0].flatten(0, 1))
        shorter = [
            self.encoder.encode_grid(x.flatten(0, 1), mask.flatten(0, 1))[0]
            for x, mask in zip(views[1:], masked[1:], strict=True)
        ]
        logits = self.class_head(torch.cat([classes, *shorter]), self.learn_prototypes).float() / self.temperature
        log_p = logits.log_softmax(dim=-1).unflatten(0, (-1, bodies))  # [views, B, K]
        with torch.no_grad():
            target_classes, target_tokens = self.target_encoder.encode_grid(views[0].flatten(0, 1))
            q = sinkhorn(self.target_class_head(target_classes), self.target_temperature).unflatten(0, (count, bodies))
            teachers = q.sum(dim=0).repeat(len(log_p), 1, 1)  # all teachers of each student view but its own
            teachers[:count] -= q
        contrast = -(teachers * log_p).sum() / (count * (len(log_p) - 1) * bodies)
        prediction = self._prediction(tokens, target_tokens, masked[0].flatten(0, 1))
        koleo = torch.stack([_koleo(x) for x in classes.unflatten(0, (count, bodies))]).mean()
        loss = contrast + self.prediction_weight * prediction + self.koleo_weight * koleo
        with torch.no_grad():
            full = math.log(q.size(-1)) if q.size(-1) > 1 else 1.0
            entropy = -(log_p[:count].exp() * log_p[:count]).sum(-1).mean() / full
            logs = {"contrast": contrast.detach(), "prediction": prediction.detach(), "koleo": koleo.detach()}
            target_entropy = torch.special.entr(q).sum(-1).mean() / full
            logs.update(target_entropy=target_entropy, prediction_entropy=entropy)  # torch 2.6: no |=
        return loss, logs

    def _prediction(self, tokens: Tensor, targets: Tensor, hidden: Tensor) -> Tensor:
        """Compare the student's tokens ``[n * B, L, D]`` with the teacher's at hidden places ``[n * B, L]``."""
        # Take the largest possible number of hidden places, so that shapes are static; surplus ones weigh 0.
        most = math.ceil(hidden.size(0) / 2) * math.ceil(self.mask_ratio[1] * hidden.size(1))
        places = hidden.flatten().to(torch.uint8).argsort(descending=True, stable=True)[:most]
        weight = (hidden / hidden.sum(dim=1, keepdim=True).clamp(min=1)).flatten()[places]  # sums to 1 in a masked view
        q = sinkhorn(
            self.target_token_head(targets.flatten(0, 1)[places]), self.target_temperature, (weight > 0).float()
        )
        logits = self.token_head(tokens.flatten(0, 1)[places], self.learn_prototypes).float() / self.temperature
        errors = -(q * logits.log_softmax(dim=-1)).sum(dim=-1)
        return (errors * weight).sum() / sum_over_ranks(weight.sum()).clamp(min=1) * num_ranks()

    def train(self, mode: bool = True) -> SLiM:
        """Keep the teacher in evaluation mode."""
        super().train(mode)
        for module in (self.target_encoder, self.target_class_head, self.target_token_head):
            module.eval()
        return self

    def after_step(self, progress: float) -> None:
        """Move the teacher, its temperature, and set free the prototypes."""
        momentum = ema_momentum(progress, *self.ema)
        ema_update(self.target_encoder, self.encoder, momentum)
        ema_update(self.target_class_head, self.class_head, momentum)
        ema_update(self.target_token_head, self.token_head, momentum)
        rise = min(1.0, progress / self.temperature_warmup) if self.temperature_warmup else 1.0
        self.target_temperature.fill_(self.temperatures[0] + (self.temperatures[1] - self.temperatures[0]) * rise)
        self.learn_prototypes.fill_(float(progress >= self.frozen))


def _local_crop(crop: Sequence[float], patch_length: int) -> LocalCrop:
    if len(crop) != 4 or crop[0] % patch_length or not (crop[0] > 0 < crop[1] and 0 < crop[2] <= crop[3] <= 1):
        raise ConfigError(
            f"objective.local_crops: a crop is [frames, number, low, high], frames a multiple of {patch_length}, "
            f"0 < low <= high <= 1, found {list(crop)}"
        )
    return LocalCrop(int(crop[0]), int(crop[1]), float(crop[2]), float(crop[3]))


def _koleo(x: Tensor) -> Tensor:
    """Minus the mean log distance of each of the class tokens ``[B, D]`` to its nearest among all processes' ones."""
    with torch.autocast(x.device.type, enabled=False):
        z = F.normalize(x.float(), dim=-1)
        everything, first = z, 0
        if num_ranks() > 1:
            everything, first = torch.cat(all_gather(z.contiguous())), torch.distributed.get_rank() * len(z)
        with torch.no_grad():
            own = torch.arange(len(z), device=z.device)
            nearest = (z @ everything.T).index_put_((own, own + first), z.new_tensor(-2.0)).argmax(dim=1)
        return -((z - everything[nearest]).norm(dim=-1) + 1e-8).log().mean()
