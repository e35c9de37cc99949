"""Reader of PKU-MMD I and II, as downloaded."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from skgraph.datasets.files import SourceFile, all_below, find_files, folder_files
from skgraph.datasets.formats.action_names import action_names
from skgraph.datasets.formats.kinect_recording import Recording
from skgraph.datasets.formats.pku_files import CLASSES, as_recording, parse_pku, read_labels, read_split
from skgraph.datasets.preparation.conversion_cache import ConversionCache
from skgraph.datasets.preparation.convert import convert
from skgraph.datasets.preparation.presets.agcn import agcn
from skgraph.datasets.preparation.presets.skgraph_preset import skgraph_preset
from skgraph.datasets.raw_dataset import ALL_CLIPS, NOBODY, RawClip, RawDataset, Split
from skgraph.errors import ConfigError, DataError, first_three
from skgraph.topology import Topology

_FPS = 30.0
_VERSION = 2  # version of conversion caches
_RECORDINGS_AT_ONCE = 16  # a recording is a hundred times as long as a clip
_NAMES = {1: re.compile(r"\d{4}-[LMR]"), 2: re.compile(r"A\d{2}N\d{2}-[LMR]")}
_SPLITS = {"xsub": "subject", "xview": "view"}
_MOST_FRAMES = 300


def mamp_pku(recording: Recording) -> RawClip:
    """Convert as MAMP does: the first 300 frames, both bodies by their slot, neither centred nor turned."""
    if not recording.tracks:
        return RawClip.left_out(NOBODY)
    joints = np.zeros((2, recording.frames, *recording.tracks[0].joints.shape[1:]), np.float32)
    for track in recording.tracks:
        joints[track.slot, track.frame] = track.joints
    return RawClip(joints[:, :_MOST_FRAMES])


# CTR-GCN and PYSKL have published no scripts for this dataset; CMD's are those of 2s-AGCN.
PRESETS: dict[str, Callable[[Recording], RawClip]] = {"skgraph": skgraph_preset, "mamp": mamp_pku, "agcn": agcn}


def read_pku(
    source: str | Path,
    parts: str | Path,
    dataset: int,
    form: str = "clips",
    preset: str = "skgraph",
    label_indexing: str = "one_based",
    skeletons: str | Path | None = None,
    labels: str | Path | None = None,
    splits: str | Path | None = None,
    processes: int | None = None,
) -> RawDataset:
    """Find the files of PKU-MMD I or II; skeletons are parsed in parallel when the clips are read.

    Recordings are untrimmed, of several actions each. Positions are in metres in the sensor's coordinates: x to its
    left, y up, z away from it. The splits `xsub` and `xview` are those of the dataset's split files; the camera is the
    last letter of a recording's name.

    Args:
        source: the folder that holds folders of skeletons, of labels and of splits, at any depth.
        parts: a new folder for the conversion cache, from which an interrupted command resumes; deleted at the end.
        dataset: 1 or 2.
        form: `clips`, one for each labelled action, or `recordings`, whole and with their labels as segments, for
            detection.
        preset: `skgraph`, `mamp` or `agcn`, see `skgraph.datasets.preparation.presets`; recordings allow only
            `skgraph`.
        label_indexing: `one_based` or `zero_based` frames in the label files, see `read_labels`.
        skeletons: the folder or zip archive of skeleton files; by default the folder in `source` with `skeleton` in its
            name.
        labels: the folder of label files; by default the one with `label` in its name.
        splits: the folder of split files; by default the one with `split` in its name.
        processes: number of processes that parse; by default one for each CPU.

    Raises:
        ConfigError: an option is invalid.
        DataError: files are missing or do not match.
    """
    if dataset not in _NAMES:
        raise ConfigError(f"PKU-MMD is 1 or 2, found {dataset}")
    if form not in ("clips", "recordings"):
        raise ConfigError(f"form must be clips or recordings, found '{form}'")
    if preset not in PRESETS:
        raise ConfigError(f"preset must be one of {', '.join(PRESETS)} for PKU-MMD, found '{preset}'")
    if form == "recordings" and preset != "skgraph":
        raise ConfigError(f"recordings need preset=skgraph, which keeps their frames, found '{preset}'")
    if processes is not None and processes < 1:
        raise ConfigError(f"processes must be 1 or more, found {processes}")
    root, folder = Path(source).expanduser(), Path(parts).expanduser()
    files = find_files(skeletons if skeletons is not None else _folder(root, "skeleton"), ".txt")
    label_folder = Path(labels).expanduser() if labels is not None else _folder(root, "label")
    notes = []
    if odd := [file.stem for file in files if not _NAMES[dataset].fullmatch(file.stem)]:
        files = [file for file in files if _NAMES[dataset].fullmatch(file.stem)]
        notes.append(f"{len(odd)} text files have other names than recordings of PKU-MMD {dataset}: {first_three(odd)}")
    if not files:
        raise DataError(f"no skeleton file of PKU-MMD {dataset} was found: {notes[0]}")
    label_files = [label_folder / f"{file.stem}.txt" for file in files]
    if absent := [path.stem for path in label_files if not path.is_file()]:
        raise DataError(f"{len(absent)} recordings have no label file in '{label_folder}': {first_three(absent)}")
    segments = [read_labels(path, label_indexing) for path in label_files]
    recording_splits = _splits(root, splits, files, notes)
    if form == "recordings":
        items: list[tuple[SourceFile, int, int]] = [(file, 0, -1) for file in files]
        names, of_recording = [file.stem for file in files], np.arange(len(files))
        y = np.full(len(files), -1)
    else:
        rows = [(i, *row) for i, own in enumerate(segments) for row in own.tolist()]
        items = [(files[i], start, end) for i, _, start, end in rows]
        of_recording, y = np.array([row[:2] for row in rows], np.int64).T
        number = np.concatenate([np.arange(len(own)) for own in segments])
        names = [f"{files[i].stem}_{n:03d}" for i, n in zip(of_recording, number, strict=True)]

    def clips(part: slice = ALL_CLIPS) -> Iterator[RawClip]:
        read = partial(_read, preset if form == "clips" else "")
        at_once = None if form == "clips" else _RECORDINGS_AT_ONCE
        waiting = ConversionCache(folder, (_VERSION, form, preset, items[part]))
        converted = convert(items[part], read, waiting, processes, at_once, notes)
        for i, clip in zip(range(len(items))[part], converted, strict=True):
            yield clip if form == "clips" else _with_segments(clip, segments[i], files[i])

    def finish(_: np.ndarray) -> list[str]:
        ConversionCache.discard(folder)
        return []

    return RawDataset(
        topology=Topology.load("pku_mmd"),
        class_names=action_names("pku"),
        name=names,
        y=y,
        clips=clips,
        unit="m",
        fps=_FPS,
        source=f"PKU-MMD {dataset}",
        camera=np.array([files[i].stem[-1] for i in of_recording]),
        splits=[split.of(of_recording) for split in recording_splits],
        segments=segments if form == "recordings" else None,
        preprocessing=f"preset {preset}, " + (f"{label_indexing} labels" if form == "clips" else "whole recordings"),
        notes=notes,
        finish=finish,
    )


def _folder(root: Path, word: str) -> Path:
    """Find the folder of text files with this word in its name, `root` or below."""
    if not root.is_dir():
        raise DataError(f"no folder at '{root}': expected the extracted files of PKU-MMD")
    folders = [root, *(path for path in all_below(root) if path.is_dir())]
    found = [path for path in folders if word in path.name.lower() and any(path.glob("*.txt"))]
    if len(found) != 1:
        listed = first_three([f"'{path}'" for path in found]) or "none"
        expected = f"one folder of .txt files with '{word}' in its name in '{root}'"
        raise DataError(f"expected {expected}, found {listed}: say {word}s=")
    return found[0]


def _splits(root: Path, folder: str | Path | None, files: Sequence[SourceFile], notes: list[str]) -> list[Split]:
    """Read the splits of the recordings from the folder of split files."""
    split_folder = Path(folder).expanduser() if folder is not None else _folder(root, "split")
    names, splits = [file.stem for file in files], []
    for name, word in _SPLITS.items():
        paths = [path for path in folder_files(split_folder, ".txt") if word in path.stem.lower()]
        if len(paths) != 1:
            raise DataError(f"expected one file of the split by {word} in '{split_folder}', found {len(paths)}")
        train, test = read_split(paths[0])
        known = set(names)
        if not known & (train | test):
            found = f"it has '{min(train | test, default='')}', expected names such as '{names[0]}'"
            raise DataError(f"'{paths[0]}' names none of the {len(names)} recordings: {found}")
        if absent := len((train | test) - known):
            notes.append(f"split '{name}' names {absent} recordings that are not in the source")
        if extra := len(known - train - test):
            notes.append(f"split '{name}' does not name {extra} recordings: they neither train nor test")
        sides = [np.array([stem in side for stem in names]) for side in (train, test)]
        splits.append(Split(name, sides[0], f"as '{paths[0].name}' says", test=sides[1]))
    return splits


def _read(preset: str, items: Sequence[tuple[SourceFile, int, int]]) -> list[RawClip]:
    """Convert spans of recordings with a preset, or whole recordings if `preset` is ""."""
    clips = []
    for file, start, end in items:
        joints = _frames(file)
        if not preset:
            clips.append(RawClip(joints.swapaxes(0, 1).astype(np.float32)))
        elif start >= len(joints):
            raise DataError(f"'{file}' has {len(joints)} frames, and a label starts at frame {start}")
        else:  # some labels end a little after their recording; the files have no confidence
            clips.append(replace(PRESETS[preset](as_recording(joints[start:end])), confidence=None))
    return clips


@functools.lru_cache(maxsize=1)
def _frames(file: SourceFile) -> np.ndarray:
    """Parse a recording, once for all its consecutive clips."""
    try:
        return parse_pku(file.read())
    except DataError as error:
        raise DataError(f"'{file}' is damaged: {error}") from error


def _with_segments(clip: RawClip, segments: np.ndarray, file: SourceFile) -> RawClip:
    """Return a whole recording with its labels, cut to its length."""
    frames = clip.joints.shape[1]
    if (late := segments[:, 1] >= frames).any():
        raise DataError(f"'{file}' has {frames} frames, and a label starts at frame {segments[late][0, 1]}")
    return RawClip(clip.joints, clip.frame_mask, segments=np.minimum(segments, [CLASSES, frames, frames]))
