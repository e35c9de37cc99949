"""Reader of NTU RGB+D 60 and 120, as downloaded."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from skgraph.datasets.files import SourceFile, find_files
from skgraph.datasets.formats.ntu.published import RELEASES, ClipName, Release, ntu_class_names
from skgraph.datasets.formats.ntu.skeleton_file import parse_skeleton
from skgraph.datasets.formats.text_file import read_lines
from skgraph.datasets.preparation.conversion_cache import ConversionCache
from skgraph.datasets.preparation.convert import convert
from skgraph.datasets.preparation.presets import PRESETS
from skgraph.datasets.raw_dataset import ALL_CLIPS, DAMAGED, LISTED_AS_MISSING, RawClip, RawDataset
from skgraph.errors import ConfigError, DataError, first_three
from skgraph.topology import Topology

_FPS = 30.0
_VERSION = 1  # version of conversion caches; increase it when a change converts files differently
_HINT = "(damaged=exclude leaves such files out; what has been read is kept)"


def read_ntu(
    source: str | Path | Sequence[str | Path],
    parts: str | Path,
    dataset: int,
    preset: str = "skgraph",
    missing_list: str | Path | None = None,
    damaged: str = "error",
    confidence: bool = True,
    processes: int | None = None,
    labelled: bool = True,
) -> RawDataset:
    """Find the `.skeleton` files of NTU RGB+D 60 or 120; they are parsed in parallel when the clips are read.

    File names give action, subject, camera and setup; the splits are the published ones. Recordings of the other
    release are ignored. Positions are in metres in the sensor's coordinates: x to its left, y up, z away from it.

    Args:
        source: folders of the files or the downloaded zip archives, these archives, or single files; one or several.
        parts: a new folder for the conversion cache, from which an interrupted command resumes; deleted at the end.
        dataset: 60 or 120.
        preset: preparation of a recording, see `skgraph.datasets.preparation.presets`.
        missing_list: the authors' file of recordings with missing skeletons, which are left out; without it, recordings
            without a body are left out.
        damaged: for a file that cannot be parsed: `error`, or `exclude` to leave it out and count it.
        confidence: whether the tracking state of each joint is kept (not tracked 0, inferred 0.5, tracked 1), if the
            preset keeps it.
        processes: number of processes that parse; by default one for each CPU.
        labelled: False reads files of any name, and puts all clips into one class, without subjects, cameras and split.

    Raises:
        ConfigError: an option is invalid.
        DataError: there are no files, or the list of missing skeletons names none.
    """
    if dataset not in RELEASES:
        raise ConfigError(f"NTU RGB+D is 60 or 120, found {dataset}")
    if preset not in PRESETS:
        raise ConfigError(f"preset must be one of {', '.join(PRESETS)}, found '{preset}'")
    if damaged not in ("error", "exclude"):
        raise ConfigError(f"damaged must be error or exclude, found '{damaged}'")
    if processes is not None and processes < 1:
        raise ConfigError(f"processes must be 1 or more, found {processes}")
    published, folder = RELEASES[dataset], Path(parts).expanduser()
    roots = [source] if isinstance(source, str | Path) else list(source)
    found = find_files(source, ".skeleton")
    files = [file for file in found if published.holds(file.stem)] if labelled else found
    notes = []
    if odd := [file.stem for file in found if labelled and ClipName.parse(file.stem) is None]:
        problem = "are not named as NTU RGB+D names them, and were not read"
        notes.append(f"{len(odd)} .skeleton files {problem}: {first_three(odd)}")
    if outside := len(found) - len(odd) - len(files):
        notes.append(f"{outside} recordings do not belong to NTU RGB+D {dataset}, and were not read")
    if not files:
        problem = f"none of the {len(found)} .skeleton files is a recording of NTU RGB+D {dataset}; {notes[0]}"
        raise DataError(f"{problem}; labelled=false reads files of any name")
    missing = _missing(missing_list)

    def clips(part: slice = ALL_CLIPS) -> Iterator[RawClip]:
        wanted = [file for file in files[part] if file.stem not in missing]
        read = partial(_read, preset, confidence, damaged)
        waiting = ConversionCache(folder, (_VERSION, preset, confidence, wanted))
        converted = convert(wanted, read, waiting, processes, notes=notes)
        for file in files[part]:
            clip = RawClip.left_out(LISTED_AS_MISSING) if file.stem in missing else next(converted)
            if damaged == "error" and clip.excluded.startswith(DAMAGED):  # by an earlier command that excluded them
                raise DataError(f"'{file}' is {clip.excluded} {_HINT}")
            yield clip

    def finish(kept: np.ndarray) -> list[str]:
        ConversionCache.discard(folder)
        return _compare(published, dataset, [names[i] for i in kept], len(names), bool(missing)) if labelled else []

    names = [name for file in files if (name := ClipName.parse(file.stem)) is not None]
    columns: dict[str, Any] = {"y": np.zeros(len(files), np.int64), "class_names": ["unlabelled"]}
    if labelled:
        setup, camera, subject, _, action = np.array(names).T
        columns = {"y": action - 1, "class_names": ntu_class_names(published.actions)}
        columns |= {"subject": subject, "camera": camera, "setup": setup}
        columns["splits"] = published.splits(names) if len(names) > 1 else []
    return RawDataset(
        topology=Topology.load("ntu_rgbd"),
        name=[file.stem for file in files],
        clips=clips,
        unit="m",
        fps=_FPS,
        source=f"NTU RGB+D {dataset}" if labelled else first_three([Path(str(root)).name for root in roots]),
        preprocessing=f"preset {preset}",
        notes=notes,
        finish=finish,
        **columns,
    )


def _missing(path: str | Path | None) -> frozenset[str]:
    """Return the names in the authors' list, which also has other text."""
    if path is None:
        return frozenset()
    pattern = re.compile(r"\bS\d{3}C\d{3}P\d{3}R\d{3}A\d{3}\b")
    try:
        names = frozenset(name for _, line in read_lines(Path(path).expanduser()) for name in pattern.findall(line))
    except DataError as error:
        raise DataError(f"missing_list {error}") from error
    if not names:
        raise DataError(f"missing_list '{path}' names no recording: expected names such as S001C002P005R002A008")
    return names


def _read(preset: str, confidence: bool, damaged: str, files: Sequence[SourceFile]) -> list[RawClip]:
    """Convert some files, one clip each."""
    clips = []
    for file in files:
        try:
            recording = parse_skeleton(file.read())
        except DataError as error:
            if damaged == "error":
                raise DataError(f"'{file}' is {DAMAGED}{error} {_HINT}") from error
            clips.append(RawClip.left_out(f"{DAMAGED}{error}"))
            continue
        clip = PRESETS[preset](recording)
        clips.append(clip if confidence else replace(clip, confidence=None))
    return clips


def _compare(published: Release, dataset: int, kept: list[ClipName], found: int, listed: bool) -> list[str]:
    """Return a note that compares the numbers of kept clips with the published ones and explains differences."""
    expected = published.recordings - published.missing
    splits = published.splits(kept)
    sizes = {split.name: (int(split.train.sum()), int(split.tests.sum())) for split in splits}
    if sizes == published.split_sizes:
        return [f"{expected} clips, and in every split as many as published"]
    reasons = []
    if absent := published.recordings - found:
        reasons.append(f"{absent} of the {published.recordings} recordings are not in the source")
    if left_out := found - len(kept):
        reasons.append(f"{left_out} were left out")
    if not listed:
        reasons.append(f"missing_list was not given, and the published one has {published.missing} names")
    counted = "; ".join(
        f"{name} {train} + {test} (published {published.split_sizes[name][0]} + {published.split_sizes[name][1]})"
        for name, (train, test) in sizes.items()
    )
    why = ", ".join(reasons)
    return [f"{len(kept)} clips, not the {expected} published of NTU RGB+D {dataset}: {why}. {counted}"]
