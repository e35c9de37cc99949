"""Clips as the viewer shows them, layers to colour them by, and segments recognised in them."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch

from skgraph._internal.text import plain
from skgraph.data import SkeletonStore
from skgraph.data.body_geometry import upright_axis
from skgraph.errors import ConfigError, DataError, first_line
from skgraph.topology import Topology

_MOST_SEGMENTS = 5000


@dataclass(frozen=True)
class Layer:
    """A number for each joint of each body in equal spans of a clip's time.

    Attributes:
        title: name of the numbers.
        values: ``[M, S, V]``, 0 or more; the S spans cover the clip in turn.
        unit: unit of the values.
        kind: ``"ramp"``, dark to light, or ``"binary"``, in two colours.
        high: label of binary values other than 0.
        low: label of binary values 0.
    """

    title: str
    values: np.ndarray
    unit: str = ""
    kind: Literal["ramp", "binary"] = "ramp"
    high: str = ""
    low: str = ""


@dataclass(frozen=True)
class Segment:
    """A recognised action, from ``start`` to ``end`` in seconds, with the probability of its label."""

    label: str
    start: float
    end: float
    probability: float


@dataclass(frozen=True)
class ViewedClip:
    """A clip in the viewer.

    Attributes:
        name: name of the clip.
        label: name of the class, or "".
        fps: frames a second.
        joints: ``[M, T, V, 3]``, y up.
        present: ``[M, T]`` bool, where a body is present.
        layers: layers by their key.
        segments: recognised actions, in order of time.
        people: recognised actions of single bodies, by the index of the body.
    """

    name: str
    label: str
    fps: float
    joints: np.ndarray
    present: np.ndarray
    layers: dict[str, Layer] = field(default_factory=dict)
    segments: tuple[Segment, ...] = ()
    people: dict[int, tuple[Segment, ...]] = field(default_factory=dict)

    def caption(self, second: float) -> str:
        """Return the label recognised at a time, or without segments the class, and the name."""
        now = [s for s in self.segments if s.start <= second < s.end]
        labels = [f"{now[0].label} {now[0].probability:.0%}"] if now else [] if self.segments else [self.label]
        return " · ".join(plain(text, 60) for text in (*labels, self.name) if text)

    def during(self, start: float, end: float) -> ViewedClip:
        """Cut the clip from one second to another, with its layers and segments."""
        frames = self.joints.shape[1]
        first, stop = (min(max(round(second * self.fps), 0), frames) for second in (start, end))
        if first >= stop:
            raise DataError(
                f"clip '{plain(self.name)}' takes {frames / self.fps:.2f} seconds, so it has no frame between "
                f"{start:g} and {end:g}"
            )
        layers = {}
        for key, layer in self.layers.items():  # one value a frame, as the cut may divide a span
            span = np.arange(frames) * layer.values.shape[1] // frames
            layers[key] = replace(layer, values=layer.values[:, span[first:stop]])
        length, before = (stop - first) / self.fps, first / self.fps

        def moved(segments: tuple[Segment, ...]) -> tuple[Segment, ...]:
            return tuple(
                replace(s, start=max(s.start - before, 0.0), end=min(s.end - before, length))
                for s in segments
                if s.start < before + length and s.end > before
            )

        return replace(
            self,
            joints=self.joints[:, first:stop],
            present=self.present[:, first:stop],
            layers=layers,
            segments=moved(self.segments),
            people={body: moved(segments) for body, segments in self.people.items()},
        )


def check_drawable(clips: Sequence[ViewedClip], colour: str) -> None:
    """Check that clips can be drawn in a colour, ``"part"`` or the key of a layer."""
    if not clips:
        raise DataError("there is no clip to show")
    for clip in clips:
        if not (np.abs(clip.joints) < 1e30).all():
            raise DataError(f"clip '{plain(clip.name)}' has coordinates that are not finite, or too large to be drawn")
    if colour not in (colours := ["part", *clips[0].layers]):
        raise ConfigError(f"colour must be one of {', '.join(colours)}, found '{colour}'")


def ramp_maximum(layers: Sequence[Layer]) -> float:
    """Return the end of a layer's ramp: the 99th percentile, which lost joints do not change."""
    values = np.concatenate([layer.values.ravel() for layer in layers])
    return float(np.quantile(values, 0.99) or values.max(initial=0)) if layers[0].kind == "ramp" else 1.0


def clip_of_store(store: SkeletonStore, index: int) -> ViewedClip:
    """Read a clip of a store at full length, with y up and a motion layer.

    Clips with z up are turned; clips in two dimensions lie in the plane of the page.
    """
    clip = store.clip(index)
    joints, present = clip.joints.double().numpy(), clip.frame_mask.numpy()
    if store.topology.dim == 2:
        joints = np.concatenate([joints, np.zeros_like(joints[..., :1])], axis=-1)
    elif upright_axis(store) == "z":
        x, y, z = np.moveaxis(joints, -1, 0)
        joints = np.stack([x, z, -y], axis=-1)
    fps = float(store.meta.get("fps", 30.0))
    label = store.class_names[int(clip.y)] if 0 <= int(clip.y) < len(store.class_names) else ""
    unit = {"m": "m/s", "px": "px/s"}.get(str(store.meta.get("units")), "a second")
    layers = {"motion": motion_layer(joints, present, fps, unit)}
    return ViewedClip(str(store.name[index]), label, fps, joints.astype(np.float32), present, layers)


def motion_layer(joints: np.ndarray, present: np.ndarray, fps: float, unit: str = "m/s") -> Layer:
    """Compute the speed of joints ``[M, T, V, 3]`` by central differences over neighbouring frames that are present.

    ``present [M, T]`` says where a body is.
    """
    speed = np.zeros(joints.shape[:-1])
    if joints.shape[1] > 1:
        step = np.linalg.norm(np.diff(joints, axis=1), axis=-1) * fps  # [M, T - 1, V]
        both = (present[:, 1:] & present[:, :-1])[..., None]
        total, count = np.zeros_like(speed), np.zeros((*present.shape, 1))
        for side in (np.s_[:, 1:], np.s_[:, :-1]):
            total[side] += step * both
            count[side] += both
        speed = total / np.maximum(count, 1)
    return Layer("speed", speed.astype(np.float32), unit)


def front(topology: Topology, clip: ViewedClip) -> tuple[float, float]:
    """Return the horizontal direction ``(x, z)`` to look at a clip from.

    One body is seen from the front, the mean cross product of its left and up directions. Two bodies are seen at a
    right angle to the line between them, so that they do not hide each other, from the side that the first one faces.
    ``(0, 1)`` if neither the topology nor the clip gives a direction.
    """
    facing = _facing(topology, clip)
    if topology.dim == 2 or len(clip.joints) < 2:
        return facing
    both = clip.present[0] & clip.present[1]
    if not both.any():
        return facing
    x, _, z = (clip.joints[1, both] - clip.joints[0, both]).mean(axis=(0, 1)).tolist()
    side = _unit(z, -x) or facing
    return side if side[0] * facing[0] + side[1] * facing[1] >= 0 else (-side[0], -side[1])


def _facing(topology: Topology, clip: ViewedClip) -> tuple[float, float]:
    if topology.dim == 2 or topology.across is None or topology.up is None or not clip.present[0].any():
        return 0.0, 1.0
    joints = torch.as_tensor(clip.joints[0][clip.present[0]], dtype=torch.double)
    left = torch.einsum("tvc,v->c", joints, topology.across.double())
    upwards = torch.einsum("tvc,v->c", joints, topology.up.double())
    x, _, z = torch.linalg.cross(left, upwards).tolist()
    return _unit(x, z) or (0.0, 1.0)


def _unit(x: float, z: float) -> tuple[float, float] | None:
    """Return the unit vector, or ``None`` for a vector of no length."""
    length = float(np.hypot(x, z))
    return (x / length, z / length) if length > 1e-9 else None


@dataclass(frozen=True)
class Recognised:
    """What was recognised in a recording, with the attributes of :class:`ViewedClip`."""

    segments: tuple[Segment, ...] = ()
    people: dict[int, tuple[Segment, ...]] = field(default_factory=dict)


def read_predictions(folder: str | Path) -> dict[str, Recognised]:
    """Read the segments of each recording and of its people, by its name.

    Args:
        folder: output of ``python -m skgraph.predict``.

    Raises:
        DataError: the predictions are missing or damaged.
    """
    path = Path(folder) / "predictions.json"
    if not path.is_file():
        raise DataError(f"no predictions at '{path}': expected the folder that `python -m skgraph.predict` wrote")
    try:
        recordings = json.loads(path.read_text(encoding="utf-8"))["recordings"]
        return {_text(one["name"]): _recognised(one) for one in recordings}
    except (OSError, ValueError, LookupError, TypeError, OverflowError, RecursionError) as error:
        raise DataError(f"the predictions '{path}' cannot be read: {first_line(error)}") from error


def _recognised(recording: dict[str, Any]) -> Recognised:
    bodies = recording.get("bodies", [])
    most = max(len(one["segments"]) for one in (recording, *bodies))
    if most > _MOST_SEGMENTS:
        raise ValueError(f"a recording has {most} segments, at most {_MOST_SEGMENTS} are shown")
    people = {int(one["body"]): tuple(map(_segment, one["segments"])) for one in bodies}
    return Recognised(tuple(map(_segment, recording["segments"])), people)


def _segment(row: dict[str, Any]) -> Segment:
    start, end, probability = (float(row[key]) for key in ("start", "end", "probability"))
    if not (0 <= start < end < math.inf and 0 <= probability <= 1):
        raise ValueError(f"a segment from {start} to {end} s with probability {probability}")
    return Segment(_text(row["label"]), start, end, probability)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"expected a text, found {value!r}")
    return value
