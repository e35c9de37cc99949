import numpy as np
import pytest

from skgraph.datasets.label_table import read_label_table
from skgraph.errors import DataError


@pytest.fixture
def table(tmp_path):
    for name in "ab":
        (tmp_path / f"{name}.npy").touch()

    def read(text):
        (tmp_path / "labels.csv").write_text(text, encoding="utf-8")
        return read_label_table(tmp_path, ".npy")

    return read


def test_a_column_that_is_there_twice(table):
    with pytest.raises(DataError, match="labels.csv' has the columns label twice"):
        table("name,label,label\na,sit,stand\nb,sit,stand\n")


@pytest.mark.parametrize("number", [2**62, 2**63, 2**64, -(2**70), 10**400])
def test_numbers_that_no_integer_of_an_array_can_hold_are_text(table, number):
    found = table(f"name,label,subject\na,{number},{number}\nb,1,1\n")
    assert sorted(found["class_names"]) == sorted([str(number), "1"])
    assert found["subject"].dtype.kind == "U" and found["subject"][0] == str(number)


@pytest.mark.parametrize("text", ["1_1", "01", "+1", "-0", "00", "\uff11\uff11", "1.0", "1 1"])
def test_what_is_not_written_as_a_number_is_text(table, text):
    found = table(f"name,label,subject\na,{text},{text}\nb,11,1\n")
    assert found["class_names"] == sorted([text, "11"])
    assert found["subject"].tolist() == [text, "1"]


def test_numbers_are_numbers(table):
    found = table("name,label,subject\na,10,3\nb,-9,\n")
    assert found["class_names"] == ["-9", "10"] and found["y"].tolist() == [1, 0]
    assert found["subject"].tolist() == [3, -1] and found["subject"].dtype == np.int64


@pytest.mark.parametrize("line, cells", [("b,x,sit,3", 4), ("b,sit", 2), ("b", 1), ("b,sit,3,", 4)])
def test_a_line_with_other_cells_than_the_header(table, line, cells):
    with pytest.raises(DataError, match=f"labels.csv', line 4 has {cells} cells, the header 3$"):
        table(f"name,label,subject\na,sit,1\n\n{line}\n")


@pytest.mark.parametrize("letter, word", [(";", "semicolons"), ("\t", "tabs")])
def test_other_letters_between_the_cells(table, letter, word):
    with pytest.raises(DataError, match=f"lacks the columns name, label; .*: expected commas .*, found {word}$"):
        table("name,label\na,sit\nb,stand\n".replace(",", letter))


def test_titles_in_any_case(table):
    found = table("Name, LABEL ,Subject,Age\na,sit,1,30\nb,stand,2,40\n")
    assert found["class_names"] == ["sit", "stand"] and found["subject"].tolist() == [1, 2]
    assert found["notes"] == ["columns of 'labels.csv' that are not used: Age"]
    with pytest.raises(DataError, match="labels.csv' has the columns label twice"):
        table("name,label,Label\na,sit,sit\nb,sit,sit\n")


def test_labels_in_names(tmp_path):
    for name in ("sit_7_a", "stand up_8_b", "sit_8_c"):
        (tmp_path / f"{name}.npy").touch()
    found = read_label_table(tmp_path, ".npy", "{action}_{subject}_{take}")
    assert found["name"] == ["sit_7_a", "sit_8_c", "stand up_8_b"]
    assert found["class_names"] == ["sit", "stand up"] and found["y"].tolist() == [0, 0, 1]
    assert found["subject"].tolist() == [7, 8, 8] and "camera" not in found
    assert read_label_table(tmp_path / "sit_8_c.npy", ".npy", "{label}_8{take}")["class_names"] == ["sit"]
    (tmp_path / "high_kick_s7_b_1.npy").touch()  # only the last part can be divided elsewhere, which names no column
    found = read_label_table(tmp_path / "high_kick_s7_b_1.npy", ".npy", "{action}_s{subject}_{take}_{try}")
    assert found["class_names"] == ["high_kick"] and found["subject"].tolist() == [7]


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("{subject}_{take}", "must have {action} once"),
        ("{action}_{subject}_{subject}", "must have {action} once"),
        ("{action}-{subject}", "2 names of clips do not fit labels={action}-{subject}: a_1, b_c_2"),
        ("{action}_{subject}", "fits 'b_c_2' in several ways, label 'b' or 'b_c': give each part of the names a word"),
    ],
)
def test_patterns_that_do_not_fit(tmp_path, pattern, message):
    for name in ("a_1", "b_c_2"):
        (tmp_path / f"{name}.npy").touch()
    with pytest.raises(DataError, match=message):
        read_label_table(tmp_path, ".npy", pattern)


def test_one_file_needs_no_labels(tmp_path):
    (tmp_path / "a.npy").touch()
    found = read_label_table(tmp_path / "a.npy", ".npy")
    assert found["name"] == ["a"] and found["class_names"] == ["unlabelled"]
    (tmp_path / "mine.csv").write_text("name,label\na,sit\n")
    assert read_label_table(tmp_path / "a.npy", ".npy", tmp_path / "mine.csv")["class_names"] == ["sit"]


def test_clips_that_are_no_files(tmp_path):
    assert read_label_table(tmp_path, "", clips=["only"])["class_names"] == ["unlabelled"]
    assert read_label_table(tmp_path, "", labelled=False, clips=["b", "a"])["name"] == ["a", "b"]
    with pytest.raises(DataError, match="no CSV of labels at '.*labels.csv'"):
        read_label_table(tmp_path, "", clips=["a", "b"])
    (tmp_path / "labels.csv").write_text("name,label\nb,sit\na,stand\n")
    found = read_label_table(tmp_path, "", clips=["a", "b"])
    assert (found["name"], found["y"].tolist()) == (["b", "a"], [0, 1])
    with pytest.raises(DataError, match="1 clips of '.*labels.csv' have no folder in '.*': b"):
        read_label_table(tmp_path, "", clips=["a"])
