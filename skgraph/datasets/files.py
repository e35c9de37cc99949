"""The files of a dataset in folders or zip archives."""

from __future__ import annotations

import functools
import itertools
import re
import zipfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from skgraph.errors import BROKEN_ARCHIVE, DataError, first_line, first_three

# A recording of Kinect v2 has about 3 KB a body and frame, one of PKU-MMD some 12 MB. Text takes much memory to parse.
_LARGEST = 64 * 2**20


def check_file(path: Path) -> None:
    """Raise a DataError unless the path is a file: not a folder, a broken link or a pipe."""
    if not path.is_file():
        found = "a folder" if path.is_dir() else "a broken link" if path.is_symlink() else "a pipe or a device"
        raise DataError(f"'{path}' is {found}, expected a file")


def folder_files(folder: Path, suffix: str, but: Path | None = None) -> list[Path]:
    """List the files of a folder whose names end in a suffix, sorted by name.

    Args:
        folder: the folder.
        suffix: suffix of the names.
        but: file to leave out, such as the labels of the others.

    Raises:
        DataError: the folder cannot be read, or a name with this suffix is no file.
    """
    left_out = but.name if but is not None and but.parent.resolve() == folder.resolve() else None
    files = [path for path in _entries(folder) if path.name.endswith(suffix) and path.name != left_out]
    for path in files:
        check_file(path)
    return files


def clip_suffix(source: Path, suffixes: Sequence[str], but: Path | None = None) -> str:
    """Return the suffix of a file, or of the clips in a folder; the first of ``suffixes`` if none fits.

    Args:
        source: the folder or file.
        suffixes: suffixes of clips.
        but: file of the folder that is no clip, such as the labels of the others.

    Raises:
        DataError: the folder has clips of several suffixes, or see `folder_files`.
    """
    if source.is_dir():
        found = [suffix for suffix in suffixes if folder_files(source, suffix, but)]
    else:
        found = [suffix for suffix in suffixes if source.name.endswith(suffix)]
    if len(found) > 1:
        raise DataError(f"'{source}' holds {' and '.join(found)} files, expected clips of one kind")
    return found[0] if found else suffixes[0]


def folders_in(folder: Path) -> list[Path]:
    """List the folders in a folder, sorted by name.

    Raises:
        DataError: the folder cannot be read.
    """
    return [path for path in _entries(folder) if path.is_dir()]


def all_below(folder: Path) -> Iterator[Path]:
    """Walk through a folder and the folders in it, sorted, without following links to folders.

    Raises:
        DataError: one of the folders cannot be read.
    """
    for path in _entries(folder):
        yield path
        if path.is_dir() and not path.is_symlink():
            yield from all_below(path)


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError as error:  # `Path.glob` would find nothing instead
        raise DataError(f"'{folder}' cannot be read: {error}") from error


def numbered_files(
    source: Path, suffix: str, pattern: str, example: str, allowed: Mapping[str, Collection[int]]
) -> tuple[list[str], dict[str, np.ndarray]]:
    """List the clips of a published dataset, sorted by name, and the numbers in their names.

    Args:
        source: the folder of the clips, in which files with another suffix are ignored; or the file of one clip.
        suffix: ending of a clip's file, such as ``.json``.
        pattern: regular expression of a whole name without the suffix, whose named groups are numbers of a few digits.
        example: name of a file, for errors.
        allowed: the numbers that occur in the dataset, by group; a group that is not listed may have any.

    Returns:
        Names without the suffix [N], and the numbers int64 [N] by group.

    Raises:
        DataError: no such folder, no clip in it, or a name that is not of this dataset.
    """
    if not source.is_dir() and not source.is_file():
        raise DataError(f"no folder at '{source}': expected one with files such as {example}")
    folder, files = (source, folder_files(source, suffix)) if source.is_dir() else (source.parent, [source])
    names = [path.name.removesuffix(suffix) for path in files]
    if not names:
        raise DataError(f"no {suffix} file in '{folder}': expected files such as {example}")
    matches = [re.fullmatch(pattern + re.escape(suffix), path.name, re.ASCII) for path in files]
    if strange := [path.name for path, match in zip(files, matches, strict=True) if match is None]:
        raise DataError(f"{len(strange)} files of '{folder}' are not named like {example}: {first_three(strange)}")
    groups = re.compile(pattern).groupindex
    numbers = {group: np.array([int(match[group]) for match in matches if match], np.int64) for group in groups}
    for group, values in allowed.items():
        if (outside := np.flatnonzero(~np.isin(numbers[group], list(values)))).size:
            found = f"'{folder / names[outside[0]]}{suffix}' is of {group} {numbers[group][outside[0]]}"
            expected = ", ".join(map(str, values))
            raise DataError(f"{found}, expected one of {expected} ({len(outside)} such files)")
    return names, numbers


@dataclass(frozen=True)
class SourceFile:
    """A file in a folder or in a zip archive, its container."""

    container: str
    path: str  # in the container
    size: int  # bytes, unpacked
    stamp: int  # time of the last change in nanoseconds; in an archive, the checksum

    @property
    def stem(self) -> str:
        """Name without folders and suffix."""
        return PurePosixPath(self.path).stem

    def __str__(self) -> str:
        return f"{self.container}/{self.path}"

    def read(self) -> bytes:
        """Read the content of the file.

        Raises:
            DataError: the file cannot be read, or is larger than any recording.
        """
        if self.size > _LARGEST:
            raise DataError(f"'{self}' has {self.size >> 20} MiB, expected at most {_LARGEST >> 20} in a recording")
        try:
            if Path(self.container).is_dir():
                return (Path(self.container) / self.path).read_bytes()
            about = Path(self.container).stat()
            archive = _archive(self.container, about.st_ino, about.st_size, about.st_mtime_ns)
            with archive.open(self.path) as file:
                # The member may unpack to a thousand times the size that it states.
                return file.read(self.size) + file.read(1)
        except BROKEN_ARCHIVE as error:
            raise DataError(f"'{self}' cannot be read: {first_line(error)}") from error


def find_files(source: str | Path | Sequence[str | Path], suffix: str, unique: bool = True) -> list[SourceFile]:
    """Find all files with a suffix in folders and zip archives, in order of their stems.

    Args:
        source: folders, zip archives and files with the suffix, one or several. Folders are searched at any depth, the
            archives in them included.
        suffix: with its dot.
        unique: whether two files with one stem are an error.

    Raises:
        DataError: a source is missing or no archive, there is no such file, or two have one stem.
    """
    roots = [source] if isinstance(source, (str, Path)) else list(source)
    found: list[SourceFile] = []
    for root in (Path(str(root)).expanduser() for root in roots):
        if root.is_dir():
            for path in all_below(root):
                if path.suffix.lower() not in (suffix, ".zip") or path.is_dir():
                    continue
                check_file(path)
                found += [_file_in(root, path)] if path.suffix.lower() == suffix else _members(path, suffix)
        elif root.is_file():
            found += [_file_in(root.parent, root)] if root.suffix.lower() == suffix else _members(root, suffix)
        else:
            raise DataError(f"no folder, no {suffix} file and no zip archive at '{root}'")
    if not found:
        listed = ", ".join(f"'{root}'" for root in roots)
        raise DataError(f"no {suffix} file in {listed}: expected a folder that holds some, or a zip archive")
    found.sort(key=lambda file: (file.stem, str(file)))
    for one, other in itertools.pairwise(found):
        if unique and one.stem == other.stem:
            raise DataError(f"'{one.stem}' occurs twice, as '{one}' and '{other}': name one of them as the source")
    return found


def _file_in(folder: Path, path: Path) -> SourceFile:
    about = path.stat()
    return SourceFile(str(folder), path.relative_to(folder).as_posix(), about.st_size, about.st_mtime_ns)


def _members(path: Path, suffix: str) -> list[SourceFile]:
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except BROKEN_ARCHIVE as error:
        problem = "is not a complete zip archive (is the download finished?)"
        raise DataError(f"'{path}' {problem}: {first_line(error)}") from error
    return [
        SourceFile(str(path), member.filename, member.file_size, member.CRC)
        for member in members
        # macOS adds a metadata file for every file.
        if PurePosixPath(member.filename).suffix.lower() == suffix
        and "__MACOSX" not in member.filename
        and not member.is_dir()
    ]


@functools.lru_cache(maxsize=8)
def _archive(path: str, *state: int) -> zipfile.ZipFile:
    """Open an archive and keep it open, so that each process reads its directory once while its state is the same."""
    return zipfile.ZipFile(path)
