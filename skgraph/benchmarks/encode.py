"""How fast encoders turn recordings into features: many at once, and a single one."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from skgraph.benchmarks.methods import random_walks
from skgraph.benchmarks.timing import median_seconds, synchronise
from skgraph.build import build_encoder
from skgraph.evaluation import PretrainedRun
from skgraph.evaluation.linear import LinearProbe
from skgraph.recognition import Recogniser, SkeletonStream
from skgraph.topology import Topology
from skgraph.training.devices import autocast, choose_device

WINDOW = 60  # frames that a stream looks at
CLASSES = 60  # of its head, as many as NTU RGB+D has


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
        by encoder: bodies a second in batches; milliseconds for a single body, and for a frame of a stream that is
        answered at once (two seconds resampled, normalised, encoded and classified), of which half take no more (p50)
        and of which 99 % take no more (p99).
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
        single = _taken(lambda i, encode=encode, joints=joints: encode(joints[i % bodies : i % bodies + 1]), latencies)
        stream = _stream(encoder, config, skeleton, device)
        frames = random_walks(1, WINDOW, skeleton).joints[0, 0].numpy()
        for frame in frames:  # a whole window, before time counts
            stream.push(frame)
        streamed = _taken(lambda i, stream=stream, frames=frames: stream.push(frames[i % WINDOW]), latencies)
        for what, taken in (("single", single), ("streamed frame", streamed)):
            measured |= {f"{name} {what}, ms, p{rank}": float(np.percentile(taken, rank)) for rank in (50, 99)}
    return measured


def _taken(do: Callable[[int], object], times: int) -> list[float]:
    """Milliseconds of each time but the first, which warms up."""
    taken = []
    for i in range(times + 1):
        start = time.perf_counter()
        do(i)
        taken.append(1e3 * (time.perf_counter() - start))
    return taken[1:]


def _stream(
    encoder: torch.nn.Module, config: Mapping[str, Any], topology: Topology, device: torch.device
) -> SkeletonStream:
    """A stream of one body that is answered after every frame, by a head that has learned nothing."""
    plain = {**config, "normalise": {**config["normalise"], "scale": None}}  # auto would need data to measure
    run = PretrainedRun(Path("benchmark"), plain, topology, encoder.state_dict(), 0, "")
    probe = LinearProbe(
        torch.zeros(encoder.dim),
        torch.ones(encoder.dim),
        torch.randn(CLASSES, encoder.dim).double(),
        torch.zeros(CLASSES).double(),
    )
    names = tuple(f"class {k}" for k in range(CLASSES))
    recogniser = Recogniser(run, encoder, probe, names, None, device, config["precision"])
    return SkeletonStream(recogniser, window=WINDOW)


def _encode(encoder: torch.nn.Module, device: torch.device, precision: str) -> Callable[[torch.Tensor], torch.Tensor]:
    def encode(joints: torch.Tensor) -> torch.Tensor:
        with autocast(device, precision):
            features = encoder(joints).mean(dim=1)
        synchronise(device)
        return features

    return encode
