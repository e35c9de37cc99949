"""Drawings of a survey."""

from __future__ import annotations

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from skgraph._internal.text import plain
from skgraph.data import SkeletonStore
from skgraph.inspection.location import Place
from skgraph.inspection.survey import Survey
from skgraph.topology import Topology

_BLUE, _ORANGE, _GREY, _RED = "#3b6ea8", "#d98032", "0.7", "#c0392b"
_NAMED = 60  # bars that have room for a name


def lengths_figure(survey: Survey) -> Figure:
    """Histogram of the clips' lengths; the axis ends where all but one in a hundred do."""
    seconds = survey.presence.seconds
    figure, axes = _figure(6, 2.6)
    end = max(np.quantile(seconds, 0.99), 2 * np.median(seconds))
    axes.hist(np.minimum(seconds, end), bins=40, color=_BLUE)
    beyond = int((seconds > end).sum())
    axes.set_xlabel("seconds" + (f" (the last bar also holds {beyond} longer clips)" if beyond else ""))
    axes.set_ylabel("clips")
    return figure


def sizes_figure(survey: Survey) -> Figure:
    """Histogram of the bodies' sizes."""
    heights = survey.bodies.heights
    figure, axes = _figure(6, 2.6)
    axes.hist(heights, bins=40, color=_BLUE)
    axes.set_xlabel(f"size of a body, {plain(survey.unit)}", parse_math=False)
    axes.set_ylabel("bodies")
    return figure


def classes_figure(survey: Survey) -> Figure:
    """Clips of every class, by part of the first split."""
    labels = survey.labels
    parts = {labels.what: (labels.classes, _BLUE)}
    if labels.splits:
        split = labels.splits[0]
        parts = {"train": (split.train_classes, _BLUE), "test": (split.test_classes, _ORANGE)}
        if (rest := labels.classes - split.train_classes - split.test_classes).any():
            parts["neither"] = (rest, _GREY)
    order = np.argsort(-labels.classes, kind="stable")
    figure, axes = _bars(order, [labels.class_names[label] for label in order])
    left = np.zeros(len(order))
    for name, (counts, colour) in parts.items():
        axes.barh(np.arange(len(order)), counts[order], left=left, color=colour, label=name)
        left = left + counts[order]
    axes.set_xlabel(labels.what)
    if len(parts) > 1:
        axes.legend(frameon=False, fontsize=8)
    return figure


def bones_figure(survey: Survey) -> Figure:
    """Variation of every bone's length: the median body, and what 95 per cent of the bodies have at most."""
    bodies = survey.bodies
    order = np.argsort(-np.nan_to_num(bodies.variation), kind="stable")
    figure, axes = _bars(order, [bodies.bones[bone] for bone in order])
    axes.barh(np.arange(len(order)), 100 * np.nan_to_num(bodies.variation)[order], color=_BLUE, label="median body")
    axes.plot(100 * bodies.variation_95[order], np.arange(len(order)), "|", color=_RED, label="95 % of the bodies")
    axes.set_xlabel("standard deviation of the length, % of its mean")
    axes.legend(frameon=False, fontsize=8)
    return figure


def jumps_figure(survey: Survey) -> Figure:
    """Jumps of every joint."""
    jumps, names = survey.jumps, survey.store.topology.joints
    figure, axes = _bars(np.arange(len(names)), names)
    axes.barh(np.arange(len(names)), jumps.by_joint, color=_BLUE)
    axes.set_xlabel(f"jumps over {jumps.limit:g} {jumps.unit}")
    return figure


def missing_figure(survey: Survey) -> Figure:
    """Shares of the frames in which each joint is at the origin, frozen, or not seen."""
    missing, names = survey.missing, survey.store.topology.joints
    parts = {"at the origin": (missing.origin, _GREY), "frozen": (missing.frozen, _BLUE)}
    if missing.unseen is not None:
        parts["not seen"] = (missing.unseen, _RED)
        parts["unsure"] = (missing.unsure - missing.unseen, _ORANGE)
    figure, axes = _bars(np.arange(len(names)), names)
    left = np.zeros(len(names))
    for name, (values, colour) in parts.items():
        axes.barh(np.arange(len(names)), 100 * values, left=left, color=colour, label=name)
        left = left + 100 * values
    axes.set_xlabel("% of the frames")
    axes.legend(frameon=False, fontsize=8)
    return figure


def poses_figure(store: SkeletonStore, number: int = 6) -> Figure:
    """Clips of different classes: the first body at its first, middle and last frame, from light to dark."""
    order = np.argsort(store.y.numpy(), kind="stable")
    chosen = order[np.unique(np.linspace(0, len(order) - 1, number).astype(int))]
    figure = Figure(figsize=(2.1 * len(chosen), 3), layout="constrained")
    for axes, clip in zip(np.atleast_1d(figure.subplots(1, len(chosen))), chosen.tolist(), strict=True):
        track = int(store.body_ptr[clip])
        first, last = int(store.track_first[track]), int(store.track_first[track] + store.track_length[track]) - 1
        poses = {
            colour: _pose(store, track, frame)
            for colour, frame in (("#b8cde4", first), ("#7ba3ce", (first + last) // 2), ("#1d4e89", last))
        }
        _draw(axes, store.topology, poses)
        label = store.class_names[int(store.y[clip])] if store.y[clip] >= 0 else "no single label"
        axes.set_title(f"{_short(store.name[clip])}\n{_short(label)}", fontsize=7, parse_math=False)
    return figure


def jump_poses_figure(store: SkeletonStore, places: list[Place]) -> Figure:
    """The frames before (grey) and after (blue) each of some jumps, the joint that jumps in red."""
    clips = {str(name): i for i, name in enumerate(store.name)}
    figure = Figure(figsize=(2.1 * len(places), 3), layout="constrained")
    for axes, place in zip(np.atleast_1d(figure.subplots(1, len(places))), places, strict=True):
        track = int(store.body_ptr[clips[place.clip]]) + place.body
        poses = {"0.6": _pose(store, track, place.frame - 1), _BLUE: _pose(store, track, place.frame)}
        _draw(axes, store.topology, poses, store.topology.joint(place.joint))
        where = f"{_short(place.clip)}\nframe {place.frame}, {_short(place.joint)}"
        axes.set_title(where, fontsize=7, parse_math=False)
    return figure


def _pose(store: SkeletonStore, track: int, frame: int) -> np.ndarray | None:
    """A body in one frame ``[V, C]``, None where it is not there or not finite."""
    joints, there = store.gather(torch.tensor([track]), torch.tensor([[float(frame)]], dtype=torch.float64))
    return joints[0, 0].numpy() if there.all() and joints.isfinite().all() else None


def _draw(axes: Axes, topology: Topology, poses: dict[str, np.ndarray | None], marked: int | None = None) -> None:
    """Bodies as bones, seen from the front: the spine is vertical, and left and right are beside each other."""
    axes.set_aspect("equal")
    axes.axis("off")
    there = {colour: pose for colour, pose in poses.items() if pose is not None}
    if not there:
        return
    horizontal, vertical = _view(topology, next(iter(there.values())))
    drawn = np.stack(list(there.values()))[:, :, [horizontal, vertical]].astype(np.float64)  # [poses, V, 2]
    low, high = drawn.min(axis=(0, 1)), drawn.max(axis=(0, 1))
    size = (high - low).max() or 1.0
    # In units of the drawing, and never a thin one: damaged bodies are 1e38 wide, or nothing at all.
    drawn = (drawn - (low + high) / 2) / size
    for limit, extent in zip((axes.set_xlim, axes.set_ylim), np.maximum((high - low) / size, 0.4), strict=True):
        limit(-0.55 * extent, 0.55 * extent)
    for colour, flat in zip(there, drawn, strict=True):
        axes.add_collection(LineCollection(flat[topology.edges.numpy()], colors=colour, linewidths=1.2))
        axes.plot(*flat.T, ".", color=colour, markersize=2.5)
        if marked is not None:
            axes.plot(*flat[marked], "o", color=_RED, markersize=4)


def _view(topology: Topology, pose: np.ndarray) -> tuple[int, int]:
    """Horizontal and vertical axis of a drawing, whichever way the sensor was."""
    if topology.dim == 2:
        return 0, 1
    vertical = 1 if topology.up is None else int(np.abs(pose.T @ topology.up.numpy()).argmax())
    across = np.zeros(3) if topology.across is None else np.abs(pose.T @ topology.across.numpy())
    across[vertical] = -1
    return int(across.argmax()), vertical


def _short(text: object) -> str:
    text = plain(text)
    return text if len(text) <= 28 else text[:25] + "..."


def _figure(width: float, height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.subplots()
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _bars(order: np.ndarray, names: list[str] | tuple[str, ...]) -> tuple[Figure, Axes]:
    """Axes for horizontal bars from the top down, named where there is room."""
    figure, axes = _figure(6, 1.1 + 0.17 * min(max(len(order), 4), _NAMED))
    axes.set_ylim(len(order) - 0.4, -0.6)
    if len(order) <= _NAMED:
        axes.set_yticks(np.arange(len(order)), [_short(name) for name in names], fontsize=7, parse_math=False)
    return figure, axes
