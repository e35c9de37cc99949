import zipfile

import numpy as np
import pytest

from skgraph.datasets.formats.npz_file import NpzMember
from skgraph.errors import DataError


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_pieces(tmp_path, save, order):
    x = np.arange(12, dtype=np.int16).reshape(6, 2)
    save(tmp_path / "a.npz", x=np.array(x, order=order), y=np.zeros(3))
    member = NpzMember.of(tmp_path / "a.npz", "x")
    assert (member.shape, member.dtype, member.fortran) == ((6, 2), np.dtype(np.int16), order == "F")
    assert [piece.tolist() for piece in member.pieces([1, 0, 3, 2])] == [
        [[0, 1]],
        [],
        [[2, 3], [4, 5], [6, 7]],
        [[8, 9], [10, 11]],
    ]


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


@pytest.mark.parametrize("pieces", [[4000], [1000] * 4, [1] * 4000])
def test_the_checksum_of_what_is_compressed_counts(tmp_path, pieces):
    """An array is read to its last byte, at which the archive has not yet compared."""
    x = np.random.default_rng(0).integers(0, 3, 4000).astype(np.int8)
    np.savez_compressed(tmp_path / "a.npz", x=x)
    content = bytearray((tmp_path / "a.npz").read_bytes())
    place = content.index(b"PK\1\2") + 16
    content[place] ^= 1
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(DataError, match="array 'x' cannot be read, the file is damaged: Bad CRC-32"):
        list(NpzMember.of(tmp_path / "a.npz", "x").pieces(pieces))


@pytest.mark.parametrize("order, advice", [("C", "cut recordings into shorter ones"), ("F", "store it in C order")])
def test_what_no_clip_has_is_not_read(tmp_path, monkeypatch, order, advice):
    monkeypatch.setattr("skgraph.datasets.formats.npz_file.MOST_NUMBERS", 5)
    np.savez(tmp_path / "a.npz", x=np.zeros((6, 2), order=order))
    member = NpzMember.of(tmp_path / "a.npz", "x")
    with pytest.raises(DataError, match=f"array 'x' has [0-9]+ numbers that are read at once, .* at most 5: {advice}"):
        list(member.pieces([3, 3]))
    if order == "C":
        assert len(list(member.pieces([2] * 3))) == 3


@pytest.mark.parametrize("value", [np.array("a text"), np.array(7.5), np.arange(6).reshape(2, 3), np.zeros(0)])
@pytest.mark.parametrize("order", ["C", "F"])
def test_a_small_array_is_read_as_a_whole(tmp_path, monkeypatch, value, order):
    np.savez(tmp_path / "a.npz", x=np.array(value, order=order))
    found = NpzMember.of(tmp_path / "a.npz", "x").read()
    assert found.shape == value.shape and found.dtype == value.dtype and found.tolist() == value.tolist()
    monkeypatch.setattr("skgraph.datasets.formats.npz_file._SMALL", -1)
    with pytest.raises(DataError, match="a.npz': array 'x', .* has more than"):
        NpzMember.of(tmp_path / "a.npz", "x").read()


def test_a_header_that_is_no_python(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("x.npy", b"\x93NUMPY\1\0\2\0(\n")
    with pytest.raises(DataError, match="array 'x' cannot be read, the file is damaged"):
        NpzMember.of(tmp_path / "a.npz", "x")
