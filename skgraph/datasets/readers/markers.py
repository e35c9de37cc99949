"""What the readers of marker files share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from skgraph.datasets.formats.marker_file import MarkerFile
from skgraph.datasets.label_table import read_label_table
from skgraph.datasets.preparation.missing_joints import fill_missing
from skgraph.datasets.preparation.units import METRES, unit_factor
from skgraph.datasets.raw_dataset import ALL_CLIPS, NOBODY, RawClip, RawDataset
from skgraph.datasets.readers.reader import clip_path, open_topology, to_float32, z_up_to_y_up
from skgraph.errors import ConfigError, DataError, first_three
from skgraph.topology import Topology
from skgraph.topology.joint_names import landmarks_by_name

_RATE_TOLERANCE = 0.01
_UNITS = {"meters": "m", "metres": "m", "millimeters": "mm", "millimetres": "mm", "in": "inch", "inches": "inch"}


def read_markers(
    source: str | Path,
    suffix: str,
    open_file: Callable[[Path], MarkerFile],
    topology: str | Topology | None,
    labels: str | Path | None,
    unit: str | None,
    up: str | None,
    every: int,
    labelled: bool,
) -> RawDataset:
    """Open a folder of marker files, one clip each; see `read_c3d`.

    Raises:
        ConfigError: an option is invalid.
        DataError: files and CSV do not match, a file is broken, lacks a marker, or has another rate or unit than the
            first.
    """
    source = Path(source).expanduser()
    if up not in (None, "y", "z"):
        raise ConfigError(f"up must be y or z, the axis of the files that points up, found '{up}'")
    if not isinstance(every, int) or every < 1:
        raise ConfigError(f"every must be a whole number, 1 or more, found {every}")
    topology = None if topology is None else open_topology(topology, 3, "markers")
    columns = read_label_table(source, suffix, labels, labelled)
    if not columns["name"]:
        raise DataError(f"the CSV of '{source}' names no clip: nothing to read")
    files = [open_file(clip_path(source, name, suffix)) for name in columns["name"]]
    units = [unit or _unit(file) for file in files]
    for file, own in zip(files, units, strict=True):
        if own != units[0] or abs(file.fps - files[0].fps) > _RATE_TOLERANCE * files[0].fps:
            first = f"'{files[0].path}' has {files[0].fps:g} frames a second in {units[0]}"
            raise DataError(f"{first}, '{file.path}' has {file.fps:g} in {own}: use a folder for each")
    if topology is None:
        topology, markers = _named_joints(files[0])
    else:
        markers = list(topology.joints)
    indices = [file.columns(markers) for file in files]
    scale = unit_factor(units[0], topology)

    def clips(part: slice = ALL_CLIPS) -> Iterator[RawClip]:
        for file, wanted in zip(files[part], indices[part], strict=True):
            positions = file.read()[::every, wanted]
            positions = z_up_to_y_up(positions) if (up or file.up) == "z" else positions
            # Programs that write no blanks write a marker that was not seen at the origin.
            seen = np.isfinite(positions).all(axis=2) & (positions != 0).any(axis=2)
            if not seen.any():
                yield RawClip.left_out(NOBODY)
                continue
            joints, frame_mask = fill_missing(to_float32(positions, scale)[None], seen[None], topology)
            yield RawClip(joints, frame_mask, confidence=seen[None].astype(np.float32))

    return RawDataset(
        topology=topology,
        clips=clips,
        unit=units[0],
        fps=files[0].fps / every,
        source=source.resolve().name,
        preprocessing=f"1 of {every} frames kept" if every > 1 else "",
        **columns,
    )


def _named_joints(file: MarkerFile) -> tuple[Topology, list[str]]:
    """Return the joints after which markers are named, with the bones of `halpe_26`, and the marker of each joint."""
    if not file.names:
        raise DataError(f"'{file.path}' has no markers")
    marker_at = {landmark: marker for marker, landmark in landmarks_by_name(file.names).items()}
    body = Topology.load("halpe_26_3d")
    lost = [joint for joint, landmark in body.landmarks.items() if landmark not in marker_at]
    if len(lost) > body.num_joints // 2:
        found = f"are not named after joints ({first_three(file.names)})"
        raise ConfigError(f"the markers of '{file.path}' {found}: say topology=FILE.yaml, a tree over markers")
    topology = body.without(lost) if lost else body
    return topology, [marker_at[topology.landmarks[joint]] for joint in topology.joints]


def _unit(file: MarkerFile) -> str:
    """Return the unit of a file in our words."""
    unit = _UNITS.get(file.unit.casefold(), file.unit.casefold())
    if unit not in METRES:
        raise DataError(f"'{file.path}' is in '{file.unit[:40]}', expected one of {', '.join(METRES)}: say unit=...")
    return unit
