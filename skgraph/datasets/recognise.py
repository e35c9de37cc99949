"""Recognition of the format of raw files."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from skgraph.datasets.files import all_below
from skgraph.errors import BROKEN_ARCHIVE, DataError, first_three

_SUFFIXES = {
    ".amc": "asf_amc",
    ".bvh": "bvh",
    ".c3d": "c3d",
    ".csv": "mediapipe",
    ".mat": "utd_mhad",
    ".npy": "npy",
    ".npz": "npz",
    ".pickle": "pyskl",
    ".pkl": "pyskl",
    ".skeleton": "ntu60",
    ".trc": "trc",
}
# Keys of JSON files, in the order in which they decide.
_JSON_KEYS = (
    (r"pose_keypoints(_2d)?", "openpose"),
    (r"has_skeleton|skeleton", "kinetics_skeleton"),
    (r"skeletons", "nw_ucla"),
    (r"visible", "yolo"),
    (r"keypoints_?3[dD]|\w*[lL]andmarks?|visibility|skeletonpoints", "mediapipe"),
    (r"instance_info|instances|image_id|annotations|keypoint_scores", "coco_keypoints"),
    (r"(?i:x|nose)", "mediapipe"),
)
_YOLO = re.compile(r"\d+(\s+[01](\.\d+)?){4}(\s+\S+){6,}\s*")  # a class, a box and at least three joints
_HEAD = 2**16  # bytes of a JSON or text file that are searched
_MOST_FILES = 1000  # looked at in a folder


def recognise(source: str | Path) -> str:
    """Name the dataset of ``skgraph.prepare`` that reads a file or folder.

    Suffixes tell, in JSON files the keys, and in text files the first line.

    Raises:
        DataError: nothing is there, or no file, or files of several formats, have a known suffix.
    """
    source = Path(source).expanduser()
    if not source.exists():
        raise DataError(f"no recordings at '{source}': expected a store, or files that skgraph.prepare reads")
    files = [source]
    if source.is_dir():
        if (source / "meta.yaml").is_file():
            return "store"
        files = [path for _, path in zip(range(_MOST_FILES), all_below(source), strict=False) if not path.is_dir()]
    known: dict[str, str] = {}  # dataset: suffix
    for path in files:
        suffix = path.suffix.lower()
        if suffix not in known.values() and (dataset := _recognise_file(path, suffix)):
            known.setdefault(dataset, suffix)
    if len(known) > 1 and files != [source]:  # a table beside clips of another format
        known = {dataset: suffix for dataset, suffix in known.items() if suffix != ".csv"}
    if len(known) == 1:
        return next(iter(known))
    found = first_three(sorted({path.suffix or "no suffix" for path in files})) if files else "no file"
    raise DataError(
        f"the format of '{source}' is not known: say dataset=NAME, one of `skgraph prepare --help`; "
        f"found {'files of ' + ' and '.join(sorted(known)) if known else found}"
    )


def _recognise_file(path: Path, suffix: str) -> str | None:
    if suffix == ".npz":
        return "ctrgcn" if "x_train.npy" in _members(path) else "npz"
    if suffix == ".zip":
        return next((_SUFFIXES[end] for name in _members(path) if (end := Path(name).suffix) in _SUFFIXES), None)
    if path.name.endswith("_skeleton3D.txt"):
        return "msr_action3d"
    if suffix == ".txt":
        return "yolo" if _YOLO.fullmatch(_head(path).partition("\n")[0]) else None
    if suffix in (".json", ".jsonl"):
        head = _head(path)
        return next((dataset for keys, dataset in _JSON_KEYS if re.search(rf'"({keys})\\?"\s*:', head)), None)
    return _SUFFIXES.get(suffix)


def _head(path: Path) -> str:
    """Read the beginning of a file; the reader describes one that cannot be read."""
    if not path.is_file():  # reading a pipe may never end
        return ""
    try:
        with path.open("rb") as file:
            return file.read(_HEAD).decode(errors="replace")
    except OSError:
        return ""


def _members(path: Path) -> list[str]:
    """List the names in an archive; the reader describes one that cannot be read."""
    if not path.is_file():  # reading a pipe may never end
        return []
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.namelist()
    except BROKEN_ARCHIVE:
        return []
