"""The training loop of every objective."""

from __future__ import annotations

import logging
import math
import signal
from collections import deque
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import torch
from torch import Generator, Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from skgraph._internal.distributed import Processes, mean_over_ranks
from skgraph.data import EpochLoader, MixedLoader, SkeletonData, SkeletonDataset, SkeletonStore
from skgraph.errors import ConfigError, DataError
from skgraph.training.checkpoint import (
    check_resumable,
    frames_written,
    load_optimizer,
    load_weights,
    read_checkpoint,
    save_checkpoint,
)
from skgraph.training.compiling import compile_objective
from skgraph.training.devices import autocast
from skgraph.training.diagnostics import collapse_warning, log_diagnostics
from skgraph.training.optimizer import adamw, check_gradients, learning_rate
from skgraph.training.prefetch import prefetch
from skgraph.training.progress import Progress
from skgraph.training.run_log import OpenLogger, RunLog, Throughput
from skgraph.training.trainer_config import TrainerConfig
from skgraph.training.views import MixedViews, ViewMaker

SNAPSHOTS = "snapshots"  # folder of the checkpoints that a run keeps
_messages = logging.getLogger("skgraph")


class Trainer:
    """Trains an objective in a run folder, from its last checkpoint if there is one.

    Targets, averages and centres belong to the objective, which turns views into a loss and has ``after_step``.

    Args:
        objective: the module to train, compiled and distributed as a whole.
        loader: batches of bodies.
        views: turns a batch into views and a mask; of several sources, with a mixed loader.
        folder: folder of the run.
        config: how to train.
        run_config: the whole configuration, kept in the checkpoint and compared on resuming.
        device: where to compute.
        precision: see :func:`skgraph.training.devices.autocast`.
        processes: processes of a distributed training.
        open_logger: opens a logger, given the steps done and the last step of each number logged; by default
            TensorBoard.

    Attributes:
        stores: each store once, in the order of the sources.
        sources: bodies and views of each store, without parts of its skeleton.
        stop_signal: number of the signal that asked to stop, on any process; 0 for none.

    Raises:
        ConfigError: the warm-up is longer than the training.
    """

    def __init__(
        self,
        objective: Any,
        loader: EpochLoader | MixedLoader,
        views: ViewMaker | MixedViews,
        folder: Path,
        config: TrainerConfig,
        run_config: dict,
        device: torch.device,
        precision: str = "auto",
        processes: Processes = Processes(),
        open_logger: OpenLogger | None = None,
    ) -> None:
        self.objective, self.views = objective.to(device).train(), views.to(device)
        self.loader, self.folder, self.config, self.run_config = loader, folder, config, run_config
        self.device, self.precision, self.processes, self._open_logger = device, precision, processes, open_logger
        topologies = len({*views.topologies}) if isinstance(views, MixedViews) else 1
        compile_objective(self.objective, config.compile, device, topologies)
        options = config.weight_decay, config.betas, config.embed_lr, config.decay_embeddings
        self.optimizer = adamw(objective, config.lr, *options)
        self.total_steps = config.steps or (config.epochs or 0) * loader.steps_per_epoch
        epochs = (config.warmup_epochs or 0.0) * loader.steps_per_epoch
        self._warmup = round(epochs if config.warmup is None else config.warmup * self.total_steps)
        if self._warmup > self.total_steps:
            key = "warmup_epochs" if config.warmup is None else "warmup"
            raise ConfigError(
                f"the warm-up takes {self._warmup} steps, the training has {self.total_steps}: choose a smaller "
                f"trainer.{key}"
            )
        self._last_step = min(config.stop_at or self.total_steps, self.total_steps)
        self.checkpoint = folder / "checkpoint.pt"
        self.step = 0
        self.global_batch = loader.batch_size * processes.world_size
        scale = (self.global_batch / config.lr_batch) ** (0.5 if config.lr_scaling == "sqrt" else 1.0)
        self._lr, self._min_lr = config.lr * scale, config.min_lr * scale
        # Step, source, clips and loss of the steps since the last check: reading every loss would synchronise the GPU.
        self._recent: deque[tuple[int, int, Tensor, Tensor]] = deque()
        self.stop_signal = 0
        self._first_step = True
        self._saved = -1
        loaders = loader.loaders if isinstance(loader, MixedLoader) else [loader]
        makers = list(views.members) if isinstance(views, MixedViews) else [views]
        whole: dict[SkeletonStore, tuple[SkeletonDataset, ViewMaker]] = {}
        for each, maker in zip(loaders, makers, strict=True):
            whole.setdefault(each.dataset.store, (each.dataset, maker))  # the whole skeleton comes first
        self.stores, self.sources = list(whole), list(whole.values())
        self._store_of = [each.dataset.store for each in loaders]

    def resume(self) -> bool:
        """Continue from the folder's checkpoint, if there is one.

        Raises:
            CheckpointError: it is corrupt, of another configuration or of other data.
        """
        if not self.checkpoint.exists():
            return False
        content, stores = read_checkpoint(self.checkpoint, self.device), self.stores
        check_resumable(self.checkpoint, content, self.run_config, stores, self.total_steps, self.global_batch)
        load_weights(self.objective, content["objective"], self.checkpoint)
        load_optimizer(self.optimizer, content["optimizer"], self.checkpoint)
        self.step = self._saved = content["step"]
        written = frames_written(stores)
        if content.get("frames_written", written) != written and self.processes.is_main:
            files = ", ".join(f"'{store.path / 'frames.npy'}'" for store in stores)
            _messages.warning(
                f"{files} was written or copied since '{self.checkpoint}' was: if its frames have changed, "
                "give this run a name=..., or delete its folder"
            )
        return True

    def fit(self) -> bool:
        """Train to the end, to ``stop_at``, or until SIGTERM or Ctrl-C; always write a checkpoint.

        Returns:
            True if the training is complete.

        Raises:
            DataError: the loss is not finite; names the step and the clips.
        """
        if self.step >= self.total_steps:
            return True
        config, processes = self.config, self.processes
        model = self.objective
        if processes.world_size > 1:
            ids = [self.device.index] if self.device.type == "cuda" else None
            model = DistributedDataParallel(self.objective, device_ids=ids)
        log = RunLog(self.folder, self.step, self._open_logger) if processes.is_main else None
        progress = Progress(self.step, self.total_steps, config.progress and processes.is_main)
        handlers = {s: signal.signal(s, self._ask_to_stop) for s in (signal.SIGTERM, signal.SIGINT)}
        stopping = False
        try:
            while self.step < self._last_step and not stopping:
                stopping = self._train_epoch(model, log, progress)
            self._save()
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)
            progress.close()
            if log:
                log.close()
        if self.step < self.total_steps and processes.is_main:
            how = "the same command" if stopping else "the same command without trainer.stop_at"
            _messages.info(f"stopped at step {self.step} of {self.total_steps}, before any evaluation; {how} goes on")
        return self.step >= self.total_steps

    def _train_epoch(self, model: nn.Module, log: RunLog | None, progress: Progress) -> bool:
        """Train to the end of the epoch, or to the last step; return whether to stop."""
        config, loader = self.config, self.loader
        epoch, first = divmod(self.step, loader.steps_per_epoch)
        throughput, warned, stopping = Throughput(self.global_batch), False, False
        for bodies, generator in throughput.watch(prefetch(loader, self.device, epoch, first)):
            loss, logs, lr = self._train_step(model, bodies, generator)
            progress.advance()
            if self.step % config.log_every == 0 or self.step == self._last_step:
                values = self._checked(loss, logs) | {"lr": lr, "epoch": self.step / loader.steps_per_epoch}
                values |= throughput.read()
                progress.show(self.step, values)
                if log:
                    log.log(self.step, values)
                    warned = warned or self._warn(values)  # once an epoch
            stopping = self._stops()
            if stopping or self.step == self._last_step:
                break
            if config.checkpoint_every and self.step % config.checkpoint_every == 0:
                self._save()
        if self.step % loader.steps_per_epoch == 0 or self.step == self.total_steps:
            if not config.checkpoint_every and self._due(1):
                self._save()
            if config.snapshot_every and (epoch + 1) % config.snapshot_every == 0:
                self._write(self.folder / SNAPSHOTS / f"step_{self.step:08d}.pt")  # no later one replaces it
            if log and self._due(config.diagnose_every):
                views = self._views_of(0)
                encoder, count = self.objective.encoder, config.diagnose_bodies
                self._warn(log_diagnostics(log, self.step, encoder, loader, views, count, self.device, self.precision))
        return stopping

    def _views_of(self, source: int) -> ViewMaker:
        """Set the objective to the topology of a source, and return its view maker."""
        if isinstance(self.views, MixedViews):
            self.objective.use(self.views.topologies[source])
            return self.views.members[source]
        return self.views

    def _due(self, epochs: int) -> bool:
        """Return whether the epoch that has just ended is the first, the last, or one of every ``epochs``.

        With a budget in steps an epoch may be a few steps: the epochs are then as many as a twentieth of it.
        """
        if self.config.steps:
            epochs = max(epochs, math.ceil(self.config.steps / 20 / self.loader.steps_per_epoch))
        epoch = (self.step - 1) // self.loader.steps_per_epoch
        return epoch % epochs == 0 or self.step == self.total_steps

    def _train_step(
        self, model: nn.Module, bodies: SkeletonData, generator: Generator
    ) -> tuple[Tensor, dict[str, Tensor], float]:
        # Dropped paths draw from the global generator: seeding it by the step makes a resumption exact.
        torch.manual_seed(self.loader.rank_seed(self.step))
        lr = learning_rate(self.step, self.total_steps, self._warmup, self._lr, self._min_lr)
        decay = config_decay = self.config.weight_decay
        if (last := self.config.last_weight_decay) is not None:
            decay = last + (config_decay - last) * (1 + math.cos(math.pi * self.step / self.total_steps)) / 2
        for group in self.optimizer.param_groups:
            group["lr"] = lr * group["lr_scale"]
            group["weight_decay"] = decay if group["weight_decay"] else 0.0
        source = getattr(bodies, "source", 0)
        views, visible, masked = self._views_of(source)(bodies, generator)
        self.optimizer.zero_grad(set_to_none=True)
        loss, logs = self._forward_and_backward(model, views, visible, masked)
        if self._first_step:  # a parameter without gradients has no optimiser state, which a resumption needs
            self._first_step = False
            check_gradients(self.objective)
        norm = nn.utils.clip_grad_norm_(self.objective.parameters(), self.config.clip_grad or math.inf, foreach=True)
        self.optimizer.step()
        self.step += 1
        self.objective.after_step(self.step / self.total_steps)
        self._recent.append((self.step, source, bodies.clip, loss + 0 * norm))
        return loss, logs | {"gradient_norm": norm}, lr

    def _forward_and_backward(
        self, model: Any, views: Any, visible: Any, masked: Any
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Compute the gradients of a batch slice by slice; return the mean of the losses and logs."""
        count = self.config.accumulate
        slices = zip(*(_chunk(x, count, dim) for x, dim in ((views, 1), (visible, -2), (masked, -2))), strict=True)
        losses, logs = [], []
        for i, inputs in enumerate(slices):
            # Processes synchronise the gradients of the last slice only, which are the sums of all.
            with model.no_sync() if i + 1 < count and self.processes.world_size > 1 else nullcontext():
                with autocast(self.device, self.precision):
                    loss, values = model(*inputs)
                (loss / count).backward()
            # Copies: the next replay of a CUDA graph overwrites what this one returned.
            losses.append(loss.detach().clone())
            logs.append({key: value.clone() for key, value in values.items()})
        if count == 1:
            return losses[0], logs[0]
        return torch.stack(losses).mean(), {key: torch.stack([x[key] for x in logs]).mean() for key in logs[0]}

    def _checked(self, loss: Tensor, logs: dict[str, Tensor]) -> dict[str, float]:
        """Return loss and logs of a step as numbers, after checking every loss since the last time."""
        saved = f"the last checkpoint is from step {self._saved}" if self._saved >= 0 else "there is no checkpoint yet"
        while self._recent:
            step, source, clips, value = self._recent.popleft()
            if not math.isfinite(value):
                names = ", ".join(self._store_of[source].name[clips[:8].cpu().numpy()])
                raise DataError(
                    f"the loss or its gradient is not finite at step {step}; the clips of that batch are {names}"
                    f"{', ...' if len(clips) > 8 else ''}; {saved}"
                )
        # Each process has the values of its own rows.
        means = mean_over_ranks(torch.stack([loss.float(), *(value.float() for value in logs.values())]))
        return dict(zip(["loss", *logs], means.tolist(), strict=True))

    def _save(self) -> None:
        """Replace the checkpoint, unless it is from this step."""
        if self._saved == self.step:
            return
        if self._recent:  # names the clips of a loss that is not finite, not the weights that it spoilt
            self._checked(self._recent[-1][3], {})
        self._write(self.checkpoint)
        self._saved = self.step

    def _write(self, path: Path) -> None:
        if self.processes.is_main:
            path.parent.mkdir(exist_ok=True)
            rest = (self.objective, self.optimizer, self.run_config, self.stores)
            save_checkpoint(path, self.step, self.global_batch, *rest)
        self.processes.barrier()

    def _warn(self, values: dict[str, float]) -> bool:
        """Warn of a collapse; return whether there is one."""
        if warning := collapse_warning(values):
            _messages.warning(f"step {self.step}: {warning}")
        return warning is not None

    def _ask_to_stop(self, number: int, *_: object) -> None:
        self.stop_signal = number

    def _stops(self) -> bool:
        """Return whether to stop after this step; several processes agree on it when they log."""
        if self.processes.world_size == 1:
            return bool(self.stop_signal)
        if self.step % self.config.log_every == 0:
            self.stop_signal = self.processes.largest(self.stop_signal, self.device)
            return bool(self.stop_signal)
        return False


def _chunk(x: Tensor | list[Tensor], count: int, dim: int) -> list[Any]:
    """Cut a tensor, or each of a list of tensors, into ``count`` slices of the batch."""
    if isinstance(x, Tensor):
        return list(x.chunk(count, dim))
    return [list(slices) for slices in zip(*(each.chunk(count, dim) for each in x), strict=True)]
