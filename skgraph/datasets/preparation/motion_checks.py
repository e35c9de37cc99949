"""Checks of the motion in a new store, whose findings `prepare` prints."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from skgraph._internal.text import count, plain, share, worst
from skgraph.data.body_geometry import STRETCHED, bone_lengths
from skgraph.data.skeleton_data import SkeletonData
from skgraph.data.store import SkeletonStore
from skgraph.datasets.preparation.units import PLAUSIBLE_HEIGHT
from skgraph.topology import Topology

_ELASTIC = 0.2  # variation of the length of a bone, median over bodies, beyond that of a poor tracker
_OFTEN = 0.05  # share of bodies
_AWAY = 0.1  # of the body's height: change of a distance that a body has not
_SPREAD = (5, 95)  # percentiles


def motion_warnings(store: SkeletonStore, names: Sequence[str], clips: Sequence[SkeletonData]) -> list[str]:
    """Describe what `skgraph.inspect` would find worst, one line a problem, in clips of a 3D store.

    Found are joints at the root that stand still while the body moves away from them, and so are no part of it; other
    joints that do not move in a whole clip of a second or more, while the body does; bones that change their length;
    and, in metres, bodies that are not as tall as people.

    Args:
        store: the store.
        names: names of the clips to look at.
        clips: these clips.
    """
    if store.topology.dim != 3:
        return []
    tracks = [
        (name, clip.joints[body, there].numpy())
        for name, clip in zip(names, clips, strict=True)
        for body, there in enumerate(clip.frame_mask)
        if there.any()
    ]
    topology, where, bodies = store.topology, [name for name, _ in tracks], [joints for _, joints in tracks]
    fixed = _fixed(bodies)
    roots = _roots(topology, bodies, fixed)
    warnings = _heights(where, bodies) if store.meta["units"] == "m" else []
    if roots:
        names = [topology.joints[v] for v in roots]
        warnings.append(
            f"{' and '.join(names)} at rest while the body moves, so perhaps no part of it: "
            f"drop_joints=[{','.join(names)}] leaves {'them' if roots[1:] else 'it'} out"
        )
    warnings += _frozen(topology, where, bodies, fixed, store.meta["fps"])
    return warnings + _bones(topology, where, bodies, roots)


def _heights(where: list[str], bodies: list[np.ndarray]) -> list[str]:
    """Warn of bodies that are no people; where most are not, `check_heights` has been told not to mind."""
    low, high = PLAUSIBLE_HEIGHT
    heights = np.array([np.median(np.ptp(joints, axis=1).max(axis=1)) for joints in bodies])
    odd = np.flatnonzero((heights < low) | (heights > high))
    if not len(odd):
        return []
    listed = worst([f"{where[i]} {heights[i]:.3g} m" for i in odd])
    return [f"{count(len(odd), 'body')} of {len(bodies)} not of {low:g} to {high:g} m, as people are (unit?): {listed}"]


def _fixed(bodies: list[np.ndarray]) -> np.ndarray:
    """Return which joints are in one place to the last digit, in all frames of all bodies, `[V]`."""
    low = np.min([joints.min(axis=0) for joints in bodies], axis=0)
    high = np.max([joints.max(axis=0) for joints in bodies], axis=0)
    return (low == high).all(axis=1)


def _roots(topology: Topology, bodies: list[np.ndarray], fixed: np.ndarray) -> list[int]:
    """Return the fixed joints at the root from which the body moves away, from the root outwards.

    A body that is centred on its hips in every frame has a fixed root too, from which it does not move away.
    """
    roots: list[int] = []
    outwards = topology.hops[topology.root].argsort(stable=True).tolist()
    for v in outwards:
        if fixed[v] and (v == topology.root or int(topology.parents[v]) in roots):
            roots.append(v)
    hips = [joint for joint, landmark in topology.landmarks.items() if landmark == "hip_center"]
    if hips and not fixed[topology.joint(hips[0])]:
        return roots
    height = np.median([np.ptp(joints, axis=1).max() for joints in bodies])
    for parent, child in topology.edges.tolist():
        if parent in roots and not fixed[child]:
            lengths = np.concatenate(
                [np.linalg.norm(joints[:, child] - joints[:, parent], axis=1) for joints in bodies]
            )
            if np.ptp(np.percentile(lengths, _SPREAD)) > _AWAY * height:
                return roots
    return []


def _frozen(topology: Topology, where: list[str], bodies: list[np.ndarray], fixed: np.ndarray, fps: float) -> list[str]:
    """Warn of joints that keep their place to the last digit in whole clips, while others of the body move."""
    moves = np.array([np.ptp(joints, axis=0).max(axis=1) > 0 for joints in bodies])
    moving = moves.any(axis=1) & np.array([len(joints) >= fps for joints in bodies])
    still = (~moves & ~fixed)[moving]
    shares = still.mean(axis=0) if len(still) else np.zeros(len(fixed))
    often = [v for v in np.argsort(-shares, kind="stable") if shares[v] > _OFTEN]
    if not often:
        return []
    first = np.flatnonzero(moving)[still[:, often[0]].argmax()]
    listed = worst([f"{topology.joints[v]} {share(float(shares[v]))}" for v in often])
    return [
        f"joints that do not move in a whole clip, in which the body does: {listed} of the clips; in {where[first]}"
    ]


def _bones(topology: Topology, where: list[str], bodies: list[np.ndarray], roots: list[int]) -> list[str]:
    """Warn of bones whose length varies in most bodies, and of bodies in which a length varies very much."""
    edges = topology.edges.tolist()
    kept = [e for e, (parent, _) in enumerate(edges) if parent not in roots]
    if not kept:
        return []
    start = np.cumsum([0, *map(len, bodies[:-1])])
    variation = bone_lengths(np.concatenate(bodies).transpose(2, 1, 0), start, topology)[1][:, kept]
    variation = np.where(np.isfinite(variation), variation, 0)
    names = [" - ".join(topology.joints[v] for v in edges[e]) for e in kept]
    typical = np.median(variation, axis=0)
    elastic = [e for e in np.argsort(-typical, kind="stable") if typical[e] > _ELASTIC]
    stretched = np.flatnonzero(variation.max(axis=1) > STRETCHED)
    warnings = []
    if elastic:
        listed = worst([f"{names[e]} {share(float(typical[e]))}" for e in elastic])
        warnings.append(f"{count(len(elastic), 'bone')} whose length varies within a clip (median): {listed}")
    elif len(stretched):
        body, bone = np.unravel_index(variation.argmax(), variation.shape)
        most = f"most {names[bone]} by {share(float(variation[body, bone]))} in {plain(where[body])}"
        what = f"with a bone whose length varies by more than {STRETCHED:.0%}"
        warnings.append(f"{count(len(stretched), 'body')} of {len(bodies)} {what}: {most}")
    return warnings
