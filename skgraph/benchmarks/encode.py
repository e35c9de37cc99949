"""How fast encoders turn recordings into features: many at once, and a single one."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch

from skgraph.benchmarks.methods import random_walks
from skgraph.benchmarks.timing import median_seconds, synchronise
from skgraph.build import build_encoder
from skgraph.topology import Topology
from skgraph.training.devices import autocast, choose_device


@torch.inference_mode()
def benchmark_encode(
    configs: Mapping[str, Mapping[str, Any]], topology: str, bodies: int, repeats: int, latencies: int
) -> dict[str, float]:
    """Time encoders on whole bodies, without gradients, as an evaluation and a recognition do.

    Args:
        configs: by name: a pre-training configuration, of which the encoder is taken.
        topology: name of a topology.
        bodies: of a batch.
        repeats: batches timed; the median counts.
        latencies: single bodies timed.

    Returns:
        by encoder: bodies a second in batches, and milliseconds for a single body, of which half take no more (p50) and
        of which 99 % take no more (p99).
    """
    skeleton = Topology.load(topology)
    measured: dict[str, float] = {}
    for name, config in configs.items():
        device = choose_device(config["device"])
        torch.manual_seed(0)
        encoder = build_encoder(config, skeleton).to(device).eval()
        joints = random_walks(bodies, config["frames"], skeleton).joints[:, 0].to(device)
        encode = _encode(encoder, device, config["precision"])
        measured[f"{name} bodies/s"] = bodies / median_seconds(
            lambda encode=encode, joints=joints: encode(joints), repeats
        )
        taken = []
        for i in range(latencies + 1):
            start = time.perf_counter()
            encode(joints[i % bodies : i % bodies + 1])
            if i:  # the first one warms up
                taken.append(1e3 * (time.perf_counter() - start))
        measured |= {f"{name} single, ms, p{rank}": float(np.percentile(taken, rank)) for rank in (50, 99)}
    return measured


def _encode(encoder: torch.nn.Module, device: torch.device, precision: str) -> Callable[[torch.Tensor], torch.Tensor]:
    def encode(joints: torch.Tensor) -> torch.Tensor:
        with autocast(device, precision):
            features = encoder(joints).mean(dim=1)
        synchronise(device)
        return features

    return encode
