"""Which axis bodies stand along."""

from __future__ import annotations

import torch

from skgraph.data.store import SkeletonStore

_AXES = "xyz"
_BODIES = 256
# Mean direction of spines along an axis from which on it is the one: people sit, lie and bend too.
_CLEARLY = 0.7


def upright_axis(store: SkeletonStore) -> str | None:
    """The axis that spines point along in most recordings, ``x``, ``y`` or ``z``, up or down.

    Measured in the middle of bodies that are spread evenly through the store.

    Returns:
        None in two dimensions, where the topology does not say which way is up, or where there is no such axis.
    """
    if store.topology.dim != 3 or store.topology.up is None:
        return None
    tracks = torch.linspace(0, len(store.track_row) - 1, min(_BODIES, len(store.track_row))).round().long()
    middle = store.track_first[tracks] + store.track_length[tracks] // 2
    joints, there = store.gather(tracks, middle[:, None].float())
    spine = (joints[:, 0] * store.topology.up[:, None]).sum(dim=1)[there[:, 0]]
    direction = torch.nn.functional.normalize(spine, dim=1).mean(dim=0).abs()
    if not len(spine) or direction.max() < _CLEARLY:
        return None
    return _AXES[int(direction.argmax())]
