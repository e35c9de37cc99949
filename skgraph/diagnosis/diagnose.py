"""Diagnosis of the checkpoints of a run: probes of features, and errors of predictions."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from tqdm.auto import tqdm

from skgraph._internal.options import at_least
from skgraph.build import build_encoder, build_objective, build_views, check_config
from skgraph.data import SkeletonData, SkeletonDataset, SkeletonStore
from skgraph.data.loader import crop_batch
from skgraph.diagnosis.prediction import prediction_errors
from skgraph.diagnosis.probes import ProbeTargets, linear_cka, probe_features
from skgraph.errors import CheckpointError, DataError
from skgraph.evaluation.features.clip_features import frozen
from skgraph.evaluation.model_folder import is_model_folder
from skgraph.objectives import SJEPA, Objective
from skgraph.topology import Topology
from skgraph.training.checkpoint import load_weights, read_checkpoint
from skgraph.training.devices import autocast
from skgraph.training.diagnostics import rankme
from skgraph.training.trainer import SNAPSHOTS
from skgraph.training.views import ViewMaker
from skgraph.transforms.linear_map import LinearMap

FEWEST = 20  # bodies that probes need
VIEW_ANGLE = math.pi / 4  # NTU's cameras stand 45 degrees apart


def diagnose(
    folder: Path,
    store: SkeletonStore,
    split: str,
    device: torch.device,
    precision: str = "auto",
    bodies: int = 2048,
    batch_size: int = 128,
    progress: bool = False,
) -> list[dict[str, float]]:
    """Diagnose a run on the training clips of a split.

    Args:
        folder: folder of the run, with ``checkpoint.pt`` and, from ``trainer.snapshot_every``, ``snapshots``.
        store: clips, with labels or without.
        split: name of a split of the store.
        device, precision: where and how to compute, see :func:`skgraph.training.devices.autocast`.
        bodies: number of bodies, at most, spread evenly over the training clips.
        batch_size: bodies encoded at once, and in the batch for the loss.
        progress: show a bar in a terminal.

    Returns:
        the metrics of each checkpoint, the untrained objective first. They are ``step``, those of
        :func:`~skgraph.diagnosis.probe_features`, ``rankme``, ``similarity`` (linear CKA with the features of the
        untrained encoder), ``loss`` of one fixed batch and everything that the objective logs for it, and for S-JEPA
        the :class:`~skgraph.diagnosis.PredictionErrors` and their ``skill``.

    Raises:
        CheckpointError: a checkpoint is missing, corrupt, of another topology or of another run.
        ConfigError: a number is out of its range.
        DataError: there are fewer than twenty bodies.
    """
    at_least("diagnose", FEWEST, bodies=bodies)
    at_least("diagnose", 1, batch_size=batch_size)
    if is_model_folder(folder):
        raise CheckpointError(f"'{folder}' is a model that was exported: diagnose the run that it comes from")
    paths = [*sorted((folder / SNAPSHOTS).glob("step_*.pt")), folder / "checkpoint.pt"]
    last = read_checkpoint(paths[-1])
    config = last["config"]
    check_config(config)
    topology = Topology.from_dict(last["topology"], source=str(paths[-1]))
    if topology != store.topology:
        raise CheckpointError(f"'{paths[-1]}' has topology '{topology.name}', '{store.path}' '{store.topology.name}'")
    resampling = config.get("resampling", "linear")
    dataset = SkeletonDataset(store, split, "train", items="bodies", frames=config["frames"], resampling=resampling)
    if len(dataset) < FEWEST:
        raise DataError(f"'{store.path}' has {len(dataset)} training bodies, probes need at least {FEWEST}")
    index = torch.linspace(0, len(dataset) - 1, min(bodies, len(dataset))).round().long()
    angle = torch.empty(len(index)).uniform_(-VIEW_ANGLE, VIEW_ANGLE, generator=torch.Generator().manual_seed(0))
    rows, targets, untrained = [], None, None
    bar = {"total": len(paths) + 1, "desc": "checkpoints", "disable": None if progress else True, "leave": False}
    for step, objective in tqdm(_objectives(paths, config, topology), **bar):
        objective.to(device)
        views = build_views(config, topology, objective.encoder.grid[0], objective).to(device)
        with frozen(objective), autocast(device, precision):
            batches = (dataset.batch(rows).to(device) for rows in index.split(batch_size))
            plain, turned = _features(objective.encoder, batches, angle.split(batch_size), views)
            some = index[:: max(1, len(index) // batch_size)]
            batch = crop_batch(dataset, some, torch.Generator().manual_seed(0), views.crops, views.local_crops).to(
                device
            )
            row = {"step": float(step), **_objective_metrics(objective, batch, views)}
        targets = targets or _probe_targets(dataset, index, views, device)
        untrained = plain if untrained is None else untrained
        row |= probe_features(plain, targets, turned, angle)
        row |= {"rankme": float(rankme(plain)), "similarity": linear_cka(plain, untrained)}
        rows.append(row)
    return rows


def _objectives(paths: list[Path], config: dict[str, Any], topology: Topology) -> Iterator[tuple[int, Objective]]:
    """Yield the untrained objective, then those of the checkpoints; each step once."""

    def build() -> Objective:
        torch.manual_seed(config["seed"])
        return build_objective(config, build_encoder(config, topology), topology)

    yield 0, build()
    done = 0
    for path in paths:
        content = read_checkpoint(path)
        if content["config"] != config:
            raise CheckpointError(f"'{path}' is of another run than '{paths[-1]}': its configuration differs")
        if content["step"] == done:
            continue
        objective = build()
        load_weights(objective, content["objective"], path)
        done = content["step"]
        yield done, objective


def _features(
    encoder: nn.Module, batches: Iterator[SkeletonData], angles: Sequence[Tensor], views: ViewMaker
) -> tuple[Tensor, Tensor]:
    """Return mean-pooled features ``[n, D]`` of bodies as recorded and of bodies turned by random angles."""
    plain: list[Tensor] = []
    turned: list[Tensor] = []
    for bodies, angle in zip(batches, angles, strict=True):
        for found, turn in ((plain, None), (turned, _Turn(angle.to(bodies.joints.device)))):
            found.append(encoder(views.plain(bodies, turn).joints[:, 0]).float().mean(dim=1).cpu())
    return torch.cat(plain), torch.cat(turned)


def _objective_metrics(objective: Objective, bodies: SkeletonData, views: ViewMaker) -> dict[str, float]:
    """Return loss, logs and prediction errors of one batch, the same for all checkpoints."""
    batch = views(bodies, torch.Generator(bodies.joints.device).manual_seed(0))
    torch.manual_seed(0)  # seeds what the objective draws
    loss, logs = objective(*batch)
    row = {"loss": float(loss), **{key: float(value) for key, value in logs.items()}}
    if isinstance(objective, SJEPA):
        errors = prediction_errors(objective, *batch)
        row |= {**vars(errors), "skill": errors.skill}
    return row


def _probe_targets(dataset: SkeletonDataset, index: Tensor, views: ViewMaker, device: torch.device) -> ProbeTargets:
    store = dataset.store
    clip = dataset.clips[index]
    pose, speed = [], []
    for rows in index.split(512):
        bodies = views.normalise(dataset.batch(rows).to(device)).cpu()
        joints, present = bodies.joints[:, 0].double(), bodies.frame_mask[:, 0]  # [b, T, V, C], [b, T]
        weight = present[..., None, None] / present.sum(dim=1).clamp(min=1)[:, None, None, None]
        centred = joints - torch.einsum("btvc,v->btc", joints, store.topology.center.double())[:, :, None]
        pose.append((centred * weight).sum(dim=1).flatten(1))
        pairs = present[:, 1:] & present[:, :-1]
        steps = (joints[:, 1:] - joints[:, :-1]).norm(dim=-1).mean(dim=-1)  # [b, T - 1]
        mean = (steps * pairs).sum(dim=1) / pairs.sum(dim=1).clamp(min=1)
        frame = store.track_length[dataset.items[rows]] / float(store.meta.get("fps", 30.0)) / joints.size(1)  # seconds
        speed.append((mean / frame).clamp(min=1e-4).log()[:, None])
    return ProbeTargets(store.y[clip], store.subject[clip], torch.cat(pose), torch.cat(speed))


class _Turn(LinearMap):
    """Rotation of each graph about the vertical by its own angle; in the image plane for 2D skeletons."""

    def __init__(self, angle: Tensor) -> None:
        super().__init__()
        self.angle = angle

    def matrix(self, data: SkeletonData, generator: torch.Generator | None = None) -> Tensor:
        channels = data.joints.size(-1)
        across = channels - 1  # z of three coordinates, y of two
        matrix = torch.eye(channels, device=self.angle.device).repeat(len(self.angle), 1, 1)
        matrix[:, 0, 0] = matrix[:, across, across] = self.angle.cos()
        matrix[:, 0, across], matrix[:, across, 0] = self.angle.sin(), -self.angle.sin()
        return matrix
