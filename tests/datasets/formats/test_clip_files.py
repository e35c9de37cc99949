import pytest

from skgraph.datasets.formats.clip_files import clip_files
from skgraph.errors import DataError

PATTERN = r"a(?P<action>\d\d)_s(?P<subject>\d\d)_e\d\d"


def read(folder):
    return clip_files(folder, "_x.txt", PATTERN, "a01_s01_e01_x.txt", {"action": (1, 2, 12)})


def test_names_and_numbers(tmp_path):
    for name in ("a12_s03_e01_x.txt", "a01_s10_e02_x.txt", "notes.txt"):
        (tmp_path / name).touch()
    names, numbers = read(tmp_path)
    assert names == ["a01_s10_e02", "a12_s03_e01"]
    assert {group: values.tolist() for group, values in numbers.items()} == {"action": [1, 12], "subject": [10, 3]}


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
def test_bad_folders(tmp_path, name, message):
    if name:
        (tmp_path / name).touch()
    with pytest.raises(DataError, match=message):
        read(tmp_path)
    with pytest.raises(DataError, match="no folder at '.*nowhere': expected one with files such as a01"):
        read(tmp_path / "nowhere")
