import os

import pytest

from skgraph.datasets.formats.folder_files import all_below, folder_files, folders_in
from skgraph.errors import DataError


@pytest.fixture
def folder(tmp_path):
    for path in ("b.txt", "a.txt", "notes.md", "deep/c.txt", "deep/deeper/d.txt"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    return tmp_path


def test_files_and_folders_in_order(folder):
    assert [path.name for path in folder_files(folder, ".txt")] == ["a.txt", "b.txt"]
    assert [path.name for path in folders_in(folder)] == ["deep"]


def test_links_to_folders_are_not_followed(folder):
    (folder / "deep" / "round").symlink_to(folder, target_is_directory=True)
    found = [path.relative_to(folder).as_posix() for path in all_below(folder)]
    assert found == [
        "a.txt",
        "b.txt",
        "deep",
        "deep/c.txt",
        "deep/deeper",
        "deep/deeper/d.txt",
        "deep/round",
        "notes.md",
    ]


def test_what_is_called_like_a_file_and_is_none(folder):
    for make, what in (
        (lambda path: path.symlink_to("nowhere"), "a broken link"),
        (lambda path: path.symlink_to(path.name), "a broken link"),
        (os.mkfifo, "a pipe or a device"),
    ):
        make(folder / "x.txt")
        with pytest.raises(DataError, match=f"x.txt' is {what}, expected a file"):
            folder_files(folder, ".txt")
        (folder / "x.txt").unlink()
    (folder / "x.txt").mkdir()
    with pytest.raises(DataError, match="x.txt' is a folder, expected a file"):
        folder_files(folder, ".txt")


@pytest.mark.parametrize(
    "look", [lambda path: folder_files(path, ".txt"), folders_in, lambda path: list(all_below(path))]
)
def test_a_folder_that_cannot_be_read(folder, monkeypatch, look):
    def denied(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("pathlib.Path.iterdir", denied)
    with pytest.raises(DataError, match="' cannot be read: .*Permission denied"):
        look(folder)
