"""Where and how a training computes: device, number format, processes."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor
from torch import distributed as dist

from skgraph.errors import ConfigError


@dataclass(frozen=True)
class Processes:
    """The place of this process among those that torchrun started; alone without torchrun."""

    rank: int = 0
    world_size: int = 1
    local_rank: int = 0

    @property
    def is_main(self) -> bool:
        """Whether this process writes files and talks to the user."""
        return self.rank == 0

    def barrier(self) -> None:
        """Wait for all processes."""
        if self.world_size > 1:
            dist.barrier()

    def any(self, value: bool, device: torch.device) -> bool:
        """Whether the value is true on any process."""
        flag = torch.tensor(int(value), device=device)
        if self.world_size > 1:
            dist.all_reduce(flag, dist.ReduceOp.MAX)
        return bool(flag)

    def share(self, tensors: Iterable[Tensor]) -> None:
        """Give every process what the first one has in these tensors, such as the running statistics of a norm."""
        if self.world_size > 1:
            for tensor in tensors:
                dist.broadcast(tensor, 0)

    def interleave(self, rows: Tensor) -> Tensor:
        """All rows in order, on every process, where this one holds ``rows[rank::world_size]`` of them."""
        if self.world_size == 1:
            return rows
        shares: list[Tensor | None] = [None] * self.world_size
        dist.all_gather_object(shares, rows)
        whole = rows.new_empty(sum(map(len, shares)), *rows.shape[1:])
        for rank, share in enumerate(shares):
            whole[rank :: self.world_size] = share
        return whole


@contextmanager
def processes(device: torch.device) -> Iterator[Processes]:
    """Join the process group that torchrun or submitit describes in the environment, and leave it at the end."""
    _read_launcher()
    if "WORLD_SIZE" not in os.environ or int(os.environ["WORLD_SIZE"]) == 1:
        yield Processes()
        return
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield Processes(dist.get_rank(), dist.get_world_size(), int(os.environ.get("LOCAL_RANK", 0)))
    finally:
        dist.destroy_process_group()


def _read_launcher() -> None:
    """A task of Hydra's submitit launcher, which starts several on each node, as torchrun would describe it."""
    if "SUBMITIT_EXECUTOR" in os.environ and "WORLD_SIZE" not in os.environ:
        from submitit.helpers import TorchDistributedEnvironment

        TorchDistributedEnvironment().export(set_cuda_visible_devices=False)


def choose_device(name: str = "auto") -> torch.device:
    """``"auto"`` is this process's CUDA device where there is one, otherwise the CPU.

    Raises:
        ConfigError: the device does not exist here.
    """
    _read_launcher()
    local_rank = int(os.environ.get("LOCAL_RANK", 0))
    if name == "auto":
        name = f"cuda:{local_rank}" if torch.cuda.is_available() else "cpu"
    elif name == "cuda":
        name = f"cuda:{local_rank}"
    try:
        device = torch.device(str(name))
    except RuntimeError:
        device = None
    if device is None or device.type not in ("cpu", "cuda"):
        raise ConfigError(f"device must be 'auto', 'cpu', 'cuda' or 'cuda:N', found '{name}'")
    if device.type == "cuda":
        if not torch.cuda.is_available() or (device.index or 0) >= torch.cuda.device_count():
            raise ConfigError(
                f"device '{name}' was asked for, this machine has {torch.cuda.device_count()} CUDA devices"
            )
        torch.cuda.set_device(device)
    return device


def autocast(device: torch.device, precision: str = "auto") -> torch.autocast:
    """Automatic mixed precision: ``"bf16"``, ``"fp32"``, or ``"auto"`` for bf16 where the device computes it natively.

    Raises:
        ConfigError: an unknown precision.
    """
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=choose_precision(device, precision) == "bf16")


def choose_precision(device: torch.device, precision: str = "auto") -> str:
    """``"bf16"`` or ``"fp32"``: what a precision means on a device.

    Raises:
        ConfigError: an unknown precision.
    """
    if precision not in ("auto", "bf16", "fp32"):
        raise ConfigError(f"precision must be 'auto', 'bf16' or 'fp32', found '{precision}'")
    if precision != "auto":
        return precision
    native = torch.cuda.is_bf16_supported() if device.type == "cuda" else _cpu_has_bf16()
    return "bf16" if native else "fp32"


def _cpu_has_bf16() -> bool:
    return bool(getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)())
