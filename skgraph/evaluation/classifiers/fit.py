"""The supervised training loop: a classifier on labelled clips, or a head on fixed features."""

from __future__ import annotations

import typing
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.parallel import DistributedDataParallel
from tqdm.auto import tqdm

from skgraph._internal.distributed import Processes
from skgraph.errors import ConfigError, DataError
from skgraph.evaluation.classifiers.classifier_training import ClassifierTraining
from skgraph.training.devices import autocast


class Source(typing.Protocol):
    """Training examples with labels ``y [N]``."""

    y: Tensor

    def batch(self, rows: Tensor, generator: torch.Generator) -> Any:
        """Return the model's input of examples ``rows [B]``, augmented with draws of the generator."""


@dataclass
class History:
    """Mean loss of each epoch, and (epoch, return value of ``score``) of each epoch that was scored."""

    loss: list[float] = field(default_factory=list)
    scored: list[tuple[int, Any]] = field(default_factory=list)


def fit(
    model: nn.Module,
    groups: list[dict[str, Any]],
    source: Source,
    training: ClassifierTraining,
    score: Callable[[], Any],
    device: torch.device,
    precision: str = "auto",
    seed: int = 0,
    processes: Processes = Processes(),
    progress: bool = False,
) -> History:
    """Train a model, and score it while it trains; neither schedule nor weights depend on the scores.

    Args:
        model: on the device; ``model(batch) -> logits [B, K]``.
        groups: groups of parameters, each with ``lr_scale``.
        source: training examples.
        training: hyper-parameters.
        score: called every ``score_every`` epochs and after the last one, with the model in evaluation mode.
        device, precision: see :func:`skgraph.training.devices.autocast`.
        seed: seed of order, augmentation and dropout.
        processes: each takes its share of every batch.
        progress: show a bar in a terminal.

    Raises:
        ConfigError: fewer examples than a step needs.
        DataError: the loss is not finite.
    """
    world = processes.world_size
    per_step = min(training.batch_size, len(source.y)) // world  # on each process
    if per_step < 2:
        raise ConfigError(
            f"a supervised protocol needs at least 2 training clips a step on each process, found {len(source.y)} in "
            f"all, batch_size={training.batch_size} and {world} processes"
        )
    steps = len(source.y) // (per_step * world)
    if training.optimizer == "sgd":
        optimizer: torch.optim.Optimizer = torch.optim.SGD(groups, lr=training.lr, momentum=training.momentum)
    else:
        optimizer = torch.optim.AdamW(groups, lr=training.lr, betas=(training.betas[0], training.betas[1]), fused=True)
    trained = model
    if world > 1:
        # The seed gives every process the same weights, and a frozen encoder does not change: nothing to copy.
        trained = DistributedDataParallel(model, init_sync=False, broadcast_buffers=False)
    generator = torch.Generator().manual_seed(seed)  # for the order: the same on every process
    own = torch.Generator().manual_seed(seed + 1 + processes.rank)  # for crops and augmentation
    torch.manual_seed(seed + 1 + processes.rank)  # for dropout and dropped paths
    history = History()
    hidden = None if progress and processes.is_main else True  # None: shown in a terminal
    epochs = training.total_epochs(steps)
    bar = tqdm(range(epochs), unit="epoch", leave=False, disable=hidden)
    for epoch in bar:
        model.train()
        order = torch.randperm(len(source.y), generator=generator)
        total = torch.zeros((), device=device)
        for step in range(steps):
            lr = training.lr_at(epoch * steps + step, steps)
            for group in optimizer.param_groups:
                group["lr"] = lr * group["lr_scale"]
            rows = order[step * per_step * world : (step + 1) * per_step * world][processes.rank :: world]
            batch = source.batch(rows, own)
            with autocast(device, precision):
                logits = trained(batch)
            loss = F.cross_entropy(logits.float(), source.y[rows].to(device), label_smoothing=training.label_smoothing)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            if training.clip_grad:
                nn.utils.clip_grad_norm_([p for g in groups for p in g["params"]], training.clip_grad, foreach=True)
            optimizer.step()
            total += loss.detach()
        history.loss.append(float(total) / steps)  # synchronises once an epoch
        if not torch.isfinite(total):
            raise DataError(f"the training loss is not finite in epoch {epoch + 1}: choose a smaller protocol.lr")
        bar.set_postfix_str(f"loss {history.loss[-1]:.4f}", refresh=False)
        if epoch + 1 == epochs or (training.score_every and (epoch + 1) % training.score_every == 0):
            processes.broadcast(b for m in model.modules() if m.training for b in m.buffers(recurse=False))
            model.eval()
            history.scored.append((epoch + 1, score()))
    return history
