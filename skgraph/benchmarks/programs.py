"""How fast an exported encoder is in onnxruntime, beside PyTorch."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median
from typing import Any

import torch

from skgraph.benchmarks.methods import random_walks
from skgraph.build import build_encoder, build_views
from skgraph.errors import ConfigError
from skgraph.recognition.program import Program, export_program
from skgraph.topology import Topology


@torch.inference_mode()
def benchmark_programs(
    configs: Mapping[str, Mapping[str, Any]], topology: str, bodies: int, repeats: int, latencies: int
) -> dict[str, float]:
    """Time programs, from raw coordinates to features, in PyTorch and as ONNX in onnxruntime, on the CPU in float32.

    The two take turns, with as many threads each.

    Args:
        configs: by name: a pre-training configuration, of which encoder and normalisation are taken.
        topology: name of a topology.
        bodies: of a batch.
        repeats: batches timed; the median counts.
        latencies: single bodies timed.

    Returns:
        by encoder: the largest difference between the two; of each, bodies a second in batches, and milliseconds for a
        single body (the median); and how many times as fast onnxruntime is.

    Raises:
        ConfigError: onnxruntime is not installed.
    """
    try:
        import onnxruntime
    except ImportError as error:
        raise ConfigError("the benchmark programs needs onnxruntime: pip install 'skgraph[export]'") from error
    skeleton = Topology.load(topology)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    measured: dict[str, float] = {}
    for name, config in configs.items():
        torch.manual_seed(0)
        encoder = build_encoder(config, skeleton)
        plain = {**config, "normalise": {**config["normalise"], "scale": None}}  # auto would need data to measure
        program = Program(encoder, build_views(plain, skeleton, encoder.grid[0], 1)).eval().requires_grad_(False)
        with tempfile.TemporaryDirectory() as scratch, torch.inference_mode(False):
            path = Path(scratch) / "encoder.onnx"
            difference = export_program(program, path, "onnx", config["frames"], skeleton.num_joints, skeleton.dim, {})
            session = onnxruntime.InferenceSession(path.read_bytes(), options, providers=["CPUExecutionProvider"])
        joints = random_walks(bodies, config["frames"], skeleton).joints[:, 0].contiguous()
        runs = {
            "PyTorch": lambda x, program=program: program(x),
            "onnxruntime": lambda x, session=session: session.run(None, {"joints": x.numpy()}),
        }
        batch = _in_turns(runs, lambda i, joints=joints: joints, repeats)
        single = _in_turns(runs, lambda i, joints=joints: joints[i % bodies : i % bodies + 1], latencies)
        measured[f"{name} largest difference"] = difference
        for key in runs:
            measured[f"{name} {key} bodies/s"] = bodies / batch[key]
            measured[f"{name} {key} single, ms"] = 1e3 * single[key]
        for what, seconds in (("batch", batch), ("single", single)):
            measured[f"{name} onnxruntime over PyTorch, {what}"] = seconds["PyTorch"] / seconds["onnxruntime"]
    return measured


def _in_turns(
    runs: Mapping[str, Callable[[torch.Tensor], object]], item: Callable[[int], torch.Tensor], times: int
) -> dict[str, float]:
    """Median seconds of each, which take turns of five calls; the first of a turn warms up."""
    taken: dict[str, list[float]] = {key: [] for key in runs}
    for turn in range(-(-times // 4)):
        for key, run in runs.items():
            time.sleep(0.1)  # threads of the other's pool spin for a while before they sleep
            for i in range(5):
                x = item(4 * turn + i)
                start = time.perf_counter()
                run(x)
                if i:
                    taken[key].append(time.perf_counter() - start)
    return {key: median(seconds) for key, seconds in taken.items()}
