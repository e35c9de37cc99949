"""The supervised training loop: a classifier on labelled clips, or its head on features that are fixed."""

from __future__ import annotations

import typing
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.parallel import DistributedDataParallel
from tqdm import tqdm

from skgraph._internal.distributed import Processes
from skgraph.errors import ConfigError, DataError
from skgraph.evaluation.recipe import Recipe
from skgraph.training.devices import autocast


class Source(typing.Protocol):
    """Labelled training examples: ``y [N]``, and any of them as what the model takes."""

    y: Tensor

    def batch(self, rows: Tensor, generator: torch.Generator) -> Any:
        """Examples ``rows [B]``, augmented with the generator's draws."""


@dataclass
class History:
    """What a training went through.

    Attributes:
        loss: mean of each epoch.
        scored: (epoch, what ``score`` returned) of each epoch that was scored, the last one last.
    """

    loss: list[float] = field(default_factory=list)
    scored: list[tuple[int, Any]] = field(default_factory=list)


def fit(
    model: nn.Module,
    groups: list[dict[str, Any]],
    source: Source,
    recipe: Recipe,
    score: Callable[[], Any],
    device: torch.device,
    precision: str = "auto",
    seed: int = 0,
    processes: Processes = Processes(),
    progress: bool = False,
) -> History:
    """Train a model, and score it while it trains.

    Nothing that a score says flows back: neither the schedule nor the last weights depend on it.

    Args:
        model: on the device; ``model(batch) -> logits [B, K]``.
        groups: of parameters, each with ``lr_scale``.
        source: training examples.
        recipe: how to train.
        score: called every ``recipe.score_every`` epochs and after the last one, with the model in evaluation mode.
        device: where to compute.
        precision: see :func:`skgraph.training.devices.autocast`.
        seed: of the order and of everything random in the training.
        processes: each takes its share of every batch.
        progress: show a bar, where there is a terminal.

    Raises:
        ConfigError: fewer examples than a step needs.
        DataError: the loss is not finite.
    """
    world = processes.world_size
    per_step = min(recipe.batch_size, len(source.y)) // world  # on each process
    if per_step < 2:
        raise ConfigError(
            f"a supervised protocol needs at least 2 training clips a step on each process, found {len(source.y)} in "
            f"all for {world} and batch_size {recipe.batch_size}"
        )
    steps = len(source.y) // (per_step * world)
    optimizer = _optimizer(groups, recipe)
    trained = model
    if world > 1:
        # Nothing is copied between the processes: weights follow from the seed, and a frozen encoder is not written to.
        trained = DistributedDataParallel(model, init_sync=False, broadcast_buffers=False)
    generator = torch.Generator().manual_seed(seed)  # of the order: the same on every process
    own = torch.Generator().manual_seed(seed + 1 + processes.rank)  # of crops and augmentation
    torch.manual_seed(seed + 1 + processes.rank)  # of dropout and dropped paths
    history = History()
    hidden = None if progress and processes.is_main else True  # None: shown on a terminal
    bar = tqdm(range(recipe.epochs), unit="epoch", leave=False, disable=hidden)
    for epoch in bar:
        model.train()
        order = torch.randperm(len(source.y), generator=generator)
        total = torch.zeros((), device=device)
        for step in range(steps):
            lr = recipe.lr_at(epoch * steps + step, steps)
            for group in optimizer.param_groups:
                group["lr"] = lr * group["lr_scale"]
            rows = order[step * per_step * world : (step + 1) * per_step * world][processes.rank :: world]
            batch = source.batch(rows, own)
            with autocast(device, precision):
                logits = trained(batch)
            loss = F.cross_entropy(logits.float(), source.y[rows].to(device), label_smoothing=recipe.label_smoothing)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            if recipe.clip_grad:
                nn.utils.clip_grad_norm_([p for g in groups for p in g["params"]], recipe.clip_grad, foreach=True)
            optimizer.step()
            total += loss.detach()
        history.loss.append(float(total) / steps)  # the one look at the loss, once an epoch
        if not torch.isfinite(total):
            raise DataError(f"the training loss is not finite in epoch {epoch + 1}: choose a smaller protocol.lr")
        bar.set_postfix_str(f"loss {history.loss[-1]:.4f}", refresh=False)
        if (epoch + 1) % recipe.score_every == 0 or epoch + 1 == recipe.epochs:
            processes.broadcast(b for m in model.modules() if m.training for b in m.buffers(recurse=False))
            model.eval()
            history.scored.append((epoch + 1, score()))
    return history


def _optimizer(groups: list[dict[str, Any]], recipe: Recipe) -> torch.optim.Optimizer:
    if recipe.optimizer == "sgd":
        return torch.optim.SGD(groups, lr=recipe.lr, momentum=recipe.momentum)
    return torch.optim.AdamW(groups, lr=recipe.lr, betas=tuple(recipe.betas), fused=True)
