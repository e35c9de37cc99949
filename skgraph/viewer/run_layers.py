"""Layers of a clip from a run: visible tokens, attention, prediction error."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from skgraph._internal.options import at_least
from skgraph.build import build_encoder, build_objective
from skgraph.data import SkeletonStore
from skgraph.diagnosis.prediction import predict_masked
from skgraph.encoders import TransformerEncoder
from skgraph.errors import CheckpointError, ConfigError
from skgraph.evaluation.features.bodies import read_bodies
from skgraph.evaluation.features.clip_features import frozen
from skgraph.evaluation.pretrained import PretrainedRun, same_skeleton
from skgraph.objectives import SJEPA, MaskedRegression, Objective
from skgraph.training.checkpoint import load_weights, read_checkpoint
from skgraph.viewer.scene import Layer

# Layers, without their values.
_DESCRIBED: dict[str, dict[str, Any]] = {
    "mask": {"title": "visible to the encoder", "kind": "binary", "high": "visible", "low": "masked"},
    "attention": {"title": "attention", "unit": "x an even share"},
    "error": {"title": "prediction error"},
}
KINDS = tuple(_DESCRIBED)


def run_layers(
    run: str | Path | PretrainedRun,
    store: SkeletonStore,
    indices: Sequence[int],
    kinds: Sequence[str] = KINDS,
    joint_map: str | None = None,
    seed: int = 0,
    masks: int = 16,
) -> list[dict[str, Layer]]:
    """Compute layers of clips on the token grid of a run's encoder.

    - ``mask``: tokens that the encoder sees under one mask of the run's kind.
    - ``attention``: attention that each token receives in the last block, mean over heads and queries, times the number
      of tokens: 1 is an even share.
    - ``error``: squared distance between prediction and target where the loss compares them (distributions for S-JEPA's
      cross-entropy), mean over the masks among ``masks`` that hide the token.

    Args:
        run: folder of the run.
        store: store of the clips.
        indices: numbers of the clips.
        kinds: names of layers, such as ``mask``.
        joint_map: see :meth:`~skgraph.evaluation.PretrainedRun.views`.
        seed: seed of the masks.
        masks: number of masks for the mean error.

    Raises:
        ConfigError: an unknown kind, one that the run's encoder or objective does not have, or another skeleton.
        CheckpointError: no such run, or one without its objective.
    """
    at_least("view", 1, masks=masks)
    if masks > 1000:
        raise ConfigError(f"view: masks must be at most 1000, found {masks}")
    if unknown := [kind for kind in kinds if kind not in KINDS]:
        raise ConfigError(f"layers are {', '.join(KINDS)}, found '{unknown[0]}'")
    run = run if isinstance(run, PretrainedRun) else PretrainedRun.open(run)
    run = run.on(store.topology, joint_map)
    views = run.views(store.topology, joint_map)
    if kinds and not same_skeleton(run.topology, store.topology):
        raise ConfigError(
            f"the run '{run.folder}' has the joints of '{run.topology.name}', the clips have those of "
            f"'{store.topology.name}': prepare the clips with topology_map={run.topology.base_name}"
        )
    dataset = run.dataset(store)
    rows = torch.as_tensor(list(indices))
    bodies = read_bodies(dataset, rows, views, torch.device("cpu"))
    positions, chosen = views.normalise(dataset.batch(rows)), (bodies.clip, bodies.slot)
    objective = _objective(run)
    layers: list[dict[str, Layer]] = [{} for _ in indices]
    with frozen(objective), torch.no_grad():
        for kind in kinds:
            generator = torch.Generator().manual_seed(seed)
            draw = partial(views.mask.draw, positions.joints[chosen], generator, positions.frame_mask[chosen])
            if kind == "mask":
                visible, masked = draw()
                values = torch.zeros(len(visible), visible.size(1) + masked.size(1)).scatter_(1, visible, 1.0)
            elif kind == "attention":
                values = attention_received(objective.encoder, bodies.joints)
            else:
                values = _prediction_error(objective, bodies.joints, draw, masks)
            values = values.unflatten(1, objective.encoder.grid)  # [b, T_e, V]
            dense = values.new_zeros(len(bodies), bodies.slots, *values.shape[1:])  # zero for absent bodies
            dense[chosen] = values
            for layer, clip in zip(layers, dense.float().numpy(), strict=True):
                layer[kind] = Layer(values=clip, **_DESCRIBED[kind])
    return layers


def _objective(run: PretrainedRun) -> Objective:
    torch.manual_seed(run.config["seed"])
    objective = build_objective(run.config, build_encoder(run.config, run.topology), run.topology)
    path = run.folder / "checkpoint.pt"
    if not path.exists():
        raise CheckpointError(
            f"'{run.weights_file}' has no objective: use show=[] or the run that the model comes from"
        )
    load_weights(objective, read_checkpoint(path)["objective"], path)
    return objective


def _prediction_error(
    objective: Objective, joints: Tensor, draw: Callable[[], tuple[Tensor, Tensor]], masks: int
) -> Tensor:
    """Return the mean error ``[b, L]`` of the predictions of each token under some drawn masks."""
    if not isinstance(objective, (SJEPA, MaskedRegression)):
        able = "an objective that predicts each token (S-JEPA, MAMP, SkeletonMAE)"
        raise ConfigError(f"show=error needs {able}, the run has {type(objective).__name__}: leave it out of show")
    joints = joints.expand(objective.num_views, *joints.shape)
    total, count = torch.zeros(2, 1)
    for _ in range(masks):
        visible, masked = draw()
        predicted, target = predict_masked(objective, joints, visible, masked)
        wanted = target.gather(1, masked[..., None].expand(-1, -1, target.size(-1)))
        empty = torch.zeros(target.shape[:2])
        total = total + empty.scatter(1, masked, (predicted - wanted).square().sum(dim=-1))
        count = count + empty.scatter(1, masked, 1.0)
    return total / count.clamp(min=1)


def attention_received(encoder: nn.Module, joints: Tensor) -> Tensor:
    """Compute the attention that each token of ``joints [B, T, V, C]`` receives in the last block, ``[B, L]``.

    1 is an even share. The encoder is in evaluation mode; a ConfigError says that it is no transformer.
    """
    if not isinstance(encoder, TransformerEncoder):
        raise ConfigError(
            f"show=attention needs a transformer, the run has a {type(encoder).__name__}: leave it out of show"
        )
    attention: Any = encoder.blocks[-1].attention
    seen: list[Tensor] = []
    handle = attention.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    try:
        encoder(joints)
    finally:
        handle.remove()
    (x,) = seen
    query, key, _ = attention.qkv(x).unflatten(-1, (3, attention.heads, -1)).permute(2, 0, 3, 1, 4)
    share = (query @ key.transpose(-1, -2) * query.size(-1) ** -0.5).softmax(dim=-1)  # [B, heads, L, L]
    return share.mean(dim=(1, 2)) * x.size(1)
