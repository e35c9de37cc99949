"""Files of a dataset where they were downloaded to: in folders, or still in their zip archives."""

from __future__ import annotations

import functools
import itertools
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from skgraph.datasets.formats.folder_files import all_below, check_file
from skgraph.errors import BROKEN_ARCHIVE, DataError, first_line

# A recording of Kinect v2 has about 3 KB a body and frame, one of PKU-MMD some 12 MB. Text takes much memory to parse.
_LARGEST = 64 * 2**20


@dataclass(frozen=True)
class SourceFile:
    """A file in a folder or in a zip archive.

    Args:
        container: the folder or the archive.
        path: within it.
        size: in bytes, unpacked.
        stamp: when it was changed, in nanoseconds; of an archive's member, its checksum.
    """

    container: str
    path: str
    size: int
    stamp: int

    @property
    def stem(self) -> str:
        """Its name without folders and suffix."""
        return PurePosixPath(self.path).stem

    def __str__(self) -> str:
        return f"{self.container}/{self.path}"

    def read(self) -> bytes:
        """Its bytes.

        Raises:
            DataError: it cannot be read, or is larger than any recording.
        """
        if self.size > _LARGEST:
            raise DataError(f"'{self}' has {self.size >> 20} MiB, expected at most {_LARGEST >> 20} in a recording")
        try:
            if Path(self.container).is_dir():
                return (Path(self.container) / self.path).read_bytes()
            about = Path(self.container).stat()
            archive = _archive(self.container, about.st_ino, about.st_size, about.st_mtime_ns)
            with archive.open(self.path) as file:
                # No more than it says: what is packed may be a thousand times as large.
                return file.read(self.size) + file.read(1)
        except BROKEN_ARCHIVE as error:
            raise DataError(f"'{self}' cannot be read: {first_line(error)}") from error


def find_files(source: str | Path | Sequence[str | Path], suffix: str) -> list[SourceFile]:
    """All files with a suffix, in order of their stems.

    Args:
        source: folders and zip archives, one or several. Folders are searched with all that is below them, the archives
            in them included.
        suffix: with its dot.

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
                if path.suffix.lower() == suffix:
                    about = path.stat()
                    inside = path.relative_to(root).as_posix()
                    found.append(SourceFile(str(root), inside, about.st_size, about.st_mtime_ns))
                else:
                    found += _members(path, suffix)
        elif root.is_file():
            found += _members(root, suffix)
        else:
            raise DataError(f"no folder and no zip archive at '{root}'")
    if not found:
        listed = ", ".join(f"'{root}'" for root in roots)
        raise DataError(f"no {suffix} file in {listed}: expected a folder that holds some, or a zip archive")
    found.sort(key=lambda file: (file.stem, str(file)))
    for one, other in itertools.pairwise(found):
        if one.stem == other.stem:
            raise DataError(f"'{one.stem}' is there twice, as '{one}' and '{other}': name one of them as the source")
    return found


def _members(path: Path, suffix: str) -> list[SourceFile]:
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except BROKEN_ARCHIVE as error:
        raise DataError(
            f"'{path}' is not a complete zip archive (is the download finished?): {first_line(error)}"
        ) from error
    return [
        SourceFile(str(path), member.filename, member.file_size, member.CRC)
        for member in members
        # An archive made on a Mac has a shadow of every file.
        if PurePosixPath(member.filename).suffix.lower() == suffix
        and "__MACOSX" not in member.filename
        and not member.is_dir()
    ]


@functools.lru_cache(maxsize=8)
def _archive(path: str, *state: int) -> zipfile.ZipFile:
    """An archive that stays open: its directory is read once a process, as long as the file's state is the same."""
    return zipfile.ZipFile(path)
