"""A run's encoder beside a random one of the same shape, on the same clips, by the same protocols."""

from __future__ import annotations

import copy
import time
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from skgraph.build import build_encoder, build_views, check_config
from skgraph.data import SkeletonDataset, SkeletonStore
from skgraph.errors import CheckpointError, ConfigError
from skgraph.evaluation.features import Features, clip_features
from skgraph.evaluation.protocols import Protocol, top_k
from skgraph.evaluation.result import save_result
from skgraph.topology import Topology
from skgraph.training.checkpoint import load_weights, read_checkpoint, versions
from skgraph.training.devices import choose_precision
from skgraph.training.diagnostics import collapse_warning, rankme


def compare(
    folder: Path,
    store: SkeletonStore,
    split: str,
    protocols: list[Protocol],
    device: torch.device,
    precision: str = "auto",
    crop: float = 1.0,
    bodies: str = "present",
    batch_size: int = 128,
    progress: bool = True,
) -> list[dict[str, Any]]:
    """Evaluate the encoder of a run folder, frozen, and a random-init one beside it.

    Each protocol leaves ``result.json`` and ``scores.npz`` in the folder that :func:`result_folder` names.

    Args:
        folder: of the run; its checkpoint says the configuration.
        store: the dataset to evaluate on.
        split: its split; the training part is what the probe learns from.
        protocols: ways to evaluate.
        device: where to compute.
        precision: see :func:`skgraph.training.devices.autocast`.
        crop: centred proportion of each clip that is encoded.
        bodies: see :func:`~skgraph.evaluation.features.clip_features`.
        batch_size: clips encoded at once.
        progress: show a bar.

    Returns:
        the card of each protocol.

    Raises:
        CheckpointError: the checkpoint is missing, corrupt, or does not match the store's topology.
    """
    start = time.perf_counter()
    path = folder / "checkpoint.pt"
    content = read_checkpoint(path)
    config = content["config"]
    check_config(config)
    if not 0 < crop <= 1:
        raise ConfigError(f"crop must be a proportion in (0, 1], found {crop}")
    trained_on = Topology.from_dict(content["topology"], source=str(path))
    if (trained_on.joints, trained_on.parents.tolist()) != (store.topology.joints, store.topology.parents.tolist()):
        raise CheckpointError(
            f"the checkpoint '{path}' was trained on topology '{trained_on.name}' ({trained_on.num_joints} joints), "
            f"the store '{store.path}' has '{store.topology.name}' ({store.topology.num_joints} joints): their joints "
            "or bones differ"
        )
    torch.manual_seed(config["seed"])
    random = build_encoder(config, store.topology)
    encoder = copy.deepcopy(random)
    load_weights(encoder, content["encoder"], path)
    views = build_views(config, store.topology, encoder.grid[0], 1)
    parts = {
        part: SkeletonDataset(store, split, part, items="clips", frames=config["frames"], crop=(crop, crop))
        for part in ("train", "test")
    }

    def encode(module: nn.Module) -> dict[str, Features]:
        module.to(device).requires_grad_(False)
        return {
            part: clip_features(module, data, views, device, precision, bodies, batch_size, progress)
            for part, data in parts.items()
        }

    learned, untrained = encode(encoder), encode(random)
    cards = []
    for protocol in protocols:
        scores = protocol.scores(learned["train"], learned["test"], len(store.class_names))
        baseline = protocol.scores(untrained["train"], untrained["test"], len(store.class_names))
        y = learned["test"].y
        card = {
            "protocol": protocol.name,
            "options": protocol.options,
            "top1": top_k(scores, y),
            "top5": top_k(scores, y, 5),
            "random_init_top1": top_k(baseline, y),
            "random_init_top5": top_k(baseline, y, 5),
            **_feature_facts(learned["train"].x),
            "dataset": {"path": str(store.path), "split": split, "content_hash": store.content_hash,
                        "preprocessing": store.meta["preprocessing"], "train_clips": len(parts["train"]),
                        "test_clips": len(parts["test"])},
            "crop": crop, "bodies": bodies, "step": content["step"], "seed": config["seed"], "device": str(device),
            "precision": choose_precision(device, precision),
            "versions": versions(), "config": config, "seconds": round(time.perf_counter() - start, 1),
        }  # fmt: skip
        cards.append(card)
        place = result_folder(folder, protocol, store, split, crop, bodies)
        save_result(place, card, store.name[learned["test"].clip.numpy()], scores, y)
    return cards


def result_folder(
    folder: Path, protocol: Protocol, store: SkeletonStore, split: str, crop: float = 1.0, bodies: str = "present"
) -> Path:
    """Where a result lies: ``evaluation/<protocol>_<store>_<split>`` in the run, and whatever is not the default."""
    defaults = protocol.defaults()
    options = [f"{key}{value:g}" for key, value in protocol.options.items() if value != defaults[key]]
    options += [f"crop{crop:g}"] * (crop != 1.0) + [bodies] * (bodies != "present")
    return folder / "evaluation" / "_".join([protocol.name, store.path.name, split, *options])


def table(cards: list[dict[str, Any]], store: SkeletonStore, split: str) -> str:
    """The cards as a small table for people: accuracy of the trained and of the random encoder, in per cent."""
    facts = cards[0]
    lines = [
        f"top-1 accuracy (%) on {facts['dataset']['test_clips']} test clips of {store.path.name}, split {split}",
        f"{'protocol':<12}{'trained':>10}{'random init':>14}{'gain':>8}",
    ]
    for card in cards:
        gain = card["top1"] - card["random_init_top1"]
        lines.append(f"{card['protocol']:<12}{card['top1']:>10.1f}{card['random_init_top1']:>14.1f}{gain:>+8.1f}")
    if warning := collapse_warning(facts):
        lines.append(f"warning: {warning}")
    return "\n".join(lines)


def _feature_facts(x: Tensor) -> dict[str, float]:
    return {"rankme": float(rankme(x)), "feature_std": float(x.std(dim=0, correction=0).mean())}
