"""The training loop, for every objective."""

from __future__ import annotations

import math
import signal
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel
from tqdm import tqdm

from skgraph._internal.distributed import Processes, mean_over_ranks
from skgraph.data import EpochLoader
from skgraph.errors import CheckpointError, DataError
from skgraph.topology import Topology
from skgraph.training.checkpoint import (
    check_same_config,
    load_optimizer,
    load_weights,
    read_checkpoint,
    save_checkpoint,
)
from skgraph.training.compiling import compile_objective
from skgraph.training.devices import autocast
from skgraph.training.diagnostics import collapse_warning
from skgraph.training.diagnostics_log import log_diagnostics
from skgraph.training.optimizer import adamw, check_gradients
from skgraph.training.prefetch import feed
from skgraph.training.run_log import RunLog
from skgraph.training.schedule import learning_rate
from skgraph.training.trainer_config import RESUMABLE, TrainerConfig
from skgraph.training.views import ViewMaker

Item = TypeVar("Item")
SNAPSHOTS = "snapshots"  # the folder, in a run's, of checkpoints that are kept


class Trainer:
    """Trains an objective in a run folder, from its last checkpoint if there is one.

    Knows nothing of targets, averages or centres: an objective turns views into a loss, and has ``after_step``.

    Args:
        objective: the unit that is trained.
        loader: batches of bodies.
        views: turns a batch into views and a mask.
        folder: of the run.
        config: how to train.
        run_config: the whole configuration, kept in the checkpoint and compared on resuming.
        device: where to compute.
        precision: see :func:`skgraph.training.devices.autocast`.
        processes: of a distributed training.
        say: prints a line to the user.
    """

    def __init__(
        self,
        objective: nn.Module,
        loader: EpochLoader,
        views: ViewMaker,
        folder: Path,
        config: TrainerConfig,
        run_config: dict,
        device: torch.device,
        precision: str = "auto",
        processes: Processes = Processes(),
        say: Callable[[str], None] = tqdm.write,
    ) -> None:
        self.objective, self.views = objective.to(device).train(), views.to(device)
        self.loader, self.folder, self.config, self.run_config = loader, folder, config, run_config
        self.device, self.precision, self.processes, self.say = device, precision, processes, say
        compile_objective(self.objective, config.compile, device)
        self.optimizer = adamw(objective, config.lr, config.weight_decay, config.betas)
        self.total_steps = config.epochs * loader.steps_per_epoch
        self.checkpoint = folder / "checkpoint.pt"
        self.step = 0
        self.global_batch = loader.batch_size * processes.world_size
        scale = self.global_batch / config.lr_batch
        self._lr, self._min_lr = config.lr * scale, config.min_lr * scale
        # Clips of the steps whose loss has not been looked at yet: looking at every loss would stall a GPU.
        self._recent: deque[tuple[int, Tensor, Tensor]] = deque()
        self._stop_asked = False
        self._first_step = True
        self._saved = -1

    def resume(self) -> bool:
        """Continue from the folder's checkpoint, if there is one.

        Raises:
            CheckpointError: it is corrupt, of another configuration or of other data.
        """
        if not self.checkpoint.exists():
            return False
        content = read_checkpoint(self.checkpoint, self.device)
        store = self.loader.dataset.store
        saved = Topology.from_dict(content["topology"], source=str(self.checkpoint))
        if saved != store.topology:
            raise CheckpointError(
                f"'{self.checkpoint}' was trained on topology '{saved.name}' ({saved.num_joints} joints), "
                f"'{store.path}' has '{store.topology.name}' ({store.topology.num_joints} joints): give this run a "
                "name=..., or delete that folder; `python -m skgraph.prepare dataset=store source=STORE "
                "topology_map=NAME` makes a store with other joints"
            )
        if content["content_hash"] != store.content_hash:
            raise CheckpointError(
                f"'{self.checkpoint}' was trained on other data than '{store.path}' has now: give this run a name=..., "
                "or delete the checkpoint's folder"
            )
        check_same_config(self.checkpoint, content["config"], self.run_config, RESUMABLE)
        if content["step"] > self.total_steps:
            raise CheckpointError(
                f"'{self.checkpoint}' cannot be from step {content['step']} of a run of {self.total_steps} steps"
            )
        if content["global_batch"] != self.global_batch:
            raise CheckpointError(
                f"'{self.checkpoint}' was trained with {content['global_batch']} bodies a step, this command has "
                f"{self.global_batch}: keep trainer.batch_size x processes the same"
            )
        load_weights(self.objective, content["objective"], self.checkpoint)
        load_optimizer(self.optimizer, content["optimizer"], self.checkpoint)
        self.step = self._saved = content["step"]
        return True

    def fit(self) -> bool:
        """Train to the end, or to ``stop_at``, or until SIGTERM or Ctrl-C asks to stop; always leaves a checkpoint.

        Returns:
            whether the training is complete.

        Raises:
            DataError: the loss is not finite; names the step and the clips.
        """
        if self.step >= self.total_steps:
            return True
        config, loader = self.config, self.loader
        last = min(config.stop_at or self.total_steps, self.total_steps)
        model = self.objective
        if self.processes.world_size > 1:
            ids = [self.device.index] if self.device.type == "cuda" else None
            model = DistributedDataParallel(self.objective, device_ids=ids)
        log = RunLog(self.folder, self.step) if self.processes.is_main else None
        hidden = None if config.progress and self.processes.is_main else True  # None: shown on a terminal
        bar = tqdm(total=self.total_steps, initial=self.step, unit="step", dynamic_ncols=True, disable=hidden)
        handlers = {s: signal.signal(s, self._ask_to_stop) for s in (signal.SIGTERM, signal.SIGINT)}
        try:
            stopping = False
            while self.step < last and not stopping:
                epoch, first = divmod(self.step, loader.steps_per_epoch)
                since, clips, waited, warned = time.perf_counter(), 0, 0.0, False
                batches = feed(loader, self.device, epoch, first)
                while (batch := _timed_next(batches)) is not None:
                    (bodies, generator), seconds = batch
                    waited += seconds
                    loss, logs, lr = self._train_step(model, bodies, generator)
                    clips += config.batch_size * self.processes.world_size
                    bar.update()
                    if self.step % config.log_every == 0 or self.step == last:
                        values = self._checked(loss, logs) | {"lr": lr, "epoch": self.step / loader.steps_per_epoch}
                        elapsed = time.perf_counter() - since
                        values |= {"clips_per_second": clips / elapsed, "data_wait": waited / elapsed}
                        since, clips, waited = time.perf_counter(), 0, 0.0
                        bar.set_postfix_str(
                            f"loss {values['loss']:.4f}, lr {lr:.2e}, {values['clips_per_second']:.0f} clips/s"
                        )
                        if log:
                            log.scalars(self.step, values)
                            warned = warned or self._warn(values)  # once an epoch
                    stopping = self._stops()
                    if stopping or self.step == last:
                        break
                    if config.checkpoint_every and self.step % config.checkpoint_every == 0:
                        self._save()
                if self.step % loader.steps_per_epoch == 0:
                    if not config.checkpoint_every:
                        self._save()
                    if config.snapshot_every and (epoch + 1) % config.snapshot_every == 0:
                        self._keep()
                    if log and (epoch % config.diagnose_every == 0 or self.step == self.total_steps):
                        self._warn(self._diagnose(log))
            self._save()
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)
            bar.close()
            if log:
                log.close()
        if self.step < self.total_steps and self.processes.is_main:
            how = "the same command" if stopping else "the same command without trainer.stop_at"
            self.say(f"stopped at step {self.step} of {self.total_steps}, before any evaluation; {how} goes on")
        return self.step >= self.total_steps

    def _train_step(self, model: nn.Module, bodies, generator: torch.Generator) -> tuple[Tensor, dict, float]:
        # Dropped paths draw from the global generator: seeding it from the step keeps resumption exact.
        torch.manual_seed(self.loader.rank_seed(self.step))
        lr = learning_rate(
            self.step,
            self.total_steps,
            round(self.config.warmup_epochs * self.loader.steps_per_epoch),
            self._lr,
            self._min_lr,
        )
        for group in self.optimizer.param_groups:
            group["lr"] = lr
        views, visible, masked = self.views(bodies, generator)
        self.optimizer.zero_grad(set_to_none=True)
        loss, logs = self._forward_and_backward(model, views, visible, masked)
        if self._first_step:  # an optimiser keeps no state of such parameters, and a checkpoint could not be resumed
            self._first_step = False
            check_gradients(self.objective)
        norm = nn.utils.clip_grad_norm_(self.objective.parameters(), self.config.clip_grad or math.inf, foreach=True)
        self.optimizer.step()
        self.step += 1
        self.objective.after_step(self.step / self.total_steps)
        self._recent.append((self.step, bodies.clip, loss + 0 * norm))
        return loss, logs | {"gradient_norm": norm}, lr

    def _forward_and_backward(
        self, model: nn.Module, views: Tensor, visible: Tensor, masked: Tensor
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Gradients of a batch, part after part; the mean of the parts' losses and logs."""
        parts = self.config.accumulate
        losses, logs = [], []
        for i, part in enumerate(zip(views.chunk(parts, 1), visible.chunk(parts), masked.chunk(parts), strict=True)):
            # The processes need to agree on the gradients of the last part only, which are those of all.
            with model.no_sync() if i + 1 < parts and self.processes.world_size > 1 else nullcontext():
                with autocast(self.device, self.precision):
                    loss, values = model(*part)
                (loss / parts).backward()
            # A copy: where steps replay a CUDA graph, the next one writes over what this one returned.
            losses.append(loss.detach().clone())
            logs.append({key: value.clone() for key, value in values.items()})
        if parts == 1:
            return losses[0], logs[0]
        return torch.stack(losses).mean(), {key: torch.stack([x[key] for x in logs]).mean() for key in logs[0]}

    def _checked(self, loss: Tensor, logs: dict[str, Tensor]) -> dict[str, float]:
        """The step's numbers, after looking at every loss since the last time."""
        saved = f"the last checkpoint is from step {self._saved}" if self._saved >= 0 else "there is no checkpoint yet"
        while self._recent:
            step, clips, value = self._recent.popleft()
            if not math.isfinite(value):
                names = self.loader.dataset.store.name[clips.cpu().numpy()]
                raise DataError(
                    f"the loss or its gradient is not finite at step {step}; the clips of that batch are "
                    f"{', '.join(names[:8])}{' ...' if len(names) > 8 else ''}; {saved}"
                )
        # What a process has is of its own rows; all of them look at the same steps.
        means = mean_over_ranks(torch.stack([loss.float(), *(value.float() for value in logs.values())]))
        return dict(zip(["loss", *logs], means.tolist(), strict=True))

    def _save(self) -> None:
        if self._saved == self.step:
            return
        if self._recent:  # name the clips of a loss that is not finite, rather than the weights that it spoilt
            self._checked(self._recent[-1][2], {})
        if self.processes.is_main:
            self._write(self.checkpoint)
        self._saved = self.step
        self.processes.barrier()

    def _keep(self) -> None:
        """Write a checkpoint that stays, beside the one that the next replaces."""
        path = self.folder / SNAPSHOTS / f"step_{self.step:08d}.pt"
        if self.processes.is_main:
            path.parent.mkdir(exist_ok=True)
            self._write(path)
        self.processes.barrier()

    def _write(self, path: Path) -> None:
        save_checkpoint(
            path,
            self.step,
            self.global_batch,
            self.objective,
            self.optimizer,
            self.run_config,
            self.loader.dataset.store,
        )

    def _diagnose(self, log: RunLog) -> dict[str, float]:
        encoder, bodies = self.objective.encoder, self.config.diagnose_bodies
        return log_diagnostics(log, self.step, encoder, self.loader, self.views, bodies, self.device, self.precision)

    def _warn(self, values: dict[str, float]) -> bool:
        """Say what looks like a collapse; whether anything does."""
        warning = collapse_warning(values)
        if warning:
            self.say(f"warning: step {self.step}: {warning}")
        return warning is not None

    def _ask_to_stop(self, *_: object) -> None:
        self._stop_asked = True

    def _stops(self) -> bool:
        """Whether to stop after this step; the processes of a distributed training agree on it when they log."""
        if self.processes.world_size == 1:
            return self._stop_asked
        return self.step % self.config.log_every == 0 and self.processes.any(self._stop_asked, self.device)


def _timed_next(items: Iterator[Item]) -> tuple[Item, float] | None:
    """The next item and the seconds until it came; None at the end."""
    start = time.perf_counter()
    item = next(items, None)
    return None if item is None else (item, time.perf_counter() - start)
