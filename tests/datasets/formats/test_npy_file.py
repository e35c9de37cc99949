import os
import pickle

import numpy as np
import pytest

from skgraph.datasets.formats.npy_file import open_npy
from skgraph.errors import DataError


def header(text):
    raw = text.encode("latin-1") + b"\n"
    return b"\x93NUMPY\1\0" + len(raw).to_bytes(2, "little") + raw


def test_values_stay_in_the_file(tmp_path):
    np.save(tmp_path / "a.npy", np.arange(6).reshape(2, 3))
    array = open_npy(tmp_path / "a.npy")
    assert isinstance(array, np.memmap) and array.tolist() == [[0, 1, 2], [3, 4, 5]]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        header("("),
        header("'''"),
        header("{1: 2, 'a': 3}"),
        header("{[]: 1}"),
        header("'a' + 'b'"),
        header("-" * 4000 + "1"),
        header("{'descr': ',', 'fortran_order': False, 'shape': (3,), }"),
        header("[" * 300 + "]" * 300),
        header("{'descr': '<f4', 'fortran_order': False, 'shape': (True,), }"),
        header("{'descr': '<f4', 'fortran_order': False, 'shape': (-1, 3), }"),
        header(f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({2**40}, {2**40}), }}"),
        header("{'descr': '|O', 'fortran_order': False, 'shape': (3,), }") + bytes(99),
        pickle.dumps([1, 2]),
    ],
)
def test_headers_are_python_and_may_be_anything(tmp_path, content):
    (tmp_path / "a.npy").write_bytes(content)
    with pytest.raises(DataError, match="a.npy' is not a complete .npy array of numbers: "):
        open_npy(tmp_path / "a.npy")


def test_what_is_no_array(tmp_path):
    with pytest.raises(DataError, match="no file at '.*a.npy'"):
        open_npy(tmp_path / "a.npy")
    os.mkfifo(tmp_path / "a.npy")
    with pytest.raises(DataError, match="no file at '.*a.npy'"):
        open_npy(tmp_path / "a.npy")
    np.savez(tmp_path / "b.npz", x=[1])
    with pytest.raises(DataError, match="b.npz' is an archive of arrays"):
        open_npy(tmp_path / "b.npz")
