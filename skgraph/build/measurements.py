"""Values of a configuration that are measured on the training data."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from skgraph.build.components import build_views
from skgraph.data import SkeletonDataset
from skgraph.data.body_geometry import heading_spread
from skgraph.errors import ConfigError
from skgraph.training import stream_scale


def with_measurements(config: dict[str, Any], bodies: SkeletonDataset) -> dict[str, Any]:
    """Measure ``auto`` values on the training data; the numbers become part of the run.

    - ``heading=auto``: the largest angle by which views turn bodies, in radians. A uniform distribution up to it is as
      wide as the headings of the training people; it is 0.5 to pi, and 0.5 if headings are aligned or not known.
    - ``normalise.scale=auto``: the spread of the training coordinates, so that every evaluation divides by it.

    Raises:
        ConfigError: ``heading`` is no angle, or the augmentation does not take it.
    """
    rotate, heading = config["augment"].get("rotate"), config.get("heading", "auto")
    turns = rotate.get("y") if isinstance(rotate, Mapping) else None
    if heading != "auto":
        if type(heading) not in (int, float) or not 0 <= heading <= 3.15:
            raise ConfigError(f"heading must be auto, or an angle of 0 to 3.1416 radians, found '{heading}'")
        if turns != heading:
            raise ConfigError(f"heading={heading} is for augment=mild; this augmentation has its own angles in augment")
    if isinstance(rotate, Mapping) and turns == "auto":
        aligned = config["normalise"]["align"] is not None
        spread = None if aligned else heading_spread(bodies.store, bodies.clips.unique())
        angle = round(min(max(0.5, math.sqrt(3) * (spread or 0.0)), math.pi), 2)
        config = config | {"heading": angle, "augment": config["augment"] | {"rotate": {**rotate, "y": angle}}}
    if config["normalise"].get("scale") == "auto":
        raw = config | {"normalise": config["normalise"] | {"scale": None}}
        views = build_views(raw, bodies.store.topology, patches=config["frames"])
        config = config | {"normalise": config["normalise"] | {"scale": stream_scale(bodies, views)}}
    return config
