"""One pass over all frames of a store."""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import numpy as np
from tqdm import tqdm

from skgraph.data import SkeletonStore
from skgraph.inspection.bodies import Bodies, BodyFigures
from skgraph.inspection.chunk import chunks
from skgraph.inspection.duplicates import DuplicateFigures, Duplicates
from skgraph.inspection.jumps import JumpFigures, Jumps
from skgraph.inspection.labels import Labels, count_labels
from skgraph.inspection.missing import Missing, MissingFigures
from skgraph.inspection.presence import Presence, PresenceFigures


@dataclass(frozen=True)
class Survey:
    """What is in a store.

    Args:
        store: that was read.
        labels: classes, people and splits.
        presence: lengths, absent frames and gaps.
        bodies: sizes and bones.
        jumps: joints that are suddenly elsewhere.
        missing: joints that were not seen.
        duplicates: clips that are alike.
    """

    store: SkeletonStore
    labels: Labels
    presence: PresenceFigures
    bodies: BodyFigures
    jumps: JumpFigures
    missing: MissingFigures
    duplicates: DuplicateFigures

    @property
    def unit(self) -> str:
        """Of the coordinates."""
        return str(self.store.meta.get("units", "m"))

    @property
    def fps(self) -> float:
        """Frames a second."""
        return float(self.store.meta.get("fps", 30.0))

    def to_dict(self) -> dict[str, Any]:
        """All figures in plain numbers, texts, lists and dicts; ``None`` for what is not finite."""
        store, topology = self.store, self.store.topology
        about = {
            "clips": store.num_clips,
            "bodies": len(store.track_row),
            "content_hash": store.content_hash,
            "source": str(store.meta.get("source", "")),
            "preprocessing": str(store.meta.get("preprocessing", "none")),
            "topology": topology.name,
            "joints": list(topology.joints),
            "unit": self.unit,
            "fps": self.fps,
        }
        parts = {f.name: _plain(getattr(self, f.name)) for f in fields(self) if f.name != "store"}
        parts["presence"]["seconds"] = _histogram(self.presence.seconds)
        parts["bodies"]["heights"] = _histogram(self.bodies.heights)
        return {"store": about, **parts}


def survey(
    store: SkeletonStore,
    jump: float | None = None,
    frozen: float = 1.0,
    near: float | None = None,
    progress: bool = False,
) -> Survey:
    """Read every frame of a store once, a few clips at a time, and measure what may be wrong with it.

    Memory does not grow with the frames, only with the number of clips and bodies: about 600 bytes a body.

    Args:
        store: to read.
        jump: longest step of a joint that is none; see :class:`~skgraph.inspection.jumps.Jumps`.
        frozen: seconds without any motion; see :class:`~skgraph.inspection.missing.Missing`.
        near: tolerance of duplicates; see :class:`~skgraph.inspection.duplicates.Duplicates`.
        progress: show a bar, where there is a terminal.
    """
    presence, bodies, missing = Presence(store), Bodies(store), Missing(store, frozen)
    jumps, duplicates = Jumps(store, jump), Duplicates(store, near)
    hidden = None if progress else True  # None: shown on a terminal
    bar = tqdm(total=store.num_clips, desc="inspecting", unit="clip", leave=False, disable=hidden)
    # Damaged files hold numbers such as 1e38, whose distances and squares are infinite: each part leaves those out.
    with bar, np.errstate(over="ignore", invalid="ignore"):
        for chunk in chunks(store):
            for part in (presence, bodies, jumps, missing, duplicates):
                part.add(chunk)
            bar.update(chunk.num_clips)
        sizes = bodies.result()
        return Survey(
            store,
            count_labels(store),
            presence.result(),
            sizes,
            jumps.result(),
            missing.result(),
            duplicates.result(float(np.median(sizes.heights)) if len(sizes.heights) else 0.0),
        )


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, (np.ndarray, np.generic)):
        return _plain(value.tolist())
    return None if isinstance(value, float) and not np.isfinite(value) else value


def _histogram(values: np.ndarray) -> dict[str, Any]:
    """Range, median and counts in 20 bins of equal width."""
    values = values[np.isfinite(values)].astype(np.float64)
    if not len(values):
        return {"median": None, "edges": [], "counts": []}
    counts, edges = np.histogram(values, bins=20)
    return {"median": float(np.median(values)), "edges": edges.tolist(), "counts": counts.tolist()}
