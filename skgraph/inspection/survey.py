"""All statistics of a store in one pass over its frames."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
from tqdm.auto import tqdm

from skgraph.data import SkeletonStore
from skgraph.inspection.bodies import BodyMeasurement, BodyStatistics
from skgraph.inspection.chunk import chunks
from skgraph.inspection.duplicates import DuplicateSearch, DuplicateStatistics
from skgraph.inspection.jumps import JumpCounter, JumpStatistics
from skgraph.inspection.labels import LabelStatistics, count_labels
from skgraph.inspection.missing import MissingCounter, MissingStatistics
from skgraph.inspection.presence import PresenceCounter, PresenceStatistics


@dataclass(frozen=True)
class Survey:
    """Statistics of a store."""

    store: SkeletonStore
    labels: LabelStatistics
    presence: PresenceStatistics
    bodies: BodyStatistics
    jumps: JumpStatistics
    missing: MissingStatistics
    duplicates: DuplicateStatistics

    @property
    def unit(self) -> str:
        """Unit of the coordinates."""
        return str(self.store.meta.get("units", "m"))

    @property
    def fps(self) -> float:
        """Frames a second."""
        return float(self.store.meta.get("fps", 30.0))

    def to_dict(self) -> dict[str, Any]:
        """Return all statistics as plain numbers, texts, lists and dicts; ``None`` for a number that is not finite."""
        store, topology = self.store, self.store.topology
        about = {
            "clips": store.num_clips,
            "excluded": store.excluded,
            "bodies": len(store.track_row),
            "content_hash": store.content_hash,
            "source": str(store.meta.get("source", "")),
            "preprocessing": str(store.meta.get("preprocessing", "none")),
            "topology": topology.name,
            "joints": list(topology.joints),
            "unit": self.unit,
            "fps": self.fps,
        }
        statistics = {f.name: _plain(asdict(getattr(self, f.name))) for f in fields(self) if f.name != "store"}
        statistics["presence"]["seconds"] = _histogram(self.presence.seconds)
        statistics["bodies"]["heights"] = _histogram(self.bodies.heights)
        return {"store": about, **statistics}


def survey_store(
    store: SkeletonStore,
    jump: float | None = None,
    frozen: float = 1.0,
    near: float | None = None,
    progress: bool = False,
) -> Survey:
    """Read every frame of a store once, a few clips at a time, and compute its statistics.

    Memory grows with the number of clips and bodies, about 600 bytes a body, and not with the frames.

    Args:
        store: store of the clips.
        jump: limit of a step; see :class:`~skgraph.inspection.jumps.JumpCounter`.
        frozen: seconds without any motion; see :class:`~skgraph.inspection.missing.MissingCounter`.
        near: tolerance of duplicates; see :class:`~skgraph.inspection.duplicates.DuplicateSearch`.
        progress: show a bar on a terminal.
    """
    statistics: Any = (
        PresenceCounter(store),
        BodyMeasurement(store),
        JumpCounter(store, jump),
        MissingCounter(store, frozen),
        DuplicateSearch(store, near),
    )
    bar = tqdm(total=store.num_clips, desc="inspecting", unit="clip", leave=False, disable=None if progress else True)
    # Damaged files hold numbers such as 1e38, whose distances and squares are infinite: statistics leave them out.
    with bar, np.errstate(over="ignore", invalid="ignore"):
        for chunk in chunks(store):
            for statistic in statistics:
                statistic.add(chunk)
            bar.update(chunk.num_clips)
        return Survey(store, count_labels(store), *(statistic.result() for statistic in statistics))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, (np.ndarray, np.generic)):
        return _plain(value.tolist())
    return None if isinstance(value, float) and not np.isfinite(value) else value


def _histogram(values: np.ndarray) -> dict[str, Any]:
    """Return the median and the counts in 20 bins of equal width."""
    values = values[np.isfinite(values)].astype(np.float64)
    if not len(values):
        return {"median": None, "edges": [], "counts": []}
    counts, edges = np.histogram(values, bins=20)
    return {"median": float(np.median(values)), "edges": edges.tolist(), "counts": counts.tolist()}
