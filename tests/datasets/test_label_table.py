import numpy as np
import pytest

from skgraph.datasets.label_table import LabelTable
from skgraph.errors import DataError


@pytest.fixture
def table(tmp_path):
    for name in "ab":
        (tmp_path / f"{name}.npy").touch()

    def read(text):
        (tmp_path / "labels.csv").write_text(text)
        return LabelTable.of_folder(tmp_path, ".npy")

    return read


def test_a_column_that_is_there_twice(table):
    with pytest.raises(DataError, match="labels.csv' has the columns label twice"):
        table("name,label,label\na,sit,stand\nb,sit,stand\n")


@pytest.mark.parametrize("number", [2**62, 2**63, 2**64, -(2**70), 10**400])
def test_numbers_that_no_integer_of_an_array_can_hold_are_text(table, number):
    found = table(f"name,label,subject\na,{number},{number}\nb,1,1\n")
    assert sorted(found.class_names) == sorted([str(number), "1"])
    assert found.ids["subject"].dtype.kind == "U" and found.ids["subject"][0] == str(number)


def test_numbers_are_numbers(table):
    found = table("name,label,subject\na,10,3\nb,9,\n")
    assert found.class_names == ["9", "10"] and found.y.tolist() == [1, 0]
    assert found.ids["subject"].tolist() == [3, -1] and found.ids["subject"].dtype == np.int64
