"""Figures of a survey."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from skgraph._internal.text import plain
from skgraph.data import SkeletonStore
from skgraph.inspection.survey import Survey
from skgraph.topology import Topology

BLUE, _ORANGE, _GREY, _RED = "#3b6ea8", "#d98032", "0.7", "#c0392b"
_MOST_NAMED = 130  # bars with room for a name


def survey_figures(survey: Survey) -> dict[str, dict[str, Figure]]:
    """Return the figures of a survey, by section and caption."""
    store, labels, jumps, bodies = survey.store, survey.labels, survey.jumps, survey.bodies
    poses = {"First body of some clips in its first, middle and last frame, from light to dark.": _poses(store)}
    if jumps.largest:
        caption = "Largest jumps: the frame before in grey, the frame after in blue, the joint in red."
        poses[caption] = _jump_poses(store, jumps.largest[:6])
    side = f", by side of split {plain(labels.splits[0].name)}" if labels.splits else ""
    clips = {
        "Lengths of the clips.": _lengths(survey.presence.seconds),
        f"{labels.what.capitalize()} of each class{side}.": _classes(survey),
    }
    tracking = {}
    if len(bodies.heights):
        caption = "Sizes of the bodies: largest extent along an axis, median over the frames."
        tracking[caption] = _histogram(bodies.heights, f"size of a body, {plain(survey.unit)}", "bodies")
    if np.isfinite(bodies.variation).any():
        tracking["Variation of the length of each bone within a body."] = _bones(survey)
    if jumps.count:
        caption = f"Jumps of each joint, {jumps.count} in {jumps.steps} steps of bodies."
        label = f"jumps over {jumps.limit:g} {jumps.unit}"
        tracking[caption] = bars(store.topology.joints, {"jumps": (jumps.by_joint, BLUE)}, label)
    tracking["Joints that seem not to have been seen."] = _missing(survey)
    return {"Bodies": poses, "Clips": clips, "Tracking": tracking}


def _lengths(seconds: np.ndarray) -> Figure:
    # The axis ends at the 99th percentile, so that one long clip does not hide the others.
    end = max(np.quantile(seconds, 0.99), 2 * np.median(seconds))
    beyond = int((seconds > end).sum())
    label = "seconds" + (f" (the last bar includes {beyond} longer clips)" if beyond else "")
    return _histogram(np.minimum(seconds, end), label, "clips")


def _histogram(values: np.ndarray, label: str, things: str) -> Figure:
    figure, axes = _figure(6, 2.6)
    axes.hist(values, bins=40, color=BLUE)
    axes.set_xlabel(label, parse_math=False)
    axes.set_ylabel(things)
    return figure


def _classes(survey: Survey) -> Figure:
    labels = survey.labels
    sides = {labels.what: (labels.classes, BLUE)}
    if labels.splits:
        split = labels.splits[0]
        sides = {"train": (split.train_classes, BLUE), "test": (split.test_classes, _ORANGE)}
        if (rest := labels.classes - split.train_classes - split.test_classes).any():
            sides["neither"] = (rest, _GREY)
    order = np.argsort(-labels.classes, kind="stable")
    return bars(labels.class_names, sides, labels.what, order)


def _bones(survey: Survey) -> Figure:
    bodies = survey.bodies
    variation = 100 * np.nan_to_num(bodies.variation)
    order = np.argsort(-variation, kind="stable")
    label = "standard deviation of the length, % of its mean"
    figure = bars(bodies.bones, {"median body": (variation, BLUE)}, label, order)
    (axes,) = figure.axes
    axes.plot(100 * bodies.variation_95[order], np.arange(len(order)), "|", color=_RED, label="95th percentile")
    axes.legend(frameon=False, fontsize=8)
    return figure


def _missing(survey: Survey) -> Figure:
    missing = survey.missing
    stacks = {"at the origin": (100 * missing.origin, _GREY), "frozen": (100 * missing.frozen, BLUE)}
    if missing.unseen is not None:
        stacks["not seen"] = (100 * missing.unseen, _RED)
        stacks["unsure"] = (100 * (missing.unsure - missing.unseen), _ORANGE)
    return bars(survey.store.topology.joints, stacks, "% of the frames")


def _poses(store: SkeletonStore, number: int = 6) -> Figure:
    order = np.argsort(store.y.numpy(), kind="stable")
    chosen = order[np.unique(np.linspace(0, len(order) - 1, number).astype(int))]
    figure, panels = _panels(len(chosen))
    for axes, clip in zip(panels, chosen.tolist(), strict=True):
        track = int(store.body_ptr[clip])
        first = int(store.track_first[track])
        last = first + int(store.track_length[track]) - 1
        frames = {"#b8cde4": first, "#7ba3ce": (first + last) // 2, "#1d4e89": last}
        _draw(axes, store.topology, {colour: _pose(store, track, frame) for colour, frame in frames.items()})
        label = store.class_names[int(store.y[clip])] if store.y[clip] >= 0 else "no single label"
        axes.set_title(f"{plain(store.name[clip], 28)}\n{plain(label, 28)}", fontsize=7, parse_math=False)
    return figure


def _jump_poses(store: SkeletonStore, jumps: Sequence[Any]) -> Figure:
    clips = {str(name): i for i, name in enumerate(store.name)}
    figure, panels = _panels(len(jumps))
    for axes, jump in zip(panels, jumps, strict=True):
        track = int(store.body_ptr[clips[jump.clip]]) + jump.body
        poses = {"0.6": _pose(store, track, jump.frame - 1), BLUE: _pose(store, track, jump.frame)}
        _draw(axes, store.topology, poses, store.topology.joint(jump.joint))
        title = f"{plain(jump.clip, 28)}\nframe {jump.frame}, {plain(jump.joint, 28)}"
        axes.set_title(title, fontsize=7, parse_math=False)
    return figure


def _pose(store: SkeletonStore, track: int, frame: int) -> np.ndarray | None:
    """Read a body in one frame ``[V, C]``; ``None`` where it is absent or not finite."""
    joints, there = store.gather(torch.tensor([track]), torch.tensor([[float(frame)]], dtype=torch.float64))
    return joints[0, 0].numpy() if there.all() and joints.isfinite().all() else None


def _draw(axes: Axes, topology: Topology, poses: dict[str, np.ndarray | None], marked: int | None = None) -> None:
    """Draw the bones of poses from the front: the spine is vertical, left and right are side by side."""
    axes.set_aspect("equal")
    axes.axis("off")
    there = {colour: pose for colour, pose in poses.items() if pose is not None}
    if not there:
        return
    horizontal, vertical = _view(topology, next(iter(there.values())))
    drawn = np.stack(list(there.values()))[:, :, [horizontal, vertical]].astype(np.float64)  # [poses, V, 2]
    low, high = drawn.min(axis=(0, 1)), drawn.max(axis=(0, 1))
    size = (high - low).max() or 1.0
    # Scaled to 1 and never thin: damaged bodies may be 1e38 wide, or a point.
    drawn = (drawn - (low + high) / 2) / size
    width, height = 0.55 * np.maximum((high - low) / size, 0.4)
    axes.set_xlim(-width, width)
    axes.set_ylim(-height, height)
    for colour, flat in zip(there, drawn, strict=True):
        axes.add_collection(LineCollection(flat[topology.edges.numpy()], colors=colour, linewidths=1.2))
        axes.plot(*flat.T, ".", color=colour, markersize=2.5)
        if marked is not None:
            axes.plot(*flat[marked], "o", color=_RED, markersize=4)


def _view(topology: Topology, pose: np.ndarray) -> tuple[int, int]:
    """Return the horizontal and the vertical axis of a pose, which depend on the sensor."""
    if topology.dim == 2:
        return 0, 1
    vertical = 1 if topology.up is None else int(np.abs(pose.T @ topology.up.numpy()).argmax())
    across = np.zeros(3) if topology.across is None else np.abs(pose.T @ topology.across.numpy())
    across[vertical] = -1
    return int(across.argmax()), vertical


def _figure(width: float, height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.subplots()
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _panels(number: int) -> tuple[Figure, np.ndarray]:
    figure = Figure(figsize=(2.1 * number, 3), layout="constrained")
    return figure, figure.subplots(1, number, squeeze=False)[0]


def bars(
    names: Sequence[str], stacks: dict[str, tuple[np.ndarray, str]], label: str, order: np.ndarray | None = None
) -> Figure:
    """Draw stacked horizontal bars from the top down, with names where there is room.

    ``stacks`` holds values ``[n]`` and a colour by the name in the legend.
    """
    order = np.arange(len(names)) if order is None else order
    figure, axes = _figure(6, 1.1 + 0.17 * min(max(len(order), 4), _MOST_NAMED))
    axes.set_ylim(len(order) - 0.4, -0.6)
    if len(order) <= _MOST_NAMED:
        shown = [plain(names[i], 40) for i in order.tolist()]
        axes.set_yticks(np.arange(len(order)), shown, fontsize=7, parse_math=False)
    left = np.zeros(len(order))
    for name, (values, colour) in stacks.items():
        axes.barh(np.arange(len(order)), values[order], left=left, color=colour, label=name)
        left = left + values[order]
    axes.set_xlabel(label)
    if len(stacks) > 1:
        axes.legend(frameon=False, fontsize=8)
    return figure
