import io
import struct
import zlib

import numpy as np
import pytest

from skgraph.datasets.formats.mat_file import read_mat_array
from skgraph.errors import DataError

scipy_io = pytest.importorskip("scipy.io")


@pytest.fixture
def read(tmp_path):
    def write_and_read(content, name="x"):
        path = tmp_path / "a.mat"
        path.write_bytes(content)
        return read_mat_array(path, name, 2**20)

    return write_and_read


def element(type_, content, order="<"):
    return struct.pack(f"{order}2I", type_, len(content)) + content + bytes(-len(content) % 8)


def matrix(name, shape, type_, content, flags=6, order="<"):
    """An array of doubles that are stored as another type, by the document of the format."""
    parts = element(6, struct.pack(f"{order}2I", flags, 0), order)
    parts += element(5, struct.pack(f"{order}{len(shape)}i", *shape), order) + element(1, name, order)
    return element(14, parts + element(type_, content, order), order)


def compressed(size):
    content = zlib.compress(matrix(b"x", (size, 1), 2, bytes(size)))
    return struct.pack("<2I", 15, len(content)) + content


def header(order="<", version=0x100):
    return b"MATLAB 5.0 MAT-file".ljust(124) + struct.pack(f"{order}H", version) + (b"IM" if order == "<" else b"MI")


@pytest.mark.parametrize("order", ["<", ">"])
def test_columns_first_in_either_byte_order(read, order):
    array = read(header(order) + matrix(b"x", (2, 3), 3, struct.pack(f"{order}6h", *range(6)), order=order))
    assert array.tolist() == [[0, 2, 4], [1, 3, 5]] and array.dtype == np.float64


@pytest.mark.parametrize("compressed", [False, True])
def test_what_scipy_writes(read, compressed):
    numbers = {code: np.arange(24).reshape(2, 3, 4).astype(code) for code in "f8 f4 i1 u1 i2 u2 i4 u4 i8 u8".split()}
    numbers |= {"small": np.array([[1, 2]], np.int8), "none": np.zeros((0, 3))}
    others = {
        "text": "abc",
        "cell": np.array([1, "a"], object),
        "struct": {"a": 1},
        "yes": np.ones((1, 2)) > 0,
        "both": np.ones((1, 2)) * 1j,
    }
    file = io.BytesIO()
    content = numbers | others
    scipy_io.savemat(file, {f"v{name}": value for name, value in reversed(content.items())}, do_compression=compressed)
    for name, value in numbers.items():
        array = read(file.getvalue(), f"v{name}")
        np.testing.assert_array_equal(array, value)
        assert array.dtype == value.dtype
    for name in [f"v{name}" for name in others]:
        with pytest.raises(DataError, match=f"a.mat' has no array '{name}' of real numbers; it has vnone, vsmall, vu8"):
            read(file.getvalue(), name)


def test_compressed_arrays_have_a_sum(read):
    content = header() + 2 * compressed(400_000)
    assert read(content).shape == (400_000, 1)


@pytest.mark.parametrize(
    "content, message",
    [
        (b"", "its header is not that of level 5"),
        (header(version=0x200), "its header is not that of level 5 .save with -v7, not -v7.3"),
        (header() + b"\1", "unpack requires"),
        (header() + element(9, bytes(8)), "an element of type 14 should follow, found 9"),
        (header() + matrix(b"x", (2, 3), 9, bytes(48))[:60], "an element has [0-9]+ bytes, and 52 are left"),
        (header() + matrix(b"x", (2, -3), 9, b""), r"an array of float64 \[2, -3\] should have other than 0 bytes"),
        (header() + matrix(b"x", (2, 2**30), 9, bytes(48)), r"\[2, 1073741824\] should have other than 48 bytes"),
        (
            header() + element(15, zlib.compress(bytes(2**21))),
            "is cut off, or decompresses to more than 1048576 bytes",
        ),
        (header() + 3 * compressed(400_000), "decompresses to more than 1048576 bytes"),
        (header() + element(15, zlib.compress(bytes(99))[:-5]), "is cut off, or decompresses"),
        (header() + element(15, b"x" * 16), "incorrect header check"),
        (header() + element(14, struct.pack("<2I", 0x60006, 0)), "a small element has 4 bytes or fewer, found 6"),
        (header() + element(14, element(6, bytes(4))), "unpack requires"),
    ],
)
def test_damaged_files(read, content, message):
    with pytest.raises(DataError, match=f"a.mat' is not a complete Matlab file of version 5 to 7: .*{message}"):
        read(content)


def test_missing_and_large_files(tmp_path):
    with pytest.raises(DataError, match="a.mat' cannot be read: .*No such file"):
        read_mat_array(tmp_path / "a.mat", "x", 100)
    (tmp_path / "a.mat").write_bytes(bytes(101))
    with pytest.raises(DataError, match="has more than 100 bytes"):
        read_mat_array(tmp_path / "a.mat", "x", 100)
