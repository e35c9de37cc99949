"""Losses of a fast training beside those of a plain one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from torch.nn.attention import SDPBackend, sdpa_kernel

from skgraph.build import build_trainer, open_store
from skgraph.errors import ConfigError
from skgraph.training import TrainerConfig
from skgraph.training.devices import choose_device, choose_precision

_LAST = 20  # steps at the end, whose mean loss is compared


def benchmark_losses(configs: Mapping[str, Mapping[str, Any]], steps: int) -> dict[str, float]:
    """Train methods for some steps as configured and in a plain way, on the same batches, views and masks.

    The plain way computes in float32, without a compiler, with attention as an explicit softmax, and updates one
    parameter after another. Both run the whole trainer: data path, clipping, schedule and averages.

    Args:
        configs: composed configurations of pre-trainings, by name, dataset included.
        steps: number of first steps of each training, warm-up included.

    Returns:
        For each method: the mean loss of the last 20 steps both ways; their relative difference; the largest relative
        difference in a single step; and that of the same fast kernels in float32, where only the order of additions
        differs. The rounding error of bfloat16 is up to 0.2 %.

    Raises:
        ConfigError: a recipe has fewer steps.
    """
    measured: dict[str, float] = {}
    for name, config in configs.items():
        device = choose_device(config["device"])
        plain = _losses(config, steps, "fp32", plain=True)
        float32 = _losses(config, steps, "fp32")
        fast = float32 if choose_precision(device, config["precision"]) == "fp32" else _losses(config, steps)
        ends = [float(curve[-_LAST:].mean()) for curve in (fast, plain)]
        measured |= {
            f"{name} loss at the end": ends[0],
            f"{name} loss at the end, plain": ends[1],
            f"{name} difference at the end": abs(ends[0] / ends[1] - 1),
            f"{name} largest difference": _largest(fast, plain),
            f"{name} largest difference, float32": _largest(float32, plain),
        }
    return measured


def _losses(config: Mapping[str, Any], steps: int, precision: str | None = None, plain: bool = False) -> np.ndarray:
    """Return the loss of each of the first steps of a training."""
    device = choose_device(config["device"])
    store, split = open_store(config["dataset"])
    options = config["trainer"] | {"log_every": 1, "stop_at": steps, "progress": False, "diagnose_every": 10**9}
    if plain:
        options["compile"] = False
    with TemporaryDirectory() as folder, sdpa_kernel(SDPBackend.MATH) if plain else nullcontext():
        config = {**config, "runs": folder, "precision": precision or config["precision"], "trainer": options}
        trainer = build_trainer(config, [(store, split)], TrainerConfig(**options), device)
        if trainer.total_steps < steps:
            raise ConfigError(
                f"benchmark.sizes.steps must be at most the {trainer.total_steps} of the recipe, found {steps}"
            )
        if plain:
            for group in trainer.optimizer.param_groups:
                group |= {"fused": False, "foreach": False}
        trainer.fit()
        lines = (Path(trainer.folder) / "metrics.jsonl").read_text().splitlines()
    return np.array([entry["loss"] for entry in map(json.loads, lines) if "loss" in entry])


def _largest(curve: np.ndarray, reference: np.ndarray) -> float:
    return float(np.abs(curve / reference - 1).max())
