import io
import struct
import zlib

import numpy as np
import pytest

from skgraph.datasets.formats.mat_array import MatArray
from skgraph.errors import DataError

scipy_io = pytest.importorskip("scipy.io")


@pytest.fixture
def save(tmp_path):
    def write(content):
        path = tmp_path / "a.mat"
        path.write_bytes(content)
        return MatArray.all_of(path, 2**20)

    return write


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
def test_columns_first_in_either_byte_order(save, order):
    arrays = save(header(order) + matrix(b"x", (2, 3), 3, struct.pack(f"{order}6h", *range(6)), order=order))
    assert (arrays["x"].kind, arrays["x"].shape) == ("double", (2, 3))
    assert arrays["x"].read().tolist() == [[0, 2, 4], [1, 3, 5]] and arrays["x"].read().dtype == np.float64


@pytest.mark.parametrize("compressed", [False, True])
def test_what_scipy_writes(save, compressed):
    content = {
        code: np.arange(24).reshape(2, 3, 4).astype(code) for code in "f8 f4 i1 u1 i2 u2 i4 u4 i8 u8".split()
    } | {
        "small": np.array([[1, 2]], np.int8),
        "text": "abc",
        "cell": np.array([1, "a"], object),
        "none": np.zeros((0, 3)),
    }
    content |= {"yes": np.ones((1, 2)) > 0, "both": np.ones((1, 2)) * 1j}
    file = io.BytesIO()
    scipy_io.savemat(file, {f"v{name}": value for name, value in content.items()}, do_compression=compressed)
    arrays = save(file.getvalue())
    assert list(arrays) == [f"v{name}" for name in content]
    kinds = {name: arrays[f"v{name}"].kind for name in ("f4", "u8", "text", "cell", "yes", "both")}
    assert list(kinds.values()) == ["single", "uint64", "char", "cell", "logical", "complex double"]
    for name, value in content.items():
        array = arrays[f"v{name}"]
        if array.is_numbers:
            np.testing.assert_array_equal(array.read(), value)
            assert array.read().dtype == value.dtype
        else:
            with pytest.raises(ValueError, match="does not hold real numbers"):
                array.read()


def test_compressed_arrays_have_a_sum(save):
    assert save(header() + 2 * compressed(400_000))["x"].read().shape == (400_000, 1)


@pytest.mark.parametrize(
    "content, message",
    [
        (b"", "its header is not that of level 5"),
        (header(version=0x200), "its header is not that of level 5 .save with -v7, not -v7.3"),
        (header() + b"\1", "unpack requires"),
        (header() + element(9, bytes(8)), "an element of type 14 should follow, found 9"),
        (header() + matrix(b"x", (2, 3), 9, bytes(48))[:60], "an element has [0-9]+ bytes, and 52 are left"),
        (header() + matrix(b"x", (2, -3), 9, b""), r"an array has the dimensions \[2, -3\]"),
        (header() + matrix(b"x", (2,), 9, b""), r"an array has the dimensions \[2\]"),
        (
            header() + element(15, zlib.compress(bytes(2**21))),
            "is cut off, or what is compressed has more than 1048576 bytes",
        ),
        (header() + 3 * compressed(400_000), "what is compressed has more than 1048576 bytes"),
        (header() + element(15, zlib.compress(bytes(99))[:-5]), "is cut off, or what"),
        (header() + element(15, b"x" * 16), "incorrect header check"),
        (header() + element(14, struct.pack("<2I", 0x60006, 0)), "a small element has 4 bytes or fewer, found 6"),
        (header() + element(14, element(6, bytes(4))), "the flags of an array have 8 bytes, found 4"),
    ],
)
def test_damaged_files(save, content, message):
    with pytest.raises(DataError, match=f"a.mat' is not a complete Matlab file of version 5 to 7: .*{message}"):
        save(content)


def test_fewer_numbers_than_the_dimensions_say(save):
    array = save(header() + matrix(b"x", (2, 2**30), 9, bytes(48)))["x"]
    with pytest.raises(ValueError, match=r"\[2, 1073741824\] float64 should have other than 48 bytes"):
        array.read()


def test_missing_and_large_files(tmp_path):
    with pytest.raises(DataError, match="a.mat' cannot be read: .*No such file"):
        MatArray.all_of(tmp_path / "a.mat", 100)
    (tmp_path / "a.mat").write_bytes(bytes(101))
    with pytest.raises(DataError, match="has more than 100 bytes"):
        MatArray.all_of(tmp_path / "a.mat", 100)
