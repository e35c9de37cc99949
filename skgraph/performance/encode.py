"""Speed and latency of encoders that turn bodies into features."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from skgraph.build import build_encoder
from skgraph.encoders.encoder import Encoder
from skgraph.evaluation import PretrainedRun
from skgraph.evaluation.classifiers.linear_probe import LinearProbe
from skgraph.performance.timing import call_seconds, median_seconds
from skgraph.performance.training_step import random_walks, without_measurements
from skgraph.recognition import Recogniser, SkeletonStream
from skgraph.topology import Topology
from skgraph.training.devices import autocast, choose_device

_WINDOW = 60  # frames of the stream's window: two seconds
_CLASSES = 60  # classes of the stream's head, as in NTU RGB+D


@torch.inference_mode()
def benchmark_encode(
    config: Mapping[str, Any], topology: str, bodies: int, repeats: int, latencies: int
) -> dict[str, float]:
    """Time an encoder on whole bodies, without gradients, as an evaluation and a recognition do.

    Args:
        config: configuration of a pre-training with the encoder to time.
        topology: name of a topology.
        bodies: number of bodies in a batch.
        repeats: timed batches; the median counts.
        latencies: number of timed single bodies, and of timed frames of a stream.

    Returns:
        Bodies per second in batches; median (p50) and 99th percentile (p99) of the milliseconds for a single body, and
        for a frame of a stream (its window of two seconds is resampled, normalised, encoded and
        classified).
    """
    skeleton, device = Topology.load(topology), choose_device(config["device"])
    torch.manual_seed(0)
    encoder = build_encoder(config, skeleton).to(device).eval()
    joints = random_walks(bodies, config["frames"], skeleton).joints[:, 0].to(device)

    def encode(x: torch.Tensor) -> torch.Tensor:
        with autocast(device, config["precision"]):
            return encoder(x).mean(dim=1)

    measured = {"bodies/s": bodies / median_seconds(lambda: encode(joints), repeats, device)}
    singles = itertools.cycle(joints.split(1))
    stream = _stream(encoder, config, skeleton, device)
    frames = itertools.cycle(random_walks(1, _WINDOW, skeleton).joints[0, 0].numpy())
    for _ in range(_WINDOW):  # fills the window
        stream.push(next(frames))
    calls = {"single": lambda: encode(next(singles)), "streamed frame": lambda: stream.push(next(frames))}
    for kind, call in calls.items():
        times = call_seconds(call, latencies, device)
        measured |= {f"{kind}, ms, p{rank}": 1e3 * float(np.percentile(times, rank)) for rank in (50, 99)}
    return measured


def _stream(encoder: Encoder, config: Mapping[str, Any], topology: Topology, device: torch.device) -> SkeletonStream:
    """Return a stream of one body that an untrained head classifies after every frame."""
    run = PretrainedRun(Path("benchmark"), without_measurements(config), topology, encoder.state_dict(), 0, "")
    probe = LinearProbe(
        torch.zeros(encoder.dim),
        torch.ones(encoder.dim),
        torch.randn(_CLASSES, encoder.dim).double(),
        torch.zeros(_CLASSES).double(),
    )
    names = tuple(f"class {k}" for k in range(_CLASSES))
    return SkeletonStream(Recogniser(run, encoder, probe, names, None, device, config["precision"]), window=_WINDOW)
