import os
import tracemalloc
import zipfile

import pytest

from skgraph.datasets.files import all_below, clip_suffix, find_files, folder_files, folders_in, numbered_files
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


def test_the_suffix_of_clips(folder):
    assert clip_suffix(folder, (".json", ".txt", ".csv")) == ".txt"
    assert clip_suffix(folder, (".json", ".csv")) == ".json"  # that which an error will miss
    assert clip_suffix(folder / "a.csv", (".json", ".csv")) == ".csv"
    assert clip_suffix(folder, (".txt", ".md"), but=folder / "notes.md") == ".txt"
    with pytest.raises(DataError, match="' holds .txt and .md files, expected clips of one kind"):
        clip_suffix(folder, (".txt", ".md"))


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


PATTERN = r"a(?P<action>\d\d)_s(?P<subject>\d\d)_e\d\d"


def read_numbered(folder):
    return numbered_files(folder, "_x.txt", PATTERN, "a01_s01_e01_x.txt", {"action": (1, 2, 12)})


def test_numbers_in_names(tmp_path):
    for name in ("a12_s03_e01_x.txt", "a01_s10_e02_x.txt", "notes.txt"):
        (tmp_path / name).touch()
    names, numbers = read_numbered(tmp_path)
    assert names == ["a01_s10_e02", "a12_s03_e01"]
    assert {group: values.tolist() for group, values in numbers.items()} == {"action": [1, 12], "subject": [10, 3]}
    names, numbers = read_numbered(tmp_path / "a12_s03_e01_x.txt")
    assert (names, numbers["action"].tolist()) == (["a12_s03_e01"], [12])
    with pytest.raises(DataError, match=r"1 files of '.*' are not named like a01_s01_e01_x\.txt: notes\.txt"):
        read_numbered(tmp_path / "notes.txt")


@pytest.mark.parametrize(
    "name, message",
    [
        (None, r"no _x\.txt file in '.*': expected files such as a01_s01_e01_x\.txt"),
        ("walk_x.txt", r"1 files of '.*' are not named like a01_s01_e01_x\.txt: walk_x\.txt"),
        ("a01_s01_e01b_x.txt", "are not named like"),
        ("a1234567890_s01_e01_x.txt", "are not named like"),
        ("a0٣_s01_e01_x.txt", "are not named like"),
        ("a03_s01_e01_x.txt", r"a03_s01_e01_x\.txt' is of action 3, expected one of 1, 2, 12 \(1 such files\)"),
    ],
)
def test_names_of_other_datasets(tmp_path, name, message):
    if name:
        (tmp_path / name).touch()
    with pytest.raises(DataError, match=message):
        read_numbered(tmp_path)
    with pytest.raises(DataError, match="no folder at '.*nowhere': expected one with files such as a01"):
        read_numbered(tmp_path / "nowhere")


def archive(path, members):
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return path


def test_folders_and_archives_in_order_of_stems(tmp_path):
    (tmp_path / "a" / "deep").mkdir(parents=True)
    (tmp_path / "a" / "deep" / "two.txt").write_text("2")
    (tmp_path / "a" / "four.TXT").write_text("4")
    (tmp_path / "a" / "other.csv").write_text("")
    archive(tmp_path / "a" / "more.zip", {"x/one.txt": "1", "__MACOSX/x/._one.txt": "", "x/readme.md": ""})
    archive(tmp_path / "b.zip", {"three.txt": "3"})
    files = find_files([tmp_path / "a", tmp_path / "b.zip"], ".txt")
    assert [(file.stem, file.read()) for file in files] == [
        ("four", b"4"),
        ("one", b"1"),
        ("three", b"3"),
        ("two", b"2"),
    ]
    assert str(files[1]).endswith("a/more.zip/x/one.txt")


def test_two_of_one_name(tmp_path):
    (tmp_path / "one.txt").write_text("1")
    archive(tmp_path / "a.zip", {"one.txt": "1"})
    with pytest.raises(DataError, match="'one' occurs twice, as '.*a.zip/one.txt' and '.*one.txt': name one of them"):
        find_files(tmp_path, ".txt")


def test_one_file_is_a_source(folder):
    (found,) = find_files(folder / "deep" / "c.txt", ".txt")
    assert (found.stem, found.read()) == ("c", b"") and str(found) == f"{folder}/deep/c.txt"
    (folder / "deep" / "a.txt").touch()
    assert [file.stem for file in find_files(folder, ".txt", unique=False)] == ["a", "a", "b", "c", "d"]


def test_sources_that_are_none(tmp_path):
    with pytest.raises(DataError, match="no folder, no .txt file and no zip archive at '.*nowhere'"):
        find_files(tmp_path / "nowhere", ".txt")
    with pytest.raises(DataError, match=r"no \.txt file in '.*': expected a folder that holds some"):
        find_files(tmp_path, ".txt")
    whole = archive(tmp_path / "a.zip", {"one.txt": "1" * 1000}).read_bytes()
    (tmp_path / "a.zip").write_bytes(whole[:-30])
    with pytest.raises(DataError, match=r"a.zip' is not a complete zip archive \(is the download finished\?\)"):
        find_files(tmp_path / "a.zip", ".txt")


def test_a_member_that_is_damaged_or_too_large(tmp_path, monkeypatch):
    path = archive(tmp_path / "a.zip", {"one.txt": bytes(range(256)) * 20})
    (file,) = find_files(path, ".txt")
    content = bytearray(path.read_bytes())
    content[60:90] = bytes(30)
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"a.zip/one.txt' cannot be read: "):
        file.read()
    monkeypatch.setattr("skgraph.datasets.files._LARGEST", 5000)
    with pytest.raises(DataError, match="has 0 MiB, expected at most 0 in a recording"):
        file.read()


def test_a_file_that_has_gone(tmp_path):
    (tmp_path / "one.txt").write_text("1")
    (file,) = find_files(tmp_path, ".txt")
    (tmp_path / "one.txt").unlink()
    with pytest.raises(DataError, match=r"one.txt' cannot be read: "):
        file.read()


def test_what_an_archive_says_of_a_size_is_all_that_is_read(tmp_path):
    """A member of 50 MB in 50 KB that says it has 100 bytes."""
    path = archive(tmp_path / "a.zip", {"one.txt": bytes(50_000_000)})
    content = bytearray(path.read_bytes())
    place = content.index(b"PK\1\2") + 24
    content[place : place + 4] = (100).to_bytes(4, "little")
    path.write_bytes(content)
    (file,) = find_files(path, ".txt")
    tracemalloc.start()
    with pytest.raises(DataError, match="one.txt' cannot be read: Bad CRC-32"):
        file.read()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5_000_000


def test_an_archive_that_was_replaced_is_read_anew(tmp_path):
    path = archive(tmp_path / "a.zip", {"one.txt": "old"})
    assert find_files(path, ".txt")[0].read() == b"old"
    archive(tmp_path / "b.zip", {"one.txt": "newer"}).replace(path)
    assert find_files(path, ".txt")[0].read() == b"newer"


def test_folders_are_no_files_whatever_they_are_called(tmp_path):
    archive(tmp_path / "a.zip", {"old.txt/": "", "old.txt/one.txt": "1"})
    (tmp_path / "more.txt").mkdir()
    assert [file.stem for file in find_files(tmp_path, ".txt")] == ["one"]


def test_a_broken_link_is_not_passed_over(tmp_path):
    (tmp_path / "one.txt").symlink_to("nowhere")
    with pytest.raises(DataError, match="one.txt' is a broken link, expected a file"):
        find_files(tmp_path, ".txt")


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_damage_of_other_compressions(tmp_path, method):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", method) as file:
        file.writestr("one.txt", bytes(range(256)) * 20)
    content = bytearray((tmp_path / "a.zip").read_bytes())
    content[45:80] = bytes(35)
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(DataError, match="one.txt' cannot be read: "):
        find_files(tmp_path, ".txt")[0].read()
