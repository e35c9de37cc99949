"""The axis that bodies stand along."""

from __future__ import annotations

import torch

from skgraph.data.store import SkeletonStore

_AXES = "xyz"
_BODIES = 256
_LEAST = 0.7  # mean component of the spines' directions along the axis: people sit, lie and bend too


def upright_axis(store: SkeletonStore) -> str | None:
    """Return the axis that spines point along in most recordings, ``x``, ``y`` or ``z``, up or down.

    One frame each of bodies spread evenly through the store is measured, in the middle of its track.

    Returns:
        None in two dimensions, for a topology without an upward direction, or where spines share no axis.
    """
    if store.topology.dim != 3 or store.topology.up is None:
        return None
    tracks = torch.linspace(0, len(store.track_row) - 1, min(_BODIES, len(store.track_row))).round().long()
    middle = store.track_first[tracks] + store.track_length[tracks] // 2
    joints, there = store.gather(tracks, middle[:, None].float())
    spine = (joints[:, 0] * store.topology.up[:, None]).sum(dim=1)[there[:, 0]]
    direction = torch.nn.functional.normalize(spine, dim=1).mean(dim=0).abs()
    if not len(spine) or direction.max() < _LEAST:
        return None
    return _AXES[int(direction.argmax())]
