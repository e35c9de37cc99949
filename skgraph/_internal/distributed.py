"""Processes of a distributed training: their ranks, collective operations, and random numbers of a shared batch."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor
from torch import distributed as dist


@dataclass(frozen=True)
class Processes:
    """The group of processes that torchrun started, seen from this one; a single process without torchrun."""

    rank: int = 0
    world_size: int = 1

    @property
    def is_main(self) -> bool:
        """True for the process that writes files and prints."""
        return self.rank == 0

    def barrier(self) -> None:
        """Wait for all processes."""
        if self.world_size > 1:
            dist.barrier()

    def any(self, value: bool, device: torch.device) -> bool:
        """Return whether the value is true on any process."""
        return bool(self.largest(int(value), device))

    def largest(self, value: int, device: torch.device) -> int:
        """Return the largest of the values of all processes."""
        if self.world_size == 1:
            return value
        found = torch.tensor(value, device=device)
        dist.all_reduce(found, dist.ReduceOp.MAX)
        return int(found)

    def broadcast(self, tensors: Iterable[Tensor]) -> None:
        """Copy tensors, such as the running statistics of a norm, from the main process to all others, in place."""
        if self.world_size > 1:
            for tensor in tensors:
                dist.broadcast(tensor, 0)

    def gather_rows(self, rows: Tensor) -> Tensor:
        """Return all rows in order on every process, each of which holds ``rows[rank::world_size]``."""
        if self.world_size == 1:
            return rows
        shares = [rows] * self.world_size
        dist.all_gather_object(shares, rows)
        whole = rows.new_empty(sum(map(len, shares)), *rows.shape[1:])
        for rank, share in enumerate(shares):
            whole[rank :: self.world_size] = share
        return whole


@contextmanager
def process_group(device: torch.device) -> Iterator[Processes]:
    """Join the processes that torchrun or submitit describes in the environment, and leave them at the end."""
    read_launcher()
    if int(os.environ.get("WORLD_SIZE", 1)) == 1:
        yield Processes()
        return
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield Processes(dist.get_rank(), dist.get_world_size())
    finally:
        dist.destroy_process_group()


def read_launcher() -> None:
    """Describe a task of Hydra's submitit launcher, which starts several on each node, as torchrun would."""
    if "SUBMITIT_EXECUTOR" in os.environ and "WORLD_SIZE" not in os.environ:
        from submitit.helpers import TorchDistributedEnvironment

        TorchDistributedEnvironment().export(set_cuda_visible_devices=False)


def num_ranks() -> int:
    """Return the number of processes that train together; 1 without torchrun."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def mean_over_ranks(x: Tensor) -> Tensor:
    """Replace a statistic by its mean over all processes, in place and without a gradient."""
    if (ranks := num_ranks()) > 1:
        dist.all_reduce(x)
        x /= ranks
    return x


def sum_over_ranks(x: Tensor) -> Tensor:
    """Replace a statistic by its sum over all processes, in place and without a gradient."""
    if num_ranks() > 1:
        dist.all_reduce(x)
    return x


def copy_from_main(x: Tensor) -> Tensor:
    """Replace a tensor by that of the main process, in place and without a gradient."""
    if num_ranks() > 1:
        dist.broadcast(x, 0)
    return x


class RankGenerator(torch.Generator):
    """The random generator of a batch of which each process holds every ``world_size``-th row.

    ``skgraph.data.random_draws`` draws for the whole batch and keeps the rows of this process, so that crops, views
    and masks do not depend on the number of processes.

    Args:
        rank: rank of this process, the first row that it holds.
        world_size: number of processes.
        device: where numbers are drawn.
    """

    rank: int
    world_size: int

    def __new__(cls, rank: int = 0, world_size: int = 1, device: torch.device | str = "cpu") -> RankGenerator:
        generator = super().__new__(cls, device=device)  # type: ignore[call-arg]
        generator.rank, generator.world_size = rank, world_size
        return generator
