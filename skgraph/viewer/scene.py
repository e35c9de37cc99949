"""Clips as the viewer shows them, and what they may be coloured by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import torch

from skgraph._internal.text import plain
from skgraph.data import SkeletonStore
from skgraph.data.upright_axis import upright_axis
from skgraph.errors import DataError
from skgraph.topology import Topology


@dataclass(frozen=True)
class Layer:
    """A number for each joint of each body, in equal parts of a clip's time.

    Attributes:
        title: what it is.
        values: ``[M, S, V]``, 0 or more; the S parts cover the clip in turn.
        unit: of the values.
        kind: ``"ramp"``, dark to light, or ``"two"``: ``high`` where a value is not 0, otherwise ``low``.
        high: the word for values that are not 0.
        low: the word for the others.
    """

    title: str
    values: np.ndarray
    unit: str = ""
    kind: Literal["ramp", "two"] = "ramp"
    high: str = ""
    low: str = ""


@dataclass(frozen=True)
class Segment:
    """What was recognised for a while.

    Attributes:
        label: of the action.
        start: in seconds.
        end: in seconds.
        probability: of the label.
    """

    label: str
    start: float
    end: float
    probability: float


@dataclass(frozen=True)
class ViewedClip:
    """A clip in the viewer.

    Attributes:
        name: of the clip.
        label: its class, or "".
        fps: frames a second.
        joints: ``[M, T, V, 3]``, y up.
        there: ``[M, T]`` bool, where a body is there.
        layers: by their key, what it may be coloured by.
        segments: what was recognised in it, in order of time.
    """

    name: str
    label: str
    fps: float
    joints: np.ndarray
    there: np.ndarray
    layers: dict[str, Layer] = field(default_factory=dict)
    segments: tuple[Segment, ...] = ()

    def caption(self, second: float) -> str:
        """What is known of it at a time, and its name: the recognised label before its own."""
        now = [s for s in self.segments if s.start <= second < s.end]
        known = [f"{now[0].label} {now[0].probability:.0%}"] if now else [] if self.segments else [self.label]
        return " · ".join(plain(text, 60) for text in (*known, self.name) if text)

    def during(self, start: float, end: float) -> ViewedClip:
        """The part from one second to another, with its layers.

        Raises:
            DataError: there is not one frame in it.
        """
        frames = self.joints.shape[1]
        first, stop = (min(max(round(second * self.fps), 0), frames) for second in (start, end))
        if first >= stop:
            raise DataError(
                f"clip '{plain(self.name)}' takes {frames / self.fps:.2f} seconds: nothing of it is between {start:g} "
                f"and {end:g}"
            )
        layers = {}
        for key, layer in self.layers.items():  # a value for each frame: the parts of a layer need not fit the cut
            segment = np.arange(frames) * layer.values.shape[1] // frames
            layers[key] = replace(layer, values=layer.values[:, segment[first:stop]])
        length, before = (stop - first) / self.fps, first / self.fps
        moved = [
            replace(s, start=max(s.start - before, 0.0), end=min(s.end - before, length))
            for s in self.segments
            if s.start < before + length and s.end > before
        ]
        return replace(
            self,
            joints=self.joints[:, first:stop],
            there=self.there[:, first:stop],
            layers=layers,
            segments=tuple(moved),
        )


def check_drawable(clips: Sequence[ViewedClip]) -> None:
    """Fail where there is nothing to draw.

    Raises:
        DataError: no clip, or coordinates that are not finite.
    """
    if not clips:
        raise DataError("there is no clip to show")
    for clip in clips:
        if not (np.abs(clip.joints) < 1e30).all():
            raise DataError(f"clip '{plain(clip.name)}' has coordinates that are not finite, or too large to be drawn")


def highest(layers: Sequence[Layer]) -> float:
    """Where the ramp of a layer ends: what one value in a hundred is above, as lost joints would else decide it."""
    values = np.concatenate([layer.values.ravel() for layer in layers])
    return float(np.quantile(values, 0.99) or values.max(initial=0)) if layers[0].kind == "ramp" else 1.0


def clip_of_store(store: SkeletonStore, index: int) -> ViewedClip:
    """A clip of a store at full length, coloured by motion, with y up.

    Recordings whose bodies stand along z are turned; those in two dimensions lie in the plane of the page.
    """
    clip = store.clip(index)
    joints, there = clip.joints.double().numpy(), clip.frame_mask.numpy()
    if store.topology.dim == 2:
        joints = np.concatenate([joints, np.zeros_like(joints[..., :1])], axis=-1)
    elif upright_axis(store) == "z":
        x, y, z = np.moveaxis(joints, -1, 0)
        joints = np.stack([x, z, -y], axis=-1)
    fps = float(store.meta.get("fps", 30.0))
    label = store.class_names[int(clip.y)] if 0 <= int(clip.y) < len(store.class_names) else ""
    unit = "m/s" if store.meta.get("units") == "m" else "a second"
    layers = {"motion": motion_layer(joints, there, fps, unit)}
    return ViewedClip(str(store.name[index]), label, fps, joints.astype(np.float32), there, layers)


def motion_layer(joints: np.ndarray, there: np.ndarray, fps: float, unit: str = "m/s") -> Layer:
    """Speed of each joint, central differences over neighbouring frames in which the body is there.

    Args:
        joints: ``[M, T, V, 3]``.
        there: ``[M, T]``.
        fps: frames a second.
        unit: of the speed.
    """
    speed = np.zeros(joints.shape[:-1])
    if joints.shape[1] > 1:
        step = np.linalg.norm(np.diff(joints, axis=1), axis=-1) * fps  # [M, T - 1, V]
        known = (there[:, 1:] & there[:, :-1])[..., None]
        total, count = np.zeros_like(speed), np.zeros((*there.shape, 1))
        for part in (np.s_[:, 1:], np.s_[:, :-1]):
            total[part] += step * known
            count[part] += known
        speed = total / np.maximum(count, 1)
    return Layer("motion", speed.astype(np.float32), unit)


def front(topology: Topology, clip: ViewedClip) -> tuple[float, float]:
    """Horizontal direction ``(x, z)`` to look at a clip from.

    One body is seen from the front, where its left times its up points on average. Two do not hide each other: they are
    seen at a right angle to the line between them, from the side that the first one faces. ``(0, 1)`` where it cannot
    be known.
    """
    facing = _facing(topology, clip)
    if topology.dim == 2 or len(clip.joints) < 2:
        return facing
    both = clip.there[0] & clip.there[1]
    if not both.any():
        return facing
    x, _, z = (clip.joints[1, both] - clip.joints[0, both]).mean(axis=(0, 1)).tolist()
    length = float(np.hypot(x, z))
    if length < 1e-9:
        return facing
    side = (z / length, -x / length)
    return side if side[0] * facing[0] + side[1] * facing[1] >= 0 else (-side[0], -side[1])


def _facing(topology: Topology, clip: ViewedClip) -> tuple[float, float]:
    if topology.dim == 2 or topology.across is None or topology.up is None or not clip.there[0].any():
        return 0.0, 1.0
    joints = torch.as_tensor(clip.joints[0][clip.there[0]], dtype=torch.double)
    left = torch.einsum("tvc,v->c", joints, topology.across.double())
    upwards = torch.einsum("tvc,v->c", joints, topology.up.double())
    x, _, z = torch.linalg.cross(left, upwards).tolist()
    length = float(np.hypot(x, z))
    return (x / length, z / length) if length > 1e-9 else (0.0, 1.0)
