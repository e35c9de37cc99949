"""Speed of an exported encoder in onnxruntime, beside PyTorch."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median
from typing import Any

import torch

from skgraph.build import build_encoder, build_views
from skgraph.errors import ConfigError
from skgraph.performance.training_step import random_walks, without_measurements
from skgraph.recognition.exported_program import Program, export_program
from skgraph.topology import Topology


@torch.inference_mode()
def benchmark_programs(
    configs: Mapping[str, Mapping[str, Any]], topology: str, bodies: int, repeats: int, latencies: int
) -> dict[str, float]:
    """Time programs from raw coordinates to features in PyTorch and in onnxruntime, on the CPU in float32.

    The two take turns, with the same number of threads.

    Args:
        configs: pre-training configurations by name; their encoders and normalisations are exported.
        topology: name of a topology.
        bodies: bodies in a batch.
        repeats: timed batches; the median counts.
        latencies: timed single bodies; the median counts.

    Returns:
        For each encoder: the largest difference between the two; bodies per second in batches and milliseconds for a
        single body, of each; and the speed of onnxruntime over PyTorch's.

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
        views = build_views(without_measurements(config), skeleton, encoder.grid[0])
        program = Program(encoder, views).eval().requires_grad_(False)
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
        for size, seconds in (("batch", batch), ("single", single)):
            measured[f"{name} onnxruntime over PyTorch, {size}"] = seconds["PyTorch"] / seconds["onnxruntime"]
    return measured


def _in_turns(
    runs: Mapping[str, Callable[[torch.Tensor], object]], item: Callable[[int], torch.Tensor], times: int
) -> dict[str, float]:
    """Return the median seconds of each run, in turns of five calls whose first is a warm-up."""
    taken: dict[str, list[float]] = {key: [] for key in runs}
    for turn in range(-(-times // 4)):
        for key, run in runs.items():
            time.sleep(0.1)  # lets the other pool's spinning threads go to sleep
            for i in range(5):
                x = item(4 * turn + i)
                start = time.perf_counter()
                run(x)
                if i:
                    taken[key].append(time.perf_counter() - start)
    return {key: median(seconds) for key, seconds in taken.items()}
