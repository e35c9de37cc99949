"""Modules that a configuration names by ``_target_``: encoder, objective, and what makes views."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from typing import Any

from torch import nn

from skgraph._internal.options import check_kinds, import_target
from skgraph.errors import ConfigError, DataError, first_line
from skgraph.objectives import Objective
from skgraph.topology import Topology
from skgraph.training import ViewMaker
from skgraph.transforms import AlignBody, Center, Compose, FillGaps, GraphTransform, RandomRotate, ScaleBody


def instance(config: Mapping[str, Any], where: str, base: type = nn.Module, **objects: Any) -> Any:
    """Build the object that ``config["_target_"]`` names.

    Build only objects of the class or interface ``base``, and call nothing else, because a configuration may come from
    another user's run folder. (A target outside skgraph is imported, as a custom encoder must be: read a foreign
    configuration before you use it.)

    Args:
        config: ``_target_`` and the constructor's plain values; a value may itself be such a mapping, with
            ``_partial_: true`` where the module calls it with more arguments.
        where: key of the configuration, for errors.
        base: class that it must be, or have the methods of.
        objects: values that a configuration cannot hold; the constructor gets those that it has arguments for.

    Raises:
        ConfigError: the target does not exist, is of another kind, has no such argument, or refuses a value.
    """
    kind = import_target(config, where)
    if not isinstance(kind, type) or not issubclass(kind, base):
        wanted = "torch.nn.Module" if base is nn.Module else base.__name__
        raise ConfigError(f"{where}._target_ '{config['_target_']}' is not a {wanted}")
    accepted = inspect.signature(kind).parameters
    values = {key: value for key, value in config.items() if key not in ("_target_", "_partial_")}
    if unknown := [key for key in values if key not in accepted]:
        hint = f"; did you mean {where}=custom?" if where in ("encoder", "objective") and len(unknown) > 1 else ""
        raise ConfigError(f"{where}: {kind.__name__} has no {', '.join(unknown)}; it takes {', '.join(accepted)}{hint}")
    if given := [key for key in values if key in objects]:
        raise ConfigError(f"{where}.{given[0]} is not set here: {kind.__name__} gets it from the rest of the run")
    nested = {key for key, value in values.items() if isinstance(value, Mapping) and "_target_" in value}
    check_kinds(kind, {key: value for key, value in values.items() if key not in nested}, where)
    for key in nested:
        values[key] = instance(values[key], f"{where}.{key}", **{k: v for k, v in objects.items() if k == "topology"})
    values |= {key: value for key, value in objects.items() if key in accepted}
    if config.get("_partial_"):
        return functools.partial(kind, **values)
    try:
        return kind(**values)
    except DataError as error:
        if str(error).startswith(where.partition(".")[0]):
            raise
        raise type(error)(f"{where}: {error}") from error
    except Exception as error:  # custom code may raise anything
        plain = ", ".join(f"{k}={value}" for k, value in values.items() if not isinstance(value, Mapping | Callable))
        raise ConfigError(f"{where}: {kind.__name__} cannot be built from {plain}: {first_line(error)}") from error


def build_encoder(config: Mapping[str, Any], topology: Topology) -> Any:
    """Build the encoder of a run's configuration for a topology.

    Raises:
        ConfigError: an unknown option, or a value that does not fit.
    """
    given = {key: config[key] for key in ("frames", "patch_length")}
    return instance(config["encoder"], "encoder", topology=topology, channels=topology.dim, **given)


def build_objective(config: Mapping[str, Any], encoder: nn.Module, topology: Topology) -> Any:
    """Build the objective of a run's configuration around an encoder, for a topology.

    Raises:
        ConfigError: an unknown option, a value that does not fit, or an encoder that does not suit the objective.
    """
    given = {"encoder": encoder, "topology": topology, "frames": config["frames"], "channels": topology.dim}
    return instance(config["objective"], "objective", **given)


# Keys of a configuration's ``augment`` that hold transforms of one kind of view.
_AUGMENT_OF_VIEWS = ("first_view", "second_view", "local_views")


def build_views(
    config: Mapping[str, Any],
    topology: Topology,
    patches: int,
    objective: Objective | None = None,
    first: Sequence[nn.Module] = (),
) -> ViewMaker:
    """Build normalisation, augmentation, mask and stream of a run's configuration.

    Args:
        config: configuration of the run.
        topology: the skeleton.
        patches: in time, ``T_e`` of the encoder's token grid.
        objective: says how many views it takes, and whether they share crops and masks; by default one view.
        first: transforms before all others, such as :class:`~skgraph.transforms.MapJoints`.
    """
    normalise = config["normalise"]
    steps: list[Any] = list(first)
    if differing := {"gaps", "center", "align", "scale"} ^ (normalise.keys() | {"gaps"}):  # no gaps: an older run
        raise ConfigError(
            f"normalise has the keys gaps, center, align and scale, no more and no less: {', '.join(differing)}"
        )
    if normalise.get("gaps") not in (None, "interpolate"):
        raise ConfigError(f"normalise.gaps must be 'interpolate' or null, found '{normalise['gaps']}'")
    if normalise["align"] not in (None, "yaw", "full"):
        raise ConfigError(f"normalise.align must be 'yaw', 'full' or null, found '{normalise['align']}'")
    if normalise.get("gaps") is not None:
        steps.append(FillGaps())
    if normalise["center"] is not None:
        steps.append(Center(topology, mode=normalise["center"]))
    if normalise["align"] is not None:
        steps.append(AlignBody(topology, yaw_only=normalise["align"] == "yaw"))
    if normalise["scale"] == "body":
        steps.append(ScaleBody(topology))
    own = [config["augment"].get(key) or {} for key in _AUGMENT_OF_VIEWS]
    augment, *of_views = (
        [instance(value, f"augment.{key}", topology=topology) for key, value in group.items() if value is not None]
        for group in ({k: v for k, v in config["augment"].items() if k not in _AUGMENT_OF_VIEWS}, *own)
    )
    view_augment = [Compose(steps) for steps in of_views] if any(own) else []
    turning = [module for step in chain(augment, *of_views) for module in step.modules()]
    if topology.dim == 2 and any(isinstance(step, RandomRotate) and (step.x or step.y) for step in turning):
        raise ConfigError(
            f"topology '{topology.name}' is 2D, and the augmentation rotates about x, y: say augment=planar"
        )
    mask = instance(config["mask"], "mask", topology=topology, patch_length=config["frames"] // patches)
    stream = config["stream"].get("transform")
    stream = None if stream is None else instance(stream, "stream", topology=topology)
    if not (stream is None or isinstance(stream, GraphTransform)) or not hasattr(mask, "draw"):
        raise ConfigError("stream must be a graph transform, and mask have a draw()")
    scale = 1.0 if normalise["scale"] in (None, "body") else normalise["scale"]
    keys = ("num_views", "own_crops", "own_masks", "mask_source", "mask_ratio", "local_crops")
    views = {key: getattr(objective, key, getattr(Objective, key)) for key in keys}
    return ViewMaker(Compose(steps), Compose(augment), mask, stream, scale=scale, view_augment=view_augment, **views)
