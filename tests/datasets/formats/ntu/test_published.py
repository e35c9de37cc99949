import numpy as np
import pytest

from skgraph.datasets.formats.ntu.published import ntu_columns
from skgraph.errors import DataError

NAMES = ["S001C002P003R001A013", "S032C001P106R002A002"]


def test_names_of_ntu():
    columns = ntu_columns(NAMES, np.array([12, 1], np.uint8), "here")
    assert {key: columns[key].tolist() for key in ("subject", "camera", "setup", "y")} == {
        "subject": [3, 106],
        "camera": [2, 1],
        "setup": [1, 32],
        "y": [12, 1],
    }
    assert columns["class_names"][::12] == ["drink water", "tear up paper"] and columns["y"].dtype == np.int64


def test_labels_that_are_not_those_of_the_names_are_numbers():
    columns = ntu_columns(NAMES, np.array([1, 0]), "here")
    assert columns["class_names"] == ["0", "1"] and columns["setup"].tolist() == [1, 32]


def test_other_names():
    assert set(ntu_columns([NAMES[0], "mine"], np.array([0, 2]), "here")) == {"y", "class_names"}


@pytest.mark.parametrize("label", [-1, 10_000])
def test_labels_out_of_range(label):
    with pytest.raises(DataError, match=f"'here': clip '{NAMES[1]}' has label {label}, expected 0 to 9999"):
        ntu_columns(NAMES, np.array([0, label]), "here")
