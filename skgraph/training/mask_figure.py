"""The figure of a mask."""

from __future__ import annotations

import torch
from matplotlib.figure import Figure
from torch import Tensor

from skgraph.topology import Topology


def mask_figure(topology: Topology, joints: Tensor, visible: Tensor, grid: tuple[int, int], moments: int = 6) -> Figure:
    """Draw a body at several moments, its visible joints filled and its masked joints hollow, over the mask itself.

    Args:
        topology: gives the bones.
        joints: one body, ``[T, V, C]``; the first two coordinates are drawn.
        visible: its visible token ids, ``[K]``.
        grid: ``(T_e, V)``.
        moments: patches in time to draw, at most.
    """
    patches, vertices = grid
    moments = min(moments, patches)
    seen = torch.zeros(patches * vertices, dtype=torch.bool)
    seen[visible.cpu()] = True
    seen = seen.view(patches, vertices)
    joints = joints.detach().float().cpu()
    patch_length = joints.size(0) // patches
    figure = Figure(figsize=(max(2 * moments, 6), 3 + max(1.5, 0.11 * vertices)), layout="constrained")
    bodies, table = figure.subfigures(2, 1, squeeze=False, height_ratios=(3, max(1.5, 0.11 * vertices)))[:, 0]
    axes = bodies.subplots(1, moments, sharex=True, sharey=True, squeeze=False)[0]
    for axis, patch in zip(axes, torch.linspace(0, patches - 1, moments).long().tolist(), strict=True):
        pose = joints[patch * patch_length + patch_length // 2, :, :2]
        for parent, child in topology.edges.tolist():
            axis.plot(*pose[[parent, child]].T.numpy(), color="0.75", linewidth=1, zorder=1)
        for shown, face in ((seen[patch], "tab:blue"), (~seen[patch], "white")):
            axis.scatter(*pose[shown].T.numpy(), s=14, facecolors=face, edgecolors="tab:blue", linewidths=0.7, zorder=2)
        axis.set_title(f"patch {patch}", fontsize=8)
        axis.set_aspect("equal")
        axis.axis("off")
    axis = table.subplots()
    axis.imshow(seen.T.numpy(), aspect="auto", cmap="Blues", vmin=0, vmax=1.3, interpolation="nearest")
    axis.set_xlabel("patch in time")
    axis.xaxis.get_major_locator().set_params(integer=True)
    axis.set_yticks(range(vertices), topology.joints, fontsize=6, parse_math=False)
    return figure
