"""Small stores of people without a defect, in which a test plants one."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from skgraph.data import SkeletonStore, StoreWriter
from skgraph.topology import Topology

TOPOLOGY = Topology.load("ntu_rgbd")


def person(seed: int, frames: int = 40) -> np.ndarray:
    """A rigid body ``[1, T, 25, 3]`` about 1.5 m tall that turns and walks: its bones keep their lengths."""
    rng = np.random.default_rng(seed)
    pose = rng.uniform([-0.3, 0, -0.3], [0.3, 1.5, 0.3], size=(25, 3))
    angle = 0.5 * np.sin(np.arange(frames) / 7 + rng.uniform(0, 6))
    turn = np.stack(
        [
            np.cos(angle),
            0 * angle,
            np.sin(angle),
            0 * angle,
            1 + 0 * angle,
            0 * angle,
            -np.sin(angle),
            0 * angle,
            np.cos(angle),
        ],
        axis=-1,
    ).reshape(-1, 3, 3)
    walk = np.arange(frames)[:, None, None] * np.array([0.01, 0.001, 0.02]) + [0, 0, 2]
    return (pose @ turn + walk)[None].astype(np.float32)


def write(
    path: Path,
    clips: dict[str, np.ndarray],
    masks=None,
    confidence=None,
    y=None,
    subject=None,
    split=None,
    class_names=("wave", "sit"),
    units="m",
    segments=None,
) -> SkeletonStore:
    """A store of these clips, labels 0, 1, 0, 1, ..., the first half training in the split ``xsub``."""
    masks, number = masks or {}, len(clips)
    y = np.arange(number) % 2 if y is None else y
    subject = (np.arange(number) >= number // 2).astype(int) if subject is None else subject
    with StoreWriter(path, TOPOLOGY, list(class_names), source="made up", units=units) as writer:
        for i, (name, joints) in enumerate(clips.items()):
            writer.add(
                joints,
                y=int(y[i]),
                name=name,
                frame_mask=masks.get(name),
                subject=int(subject[i]),
                confidence=None if confidence is None else confidence[name],
                segments=None if segments is None else segments[name],
            )
        train, test = split or (range(number // 2), range(number // 2, number))
        writer.add_split("xsub", list(train), list(test), "by hand")
    return SkeletonStore.open(path)


def people(number: int = 8, frames: int = 40) -> dict[str, np.ndarray]:
    """Clips ``p0``, ``p1``, ... of different bodies."""
    return {f"p{i}": person(i, frames) for i in range(number)}
