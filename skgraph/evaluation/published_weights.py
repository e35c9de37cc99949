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
MAMP = "MAMP (Mao et al., ICCV 2023), https://github.com/maoyunyao/MAMP, no licence"

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
        CheckpointError: a weight is missing, unknown or has another number of dimensions.
    """
    size = config.get("img_size")
    if config["arch"] != "vit_tiny" or not isinstance(size, list) or len(size) != 2 or type(size[0]) is not int:
        found = f"arch {config['arch']}, img_size {size}"
        raise CheckpointError(f"'{file.parent}' must have arch vit_tiny and img_size [frames, joints], found {found}")
    rest = _Weights(tensors, file)
    positions = rest.take("pos_embed", 3)[0]
    weights = {
        "class_token": rest.take("cls_token", 3)[0, 0] + positions[0],
        "joint_embedding": positions[1:],
        "mask_token": rest.take("mask_token", 2)[0],
    }
    if "register_tokens" in rest.tensors:
        weights["register_tokens"] = rest.take("register_tokens", 3)[0]
    patch_length = rest.patch_embedding("patch_embed.proj", weights)
    depth = rest.blocks(_SLIM_BLOCK, weights)
    rest.refuse_others()
    encoder = {
        "_target_": "skgraph.encoders.CompactEncoder",
        "dim": positions.size(1),
        "depth": depth,
        "heads": _HEADS,
        "registers": len(weights.get("register_tokens", ())),
    }
    return _attributes(
        {"_target_": "skgraph.objectives.SLiM"},
        SLIM,
        weights,
        encoder,
        (size[0], patch_length, len(positions) - 1),
        file,
        file.parent.name,
    )


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
        raise CheckpointError(
            f"the checkpoint '{file}' is damaged, or no file of weights: {first_line(error)}"
        ) from error
    content = content.get("model", content) if isinstance(content, dict) else {}
    if not isinstance(content, dict) or "joints_embed.proj.weight" not in content:
        raise CheckpointError(f"'{file}' is no checkpoint of MAMP: it lacks 'joints_embed.proj.weight'")
    rest = _Weights({k: v for k, v in content.items() if not k.startswith(("decoder_", "mask_token", "head."))}, file)
    weights = {
        "positions.time_embedding": rest.take("temp_embed", 4)[0, :, 0],
        "positions.joint_embedding": rest.take("pos_embed", 4)[0, 0],
    }
    patch_length = rest.patch_embedding("joints_embed.proj", weights)
    depth = rest.blocks(_MAMP_BLOCK, weights)
    rest.refuse_others()
    patches, dim = weights["positions.time_embedding"].shape
    hidden = weights["blocks.0.mlp.0.bias"].numel() / dim
    encoder = {"_target_": "skgraph.encoders.TransformerEncoder", "dim": dim, "depth": depth, "heads": _HEADS}
    encoder |= {"mlp_ratio": hidden}
    joints = len(weights["positions.joint_embedding"])
    sizes = patches * patch_length, patch_length, joints
    objective = {"_target_": "skgraph.objectives.MaskedRegression", "target": "motion"}
    return _attributes(objective, MAMP, weights, encoder, sizes, file, file.stem)


class _Weights:
    """Named tensors of a file, taken out one by one."""

    def __init__(self, tensors: Mapping[str, Any], file: Path) -> None:
        self.tensors, self.file = dict(tensors), file

    def take(self, name: str, dims: int) -> Tensor:
        value = self.tensors.pop(name, None)
        if not isinstance(value, Tensor) or value.dim() != dims or not value.is_floating_point() or 0 in value.shape:
            found = [*value.shape] if isinstance(value, Tensor) else value
            raise CheckpointError(f"'{self.file}': '{name}' must be a tensor of {dims} dimensions, found {found}")
        return value.float()

    def patch_embedding(self, name: str, weights: dict[str, Tensor]) -> int:
        """Move a convolution ``[D, C, l, 1]`` into the linear patch embedding, and return ``l``."""
        kernel = self.take(f"{name}.weight", 4)
        weights["embed.weight"] = kernel[..., 0].transpose(1, 2).flatten(1)
        weights["embed.bias"] = self.take(f"{name}.bias", 1)
        return kernel.size(2)

    def blocks(self, names: Mapping[str, str], weights: dict[str, Tensor]) -> int:
        """Move all blocks and the last norm, and return the number of blocks."""
        found = [int(match[1]) for name in self.tensors if (match := re.match(r"blocks\.(\d{1,3})\.", name))]
        depth = max(found, default=0) + 1
        for i in range(depth):
            for theirs, ours in names.items():
                for kind in ("weight", "bias"):
                    dims = 1 if kind == "bias" or "norm" in theirs else 2
                    weights[f"blocks.{i}.{ours}.{kind}"] = self.take(f"blocks.{i}.{theirs}.{kind}", dims)
        for kind in ("weight", "bias"):
            weights[f"norm.{kind}"] = self.take(f"norm.{kind}", 1)
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
        raise CheckpointError(f"'{file}' must be of the {topology.num_joints} joints of NTU RGB+D, found {joints}")
    config = {
        "name": name,
        "runs": "runs",
        "seed": 0,
        "frames": frames,
        "patch_length": patch_length,
        "crop": [0.5, 1.0],
        "min_frames": 1,
        # Origin at the middle of the main body's spine in the first frame; metres.
        "normalise": {"center": "first", "align": None, "scale": None},
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
