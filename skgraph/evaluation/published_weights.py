"""Encoders that the authors of SLiM and MAMP publish, as encoders of skgraph.

    config.json, model.safetensors        SLiM (KAIST-VICLab/SLiM), a folder for each protocol
    NAME.pth                              MAMP (maoyunyao/MAMP), a checkpoint of its pre-training

Names of weights are translated, and nothing in a file is executed. A file does not say on which clips it was trained,
nor in how many steps: its ``content_hash`` is empty and its ``step`` 0.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from skgraph.errors import CheckpointError, first_line, first_three
from skgraph.topology import Topology

SLIM = "SLiM (Do et al., 2026), https://github.com/KAIST-VICLab/SLiM, Apache-2.0"
MAMP = "MAMP (Mao et al., ICCV 2023), https://github.com/maoyunyao/MAMP, licence not stated"

# Neither format stores the number of heads; both papers have 8.
_HEADS = 8
# Modules inside a block: theirs, ours.
_SLIM_BLOCK = {"attn.qkv": "attention.qkv", "attn.proj": "attention.out"}
_SLIM_BLOCK |= {"mlp.w12": "mlp.gate_and_value", "mlp.w3": "mlp.out", "norm1": "norm1", "norm2": "norm2"}
_MAMP_BLOCK = {"attn.qkv": "attention.qkv", "attn.proj": "attention.out"}
_MAMP_BLOCK |= {"mlp.fc1": "mlp.0", "mlp.fc2": "mlp.2", "norm1": "norm1", "norm2": "norm2"}


def is_slim(config: object) -> bool:
    """Return whether the content of a ``config.json`` describes an encoder of SLiM."""
    return isinstance(config, dict) and {"arch", "patch_size", "num_register_tokens"} <= config.keys()


def slim_encoder(config: Mapping[str, Any], tensors: Mapping[str, Tensor], file: Path) -> dict[str, Any]:
    """Translate a published encoder of SLiM.

    Args:
        config: content of its ``config.json``; ``img_size`` is frames and joints.
        tensors: content of its ``model.safetensors``.
        file: path of the weights, for messages.

    Returns:
        attributes of a :class:`~skgraph.evaluation.PretrainedRun`.

    Raises:
        CheckpointError: a weight is missing, unknown or of another shape, or the configuration does not fit them.
    """
    rest = _Weights(tensors, file)
    positions = rest.take("pos_embed", 1, None, None)[0]
    dim = positions.size(1)
    weights = {
        "class_token": rest.take("cls_token", 1, 1, dim)[0, 0] + positions[0],
        "joint_embedding": positions[1:],
        "mask_token": rest.take("mask_token", 1, dim)[0],
    }
    if "register_tokens" in rest.tensors:
        weights["register_tokens"] = rest.take("register_tokens", 1, None, dim)[0]
    patch_length = rest.patch_embedding("patch_embed.proj", dim, weights)
    depth = rest.blocks(_SLIM_BLOCK, dim, weights)
    rest.refuse_others()
    joints, registers = len(positions) - 1, len(weights.get("register_tokens", ()))
    found = {key: config.get(key) for key in ("arch", "img_size", "patch_size", "num_register_tokens")}
    size = found["img_size"]
    frames = size[0] if isinstance(size, list) and size and type(size[0]) is int else 0
    own = {"arch": "vit_tiny", "img_size": [frames, joints], "patch_size": [patch_length, 1]}
    if found != own | {"num_register_tokens": registers} or frames < 1 or frames % patch_length:
        expected = (
            f"arch vit_tiny, img_size [a multiple of {patch_length}, {joints}], patch_size [{patch_length}, 1] and "
        )
        raise CheckpointError(
            f"'{file.with_name('config.json')}' must have {expected}num_register_tokens {registers}, as the weights "
            f"have, found {found}"
        )
    encoder = {"_target_": "skgraph.encoders.CompactEncoder", "dim": dim, "depth": depth, "heads": _HEADS}
    encoder |= {"registers": registers}
    sizes = frames, patch_length, joints
    name = file.resolve().parent.name
    return _attributes({"_target_": "skgraph.objectives.SLiM"}, SLIM, weights, encoder, sizes, file, name)


def mamp_encoder(file: Path) -> dict[str, Any]:
    """Read and translate the encoder of an official MAMP checkpoint; its decoder is left out.

    Args:
        file: a ``.pth``.

    Returns:
        attributes of a :class:`~skgraph.evaluation.PretrainedRun`.

    Raises:
        CheckpointError: the file is damaged, would execute code, or is no checkpoint of MAMP.
    """
    try:
        # The checkpoint keeps the arguments of its training.
        with torch.serialization.safe_globals([argparse.Namespace]):
            content = torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises almost anything for a damaged file
        raise CheckpointError(f"'{file}' is damaged, or holds more than weights: {first_line(error)}") from error
    content = content.get("model", content) if isinstance(content, dict) else {}
    if not isinstance(content, dict) or "joints_embed.proj.weight" not in content:
        raise CheckpointError(f"'{file}' is no checkpoint of MAMP: it lacks 'joints_embed.proj.weight'")
    decoder = ("decoder_", "mask_token", "head.")
    rest = _Weights({str(k): v for k, v in content.items() if not str(k).startswith(decoder)}, file)
    time = rest.take("temp_embed", 1, None, 1, None)[0, :, 0]
    patches, dim = time.shape
    joint = rest.take("pos_embed", 1, 1, None, dim)[0, 0]
    weights = {"positions.time_embedding": time, "positions.joint_embedding": joint}
    patch_length = rest.patch_embedding("joints_embed.proj", dim, weights)
    depth = rest.blocks(_MAMP_BLOCK, dim, weights)
    rest.refuse_others()
    ratio = weights["blocks.0.mlp.0.bias"].numel() / dim
    encoder = {"_target_": "skgraph.encoders.TransformerEncoder", "dim": dim, "depth": depth, "heads": _HEADS}
    encoder |= {"mlp_ratio": ratio}
    sizes = patches * patch_length, patch_length, len(joint)
    objective = {"_target_": "skgraph.objectives.MaskedRegression", "target": "motion"}
    return _attributes(objective, MAMP, weights, encoder, sizes, file, file.stem)


class _Weights:
    """Named tensors of a file, taken out one by one."""

    def __init__(self, tensors: Mapping[str, Any], file: Path) -> None:
        self.tensors, self.file = dict(tensors), file

    def take(self, name: str, *shape: int | None) -> Tensor:
        """Take out a tensor of a shape, in which ``None`` is any size but 0."""
        value = self.tensors.pop(name, None)
        good = isinstance(value, Tensor) and value.is_floating_point() and value.layout == torch.strided
        good = good and value.dim() == len(shape) and 0 not in value.shape
        if not good or any(wanted not in (None, size) for wanted, size in zip(shape, value.shape, strict=True)):
            expected = ", ".join("any" if wanted is None else str(wanted) for wanted in shape)
            found = [*value.shape] if isinstance(value, Tensor) else type(value).__name__
            raise CheckpointError(f"'{self.file}': '{name}' must be a tensor of shape [{expected}], found {found}")
        return value.float()

    def patch_embedding(self, name: str, dim: int, weights: dict[str, Tensor]) -> int:
        """Move a convolution ``[D, C, l, 1]`` into the linear patch embedding, and return ``l``."""
        kernel = self.take(f"{name}.weight", dim, 3, None, 1)
        weights["embed.weight"] = kernel[..., 0].transpose(1, 2).flatten(1)
        weights["embed.bias"] = self.take(f"{name}.bias", dim)
        return kernel.size(2)

    def blocks(self, names: Mapping[str, str], dim: int, weights: dict[str, Tensor]) -> int:
        """Move all blocks and the last norm, and return the number of blocks."""
        found = [int(match[1]) for name in self.tensors if (match := re.match(r"blocks\.(\d{1,3})\.", name))]
        depth = max(found, default=0) + 1
        for i in range(depth):
            for theirs, ours in names.items():
                sides = () if "norm" in theirs else (None,)
                weights[f"blocks.{i}.{ours}.weight"] = self.take(f"blocks.{i}.{theirs}.weight", None, *sides)
                weights[f"blocks.{i}.{ours}.bias"] = self.take(f"blocks.{i}.{theirs}.bias", None)
        for kind in ("weight", "bias"):
            weights[f"norm.{kind}"] = self.take(f"norm.{kind}", dim)
        return depth

    def refuse_others(self) -> None:
        if self.tensors:
            names = first_three([f"'{name}'" for name in self.tensors])
            raise CheckpointError(f"'{self.file}' holds weights that this encoder does not have: {names}")


def _attributes(
    objective: dict[str, Any],
    origin: str,
    weights: dict[str, Tensor],
    encoder: dict[str, Any],
    sizes: tuple[int, int, int],
    file: Path,
    name: str,
) -> dict[str, Any]:
    """Return the attributes of a run; ``sizes`` are frames, frames of a token, and joints."""
    frames, patch_length, joints = sizes
    topology = Topology.load("ntu_rgbd")
    if joints != topology.num_joints:
        raise CheckpointError(f"'{file}' must have the {topology.num_joints} joints of NTU RGB+D, found {joints}")
    config = {
        "name": name,
        "runs": "runs",
        "seed": 0,
        "frames": frames,
        "patch_length": patch_length,
        "crop": [0.5, 1.0],
        "min_frames": 1,
        # Origin at the middle of the main body's spine in the first frame; metres.
        "normalise": {"gaps": None, "center": "first", "align": None, "scale": None},
        "device": "auto",
        "precision": "auto",
        "evaluate": [],
        "dataset": {"root": "", "name": name},
        "encoder": encoder,
        "objective": objective,
        "mask": {"_target_": "skgraph.transforms.RandomTokenMask"},
        "stream": {"name": "joint", "transform": None},
        "augment": {},
        "trainer": {},
    }
    return {
        "config": config,
        "topology": topology,
        "weights": weights,
        "step": 0,
        "content_hash": "",
        "weights_file": file,
        "origin": origin,
    }
