"""Figure and animation of a run's mask on a clip."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from skgraph.data import SkeletonStore
from skgraph.evaluation.pretrained import PretrainedRun
from skgraph.run_page.figure import RunFigure
from skgraph.training.mask_figure import mask_figure
from skgraph.viewer import animate, clip_of_store
from skgraph.viewer.run_layers import run_layers

LONGEST_SECONDS = 8.0


def mask_on_clip(run: PretrainedRun, store: SkeletonStore, clip: int, seed: int = 0) -> RunFigure:
    """Draw a mask of the run's kind on the first body of a clip."""
    views = run.views(store.topology)
    dataset = run.dataset(store)
    positions = views.normalise(dataset.batch(torch.tensor([clip])))
    joints, there = positions.joints[:1, 0], positions.frame_mask[:1, 0]
    visible, masked = views.mask.draw(joints, torch.Generator().manual_seed(seed), there)
    names = store.topology.joints
    tokens = visible.size(1) + masked.size(1)
    grid = (tokens // len(names), len(names))
    seen = set(visible[0].tolist())
    rows: list[list[Any]] = [["patch", "joint", "visible"]]
    rows += [[i // len(names), names[i % len(names)], int(i in seen)] for i in range(tokens)]
    caption = (
        f"Mask on '{store.name[clip]}': the encoder sees {len(seen)} of {tokens} tokens. "
        "Visible joints are filled, masked ones hollow."
    )
    return RunFigure.from_matplotlib("mask", caption, mask_figure(store.topology, joints[0], visible[0], grid), rows)


def clip_animation(run: PretrainedRun, store: SkeletonStore, clip: int, seed: int = 0) -> RunFigure:
    """Animate the first seconds of a clip as a GIF, coloured by the same mask."""
    (layers,) = run_layers(run, store, [clip], ["mask"], seed=seed)
    shown = clip_of_store(store, clip)
    shown.layers.update(layers)
    seconds = shown.joints.shape[1] / shown.fps
    shown = shown.during(0, min(seconds, LONGEST_SECONDS))
    frames = shown.joints.shape[1]
    values = shown.layers["mask"].values
    rows: list[list[Any]] = [["frame", "body", "joint", "x", "y", "z", "visible"]]
    for body, frame in np.argwhere(shown.present).tolist():
        for v, name in enumerate(store.topology.joints):
            xyz = [f"{x:.4g}" for x in shown.joints[body, frame, v].tolist()]
            rows.append([frame, body, name, *xyz, int(values[body, frame, v])])
    shortened = "" if seconds <= LONGEST_SECONDS else f", its first {LONGEST_SECONDS:g} of {seconds:.1f} seconds"
    caption = f"'{store.name[clip]}'{shortened} ({frames} frames), coloured by a mask."
    return RunFigure("clip", caption, animate(store.topology, [shown], "gif", "mask"), "gif", rows)
