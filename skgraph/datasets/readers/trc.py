"""Reader of TRC files (markers as text: OpenSim, Pose2Sim, OpenCap) with a CSV of their labels."""

from __future__ import annotations

from pathlib import Path

from skgraph.datasets.formats.trc_file import TrcFile
from skgraph.datasets.raw_dataset import RawDataset
from skgraph.datasets.readers.markers import read_markers
from skgraph.topology import Topology


def read_trc(
    source: str | Path,
    topology: str | Topology | None = None,
    labels: str | Path | None = None,
    unit: str | None = None,
    up: str = "y",
    every: int = 1,
    labelled: bool = True,
) -> RawDataset:
    """Open a folder of TRC files, one clip each, and check their headers; the markers are read lazily.

    A clip is ``NAME.trc``, one body; labels are those of `read_label_table`. The joints of the topology are markers by
    their names, others are ignored. A marker that was not seen, blank or at the origin, is filled in (`fill_missing`),
    with confidence 0.

    Args:
        source: the folder, or one file.
        topology: a topology whose joints are markers, its name, or the path of its file. By default the markers that
            are named after joints, as Pose2Sim and OpenCap do, in the places of `halpe_26`.
        labels: the CSV or the pattern of names; by default `labels.csv` in the folder.
        unit: one of `METRES`, or `normalised`; by default that of the files.
        up: the files' vertical axis, `y` or `z`; of `z`, (x, y, z) becomes (x, z, -y).
        every: keep the frames 0, every, 2 every, ...
        labelled: False reads every clip of the folder, without labels.

    Raises:
        ConfigError: an option is invalid.
        DataError: files and CSV do not match, a file is broken, lacks a marker, or has another rate or unit than the
            first.
    """
    return read_markers(source, ".trc", TrcFile.open, topology, labels, unit, up, every, labelled)
