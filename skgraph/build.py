"""From a composed configuration to objects: the one place where configuration meets code."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hydra.utils import get_class, instantiate
from torch import nn

from skgraph.data import SkeletonStore
from skgraph.datasets.synthetic import write_synthetic
from skgraph.errors import ConfigError
from skgraph.topology import Topology
from skgraph.training import ViewMaker
from skgraph.transforms import AlignBody, Center, Compose


def instance(config: Mapping[str, Any], where: str, **objects: Any) -> nn.Module:
    """Build the module that ``config["_target_"]`` names.

    Args:
        config: ``_target_`` and the constructor's plain values.
        where: of the configuration, for errors.
        objects: what a configuration cannot hold; the constructor gets those that it has arguments for.

    Raises:
        ConfigError: the target does not exist, is not a module, or has no such argument.
    """
    target = config.get("_target_")
    try:
        kind = get_class(target)
    except Exception as error:  # hydra raises ImportError, ValueError and others for names that lead nowhere
        raise ConfigError(f"{where}._target_ '{target}' cannot be imported: {error}") from error
    # A configuration may come from somebody else's run folder: it builds modules, and calls nothing else.
    if not issubclass(kind, nn.Module):
        raise ConfigError(f"{where}._target_ '{target}' is not a torch.nn.Module")
    accepted = inspect.signature(kind).parameters
    unknown = [key for key in config if not key.startswith("_") and key not in accepted]
    if unknown:
        raise ConfigError(f"{where}: {kind.__name__} has no {', '.join(unknown)}; it takes {', '.join(accepted)}")
    given = {key: value for key, value in objects.items() if key in accepted}
    return instantiate(dict(config), _partial_=True, _convert_="all")(**given)


def open_store(dataset: Mapping[str, Any]) -> tuple[SkeletonStore, str]:
    """Open the store that a dataset configuration names, and choose its split.

    The synthetic dataset is written on first use.

    Raises:
        ConfigError: the store has no split, or not the one that was asked for.
    """
    root = Path(dataset["root"])
    if "synthetic" in dataset and not root.exists():
        write_synthetic(root, **dataset["synthetic"])
    store = SkeletonStore.open(root)
    split = dataset.get("split") or next(iter(store.splits()), None)
    if split not in store.splits():
        raise ConfigError(
            f"dataset.split must be one of {', '.join(store.splits()) or 'none'} in '{root}', found '{split}'"
        )
    return store, split


def build_encoder(config: Mapping[str, Any], topology: Topology) -> nn.Module:
    """The encoder of a run's configuration for a topology."""
    return instance(
        config["encoder"], "encoder", topology=topology, frames=config["frames"], channels=topology.dim
    )  # fmt: skip


def build_objective(config: Mapping[str, Any], encoder: nn.Module) -> nn.Module:
    """The objective of a run's configuration around an encoder."""
    return instance(config["objective"], "objective", encoder=encoder)


def build_views(config: Mapping[str, Any], topology: Topology, segments: int, num_views: int) -> ViewMaker:
    """Normalisation, augmentation, mask and stream of a run's configuration.

    Args:
        config: of the run.
        topology: the skeleton.
        segments: of the encoder's token grid, ``T_e``.
        num_views: that the objective asks for.
    """
    normalise = config["normalise"]
    steps: list[nn.Module] = []
    if normalise["align"] not in (None, "yaw", "full"):
        raise ConfigError(f"normalise.align must be 'yaw', 'full' or null, found '{normalise['align']}'")
    if normalise["center"] is not None:
        steps.append(Center(topology, mode=normalise["center"]))
    if normalise["align"] is not None:
        steps.append(AlignBody(topology, yaw_only=normalise["align"] == "yaw"))
    augment = [
        instance(value, f"augment.{key}", topology=topology)
        for key, value in config["augment"].items()
        if value is not None
    ]
    mask = instance(config["mask"], "mask", topology=topology, patch_length=config["frames"] // segments)
    stream = config["stream"]["transform"]
    return ViewMaker(
        Compose(steps), Compose(augment), mask,
        None if stream is None else instance(stream, "stream", topology=topology), num_views,
    )  # fmt: skip
