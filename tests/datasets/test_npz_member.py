import zipfile

import numpy as np
import pytest

from skgraph.datasets.npz_member import NpzMember
from skgraph.errors import DataError


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_pieces(tmp_path, save, order):
    x = np.arange(12, dtype=np.int16).reshape(6, 2)
    save(tmp_path / "a.npz", x=np.array(x, order=order), y=np.zeros(3))
    member = NpzMember.of(tmp_path / "a.npz", "x")
    assert (member.shape, member.dtype, member.fortran) == ((6, 2), np.dtype(np.int16), order == "F")
    assert [piece.tolist() for piece in member.pieces([1, 0, 3, 2])] == [
        [[0, 1]], [], [[2, 3], [4, 5], [6, 7]], [[8, 9], [10, 11]],
    ]  # fmt: skip


def test_a_header_that_promises_more(tmp_path):
    np.save(tmp_path / "x.npy", np.zeros(30))
    content = (tmp_path / "x.npy").read_bytes().replace(b"(30,)", b"(99,)")
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("x.npy", content)
    with pytest.raises(DataError, match=r"array 'x' has 240 bytes, float64 \[99\] needs another number"):
        NpzMember.of(tmp_path / "a.npz", "x")


def test_an_array_that_is_not_there(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.zeros(3))
    with pytest.raises(DataError, match="array 'y' cannot be read, the file is damaged"):
        NpzMember.of(tmp_path / "a.npz", "y")
