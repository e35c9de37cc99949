"""Export of an encoder or recogniser that runs without skgraph: ONNX, or torch.export's pt2."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import warnings
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn

from skgraph._internal.atomic import atomic_file
from skgraph.data import SkeletonData
from skgraph.errors import ConfigError, DataError, first_line
from skgraph.evaluation.classifiers.linear_probe import LinearProbe
from skgraph.evaluation.features.pooling import Pool, check_pool, pooled
from skgraph.evaluation.pretrained import PretrainedRun
from skgraph.training.views import ViewMaker

Format = Literal["onnx", "pt2"]
TOLERANCE = 1e-3  # largest difference to PyTorch, relative to the largest output


class Program(nn.Module):
    """From raw coordinates of bodies to features, or to logits: normalisation, stream, scale, encoder, pool, head.

    Args:
        encoder, views: of a run.
        probe: linear head; ``None`` for features.
        pool: feature of a body, see :func:`~skgraph.evaluation.features.pooling.pooled`.
    """

    weight: Tensor
    bias: Tensor

    def __init__(
        self, encoder: nn.Module, views: ViewMaker, probe: LinearProbe | None = None, pool: Pool = "mean"
    ) -> None:
        super().__init__()
        check_pool(encoder, pool)
        self.encoder, self.views, self.pool = encoder, views, pool
        self.has_head = probe is not None
        if probe is not None:
            # (x - mean) / scale @ W' + b as one product in single precision; constant features have weight 0.
            weight = probe.weight / probe.scale.double()
            self.register_buffer("weight", weight.float())
            self.register_buffer("bias", (probe.bias - weight @ probe.mean.double()).float())

    def forward(self, joints: Tensor) -> Tensor:
        """Return features ``[B, D]``, or logits ``[B, K]``, of bodies ``[B, T, V, C]`` present in every frame."""
        present = torch.ones_like(joints[..., 0, 0], dtype=torch.bool)
        graphs = SkeletonData.from_joints(joints[:, None], present[:, None])
        features = pooled(self.encoder, self.views.plain(graphs).joints[:, 0], self.pool)
        return features @ self.weight.T + self.bias if self.has_head else features


def program_of(run: PretrainedRun, probe: LinearProbe | None = None, pool: Pool = "mean") -> Program:
    """Build the program of a run, on the CPU, in evaluation mode."""
    return Program(run.encoder(), run.views(run.topology), probe, pool).eval().requires_grad_(False)


def export_program(
    program: Program, path: Path, format: Format, frames: int, joints: int, channels: int, metadata: dict[str, Any]
) -> float:
    """Write a program for any number of bodies, and compare its output with PyTorch.

    Args:
        program: to write.
        path: file to write.
        format: ``"onnx"``, for onnxruntime and others, or ``"pt2"``, for :func:`torch.export.load`.
        frames, joints, channels: ``T``, ``V``, ``C``.
        metadata: plain values, written as ``skgraph`` of an ONNX file or as the extra file ``skgraph.json`` of a pt2.

    Returns:
        the largest absolute difference to PyTorch, over batches of one, two and five random walks.

    Raises:
        ConfigError: a package for the format is missing, or the encoder cannot be exported.
        DataError: the outputs differ; no file is written.
    """
    if format not in ("onnx", "pt2"):
        raise ConfigError(f"format must be onnx or pt2, found '{format}'")
    generator = torch.Generator().manual_seed(0)
    batches = [0.05 * torch.randn(n, frames, joints, channels, generator=generator).cumsum(dim=1) for n in (1, 2, 5)]
    text = json.dumps(metadata)
    shapes = ({0: torch.export.Dim("batch")},)
    try:
        exported = torch.export.export(program, (batches[1],), dynamic_shapes=shapes, strict=False)
    except Exception as error:  # torch.export raises almost anything
        kind = type(program.encoder).__name__
        raise ConfigError(f"{kind} cannot be exported for any number of bodies: {first_line(error)}") from error
    file = io.BytesIO()
    if format == "pt2":
        torch.export.save(exported, file, extra_files={"skgraph.json": text})
        loaded = torch.export.load(io.BytesIO(file.getvalue())).module()
        answers = [loaded(batch).numpy() for batch in batches]
    else:
        answers = _onnx(exported, batches, text, file)
    wanted = [program(batch).numpy() for batch in batches]
    difference = max(float(np.abs(a - b).max()) for a, b in zip(answers, wanted, strict=True))
    most = max(float(np.abs(b).max()) for b in wanted)
    if not difference <= TOLERANCE * max(most, 1e-6):
        raise DataError(f"the {format} program differs from PyTorch by {difference:.2g} of {most:.2g}: not written")
    with atomic_file(path) as output:
        output.write(file.getvalue())
    return difference


def _onnx(
    exported: torch.export.ExportedProgram, batches: list[Tensor], text: str, file: io.BytesIO
) -> list[np.ndarray]:
    try:
        import onnx
        import onnxruntime
        import onnxscript  # noqa: F401, which torch's exporter needs
    except ImportError as error:
        raise ConfigError(f"format=onnx needs {error.name}: pip install 'skgraph[export]'") from error
    for name in ("torch.onnx", "onnxscript", "onnx_ir"):  # they log hundreds of lines about simplifications
        logging.getLogger(name).setLevel(logging.ERROR)
    # The exporter prints a line for each of its steps.
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        program: Any = torch.onnx.export(exported, dynamo=True, input_names=["joints"], output_names=["output"])
    model = program.model_proto
    onnx.helper.set_model_props(model, {"skgraph": text})
    onnx.checker.check_model(model)
    file.write(model.SerializeToString())
    session = onnxruntime.InferenceSession(file.getvalue(), providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return [session.run(None, {name: batch.numpy()})[0] for batch in batches]
