"""Clips that are parts of a file or groups of files, not files of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

from skgraph.datasets.label_table import read_label_table
from skgraph.datasets.raw_dataset import ALL_CLIPS, RawClip, RawDataset
from skgraph.topology import Topology

Group = TypeVar("Group")


def read_clip_groups(
    source: Path,
    groups: Mapping[str, Group],
    read_clip: Callable[[str, Group], RawClip],
    topology: Topology,
    unit: str,
    fps: float,
    labels: str | Path | None = None,
    labelled: bool = True,
    preprocessing: str = "",
) -> RawDataset:
    """Open clips by name, and a CSV of their labels, which a single clip does not need.

    Args:
        source: the folder, or the file; the CSV lies in the folder, or beside the file.
        groups: what holds each clip, by its name.
        read_clip: reads a clip, given its name and what holds it.
        topology, unit, fps, preprocessing: see `RawDataset`.
        labels, labelled: see `read_label_table`.

    Raises:
        DataError: clips and CSV do not match.
    """
    folder = source.parent if source.is_file() else source
    columns = read_label_table(folder, "", labels, labelled, groups)

    def clips(part: slice = ALL_CLIPS) -> Iterator[RawClip]:
        for name in columns["name"][part]:
            yield read_clip(name, groups[name])

    return RawDataset(
        topology=topology,
        clips=clips,
        unit=unit,
        fps=fps,
        source=source.resolve().name,
        preprocessing=preprocessing,
        **columns,
    )
