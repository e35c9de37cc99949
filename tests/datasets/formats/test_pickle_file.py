import copyreg
import functools
import io
import os
import pickle
import random
import re
import struct
import tracemalloc
from collections import OrderedDict

import numpy as np
import pytest

from skgraph.datasets.formats import pickle_file
from skgraph.datasets.formats.pickle_file import read_pickle
from skgraph.datasets.formats.text_file import describe
from skgraph.errors import DataError

PROTOCOLS = range(6)
INT16 = (
    b"cnumpy\ndtype\nX\x02\x00\x00\x00i2\x89\x88\x87R"
    b"(K\x03X\x01\x00\x00\x00<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
)
EMPTY = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85C\x01b\x87R"
MARK = "the-side-effect"


def array(shape=b"K\x02\x85", dtype=INT16, fortran=b"\x89", content=b"C\x04\x01\x00\x02\x00", version=b"K\x01"):
    """The pickle of the array [1, 2] of int16, or of one whose description is another."""
    return b"\x80\x03" + EMPTY + b"(" + version + shape + dtype + fortran + content + b"tb."


def bin_unicode(text):
    return b"X" + struct.pack("<I", len(text.encode())) + text.encode()


@pytest.fixture
def load(tmp_path):
    def read(content):
        path = tmp_path / "some.pkl"
        path.write_bytes(content)
        return read_pickle(path)

    return read


@pytest.fixture
def harmless(tmp_path, monkeypatch):
    """Runs the test in a folder, where nothing may have appeared at its end."""
    folder = tmp_path / "folder"
    folder.mkdir()
    monkeypatch.chdir(folder)
    yield
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_plain_containers(load, protocol):
    value = {
        "split": {"train": ["a", "b"], "test": []},
        "numbers": [0, 1, 255, 256, 65535, 65536, -1, 2**31, -(2**100), 1.5, -0.0, True, False, None],
        "tuples": [(), (1,), (1, 2), (1, 2, 3), (1, 2, 3, (4,))],
        "texts": ["", "é", "日本\n", "x" * 300, b"", b"\x00\xff", b"y" * 300],
        "sets": [set(), {1, "a"}, frozenset([b"x"])],
        3: 1,
        2.5: 2,
        None: 3,
        b"k": 4,
    }
    assert load(pickle.dumps(value, protocol)) == value


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    "value",
    [
        np.arange(24, dtype=np.float16).reshape(2, 3, 4),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.arange(3, dtype=">i4"),
        np.arange(10, dtype=np.uint8)[::3],
        np.array(7, np.int64),
        np.zeros((0, 3), "f4"),
        np.array([True, False]),
        np.array(["ab", "日本"]),
        np.array(["é"], ">U2"),
        np.array([b"ab", b"c"]),
    ],
    ids=lambda value: f"{value.dtype.str}{list(value.shape)}",
)
def test_arrays(load, value, protocol):
    read = load(pickle.dumps({"x": [value, value]}, protocol))["x"]
    assert read[0] is read[1]
    np.testing.assert_array_equal(read[0], value)
    assert read[0].dtype == value.dtype.newbyteorder("=") and read[0].dtype.isnative
    assert not read[0].flags.writeable


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_scalars_become_those_of_python(load, protocol):
    read = load(pickle.dumps([np.float32(1.5), np.int64(-3), np.bool_(True), np.str_("ab"), np.bytes_(b"c")], protocol))
    assert read == [1.5, -3, True, "ab", b"c"]
    assert [type(value) for value in read] == [float, int, bool, str, bytes]


def test_python_2(load):
    # pickle.dump((['a', "it's", '\xe9\n'], [0, 59L]), file), protocol 0
    names = b"((lp0\nS'a'\np1\naS\"it's\"\np2\naS'\\xe9\\n'\np3\na(lp4\nI0\naL59L\nat."
    assert load(names) == (["a", "it's", "é\n"], [0, 59])
    # pickle.dump((['a', 'b'], [3]), file, 2)
    assert load(b"\x80\x02]q\x00(U\x01aq\x01T\x01\x00\x00\x00be]q\x02K\x03a\x86q\x03.") == (["a", "b"], [3])
    # an array of int16, protocol 2: texts of 8 bits, and numbers for truth values
    dtype = b"cnumpy\ndtype\nq\x02U\x02i2K\x00K\x01\x87Rq\x03(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
    empty = b"cnumpy.core.multiarray\n_reconstruct\nq\x00cnumpy\nndarray\nq\x01K\x00\x85U\x01b\x87R"
    read = load(b"\x80\x02" + empty + b"(K\x01K\x02\x85" + dtype + b"K\x00U\x04\xff\x00\x02\x00tb.")
    assert read.tolist() == [255, 2]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_arrays_whose_axes_are_in_another_order(load, protocol):
    value = np.arange(24.0).reshape(2, 3, 4).transpose(1, 0, 2)  # NumPy 2.3 writes the order of the axes
    np.testing.assert_array_equal(load(pickle.dumps(value, protocol)), value)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_ordered_dicts_become_dicts(load, protocol):
    read = load(pickle.dumps(OrderedDict(b=[1], a=OrderedDict()), protocol))
    assert read == {"b": [1], "a": {}} and list(read) == ["b", "a"] and type(read) is dict


def test_the_handwritten_array(load):
    assert load(array()).tolist() == [1, 2]


class Attack:
    def __init__(self, *reduced):
        self.reduced = reduced

    def __reduce__(self):
        return self.reduced


class Stateful:
    pass


def test_the_attack_is_one(load, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    attack = pickle.dumps(Attack(os.mkdir, (MARK,)))
    with pytest.raises(DataError, match="mkdir"):
        load(attack)
    assert not (tmp_path / MARK).exists()
    pickle.loads(attack)
    assert (tmp_path / MARK).exists()


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    "attack, wanted",
    [
        (Attack(os.system, (f"touch {MARK}",)), r"posix\.system"),
        (Attack(eval, (f"open('{MARK}', 'w')",)), r"(__builtin__|builtins)\.eval"),
        (Attack(getattr, ("os", "system")), "getattr"),
        (Attack(functools.partial(os.mkdir, MARK), ()), r"functools\.partial"),
        (np.array([Attack(os.mkdir, (MARK,))], object), "an array of 'O8', which is not plain numbers or text"),
        (np.array([1, None], object), "an array of 'O8'"),
        (np.zeros(2, [("a", "i4")]), "an array of 'V4'"),
        (np.zeros(2, "M8[s]"), "an array of 'M8'"),
        (np.zeros(2, complex), "an array of 'c16'"),
        (Stateful(), r"(copy_reg|copyreg|tests|test_pickle_file)[.\w]*"),
        (1j, "complex"),
        (range(3), "range"),
        (os.system, r"posix\.system"),
        (np.ndarray, "a class as a value"),
        (np.dtype("f4"), "a dtype as a value"),
    ],
    ids=lambda value: re.sub(r" at 0x\w+", "", str(value)),  # the same in every process
)
def test_attacks(load, harmless, attack, wanted, protocol):
    with pytest.raises(DataError, match=rf"some\.pkl' is not a pickle of arrays .*: it wants .*{wanted}"):
        load(pickle.dumps({"annotations": [attack]}, protocol))


@pytest.mark.parametrize(
    "content, message",
    [
        (b"cos\nsystem\n(X\x05\x00\x00\x00touchtR.", "it wants os.system"),
        (b"(S'ls'\nios\nsystem\n.", "it wants the instruction INST"),
        (b"(cos\nsystem\nS'ls'\no.", "it wants os.system"),
        (b"\x80\x04\x8c\x02os\x8c\x06system\x93.", "it wants os.system"),
        (b"\x80\x04K\x01\x8c\x06system\x93.", "STACK_GLOBAL requires str"),
        (b"c\xff\nx\n.", "can't decode byte 0xff"),
        (b"cnumpy\nndarray.__class__\n.", "it wants numpy.ndarray.__class__"),
        (b"(cnumpy\nndarray\no.", "it wants the instruction OBJ"),
        (b"\x80\x02cnumpy\nndarray\n)\x81.", "it wants the instruction NEWOBJ"),
        (b"\x80\x04cnumpy\nndarray\n)}\x92.", "it wants the instruction NEWOBJ_EX"),
        (b"\x80\x02\x82\x01.", "it wants the instruction EXT1"),
        (b"\x80\x02\x83\x01\x00.", "it wants the instruction EXT2"),
        (b"\x80\x02\x84\x01\x00\x00\x00.", "it wants the instruction EXT4"),
        (b"Pid\n.", "it wants the instruction PERSID"),
        (b"K\x01Q.", "it wants the instruction BINPERSID"),
        (b"\x80\x05\x97.", "it wants the instruction NEXT_BUFFER"),
        (b"cnumpy\nndarray\n)R.", r"it wants ndarray of \(\)"),
        (b"c_codecs\nencode\n(X\x01\x00\x00\x00aX\x05\x00\x00\x00rot13tR.", r"it wants encode of \(str, str\)"),
        (b"c_codecs\nencode\n]R.", "it wants to call a _Name"),
        (b"K\x01)R.", "it wants to call a int"),
        (b"]}b.", "it wants to change a list"),
        (b"cnumpy\nndarray\n}X\x01\x00\x00\x00aK\x01sb.", "it wants to change a _Name"),
        (b"c_codecs\nencode\n(N}X\x08\x00\x00\x00__code__K\x01stb.", "it wants to change a _Name"),
        (EMPTY + b".", "it wants an array without content as a value"),
        (EMPTY + b"2\x86.", "it wants an array without content as a value"),
    ],
)
def test_what_is_not_carried_out(load, harmless, content, message):
    with pytest.raises(DataError, match=message):
        load(content)


def test_registered_extensions_are_refused(load):
    copyreg.add_extension("posix", "system", 240)
    try:
        with pytest.raises(DataError, match="it wants the instruction EXT1"):
            load(pickle.dumps(os.system, 2))
    finally:
        copyreg.remove_extension("posix", "system", 240)


def dtype(code="i2", version=3, order="<", fields=(None, None, None), size=-1, align=-1, flags=0):
    plain = pickle.dumps((version, order, *fields, size, align, flags), 2)[2:-1]
    return b"cnumpy\ndtype\n" + bin_unicode(code) + b"\x89\x88\x87R" + plain + b"b"


@pytest.mark.parametrize(
    "change, message",
    [
        ({"shape": b"K\x03\x85"}, r"an array of int16 \[3\] has 4 bytes"),
        ({"shape": b"K\x01\x85"}, r"an array of int16 \[1\] has 4 bytes"),
        ({"shape": b"J\xfe\xff\xff\xff\x85"}, "whole numbers, 0 or more"),
        ({"shape": b"J\xfe\xff\xff\xffJ\xff\xff\xff\xff\x86"}, "whole numbers, 0 or more"),
        ({"shape": b"\x8a\x09" + bytes(8) + b"\x01\x85"}, "whole numbers, 0 or more"),
        (
            {"shape": b"\x8a\x05" + bytes(4) + b"\x01K\x00\x86", "content": b"C\x00"},
            "an array without numbers has too many rows",
        ),
        ({"shape": (b"\x8a\x06" + bytes(5) + b"\x01") * 2 + b"K\x00\x87", "content": b"C\x00"}, "byte [0-9]+: "),
        ({"shape": b"\x88K\x02\x86"}, "whole numbers, 0 or more"),
        ({"shape": b"G" + struct.pack(">d", 2) + b"\x85"}, "whole numbers, 0 or more"),
        ({"shape": b"N"}, "an array of a NoneType and a bytes"),
        ({"shape": b"(" + 33 * b"K\x01" + b"t"}, "an array of a tuple and a bytes"),
        ({"content": b"]"}, "an array of a tuple and a list"),
        ({"content": bin_unicode("日本")}, "'latin-1' codec can't encode"),
        ({"fortran": b"K\x02"}, "an array whose description is not"),
        ({"version": b"K\x02"}, "an array whose description is not"),
        ({"dtype": b"X\x02\x00\x00\x00i2"}, "an array whose description is not"),
        ({"dtype": INT16[: INT16.index(b"(")]}, "an array whose description is not"),
        ({"dtype": dtype("O8")}, "an array of 'O8'"),
        ({"dtype": dtype("object")}, "an array of 'object'"),
        ({"dtype": dtype("i2,i2")}, "an array of 'i2,i2'"),
        ({"dtype": dtype("(2,)i2")}, r"an array of '\(2,\)i2'"),
        ({"dtype": dtype("V4")}, "an array of 'V4'"),
        ({"dtype": dtype("U0")}, "an array of 'U0'"),
        ({"dtype": dtype("f16")}, "an array of 'f16'"),
        ({"dtype": dtype("S999999999")}, r"an array of \|S999999999 \[2\] has 4 bytes"),
        ({"dtype": dtype("U999999999")}, "byte [0-9]+: "),
        ({"dtype": dtype(version=4)}, "an array whose description is not"),
        ({"dtype": dtype(order="x")}, "an array whose description is not"),
        ({"dtype": dtype(fields=(("i2", (2,)), None, None))}, "an array whose description is not"),
        ({"dtype": dtype(fields=(None, ("a",), {"a": 1}))}, "an array whose description is not"),
        ({"dtype": dtype(size=400)}, "items of int16 have 2 bytes, found 400"),
        ({"dtype": dtype(flags=63)}, "an array whose description is not"),
        ({"dtype": dtype("b1"), "shape": b"K\x04\x85"}, "bool holds neither 0 nor 1"),
        (
            {"dtype": dtype("U1", flags=8), "shape": b"K\x01\x85", "content": b"C\x04\x00\x00\x11\x00"},
            "an invalid character",
        ),
        (
            {"dtype": dtype("U1", flags=8), "shape": b"K\x01\x85", "content": b"C\x04\x00\xd8\x00\x00"},
            "an invalid character",
        ),
    ],
    ids=str,
)
def test_arrays_that_are_none(load, change, message):
    with pytest.raises(DataError, match=message):
        load(array(**change))


@pytest.mark.parametrize(
    "content, message",
    [
        (b"", "it has 0 bytes, expected 1 to 34359738368"),
        (b"Some text that is no pickle.", "the STRING opcode argument must be quoted"),
        (b"\x1f\x8b\x08\x00", "the instruction 0x1f"),
        (b"\x80\x06N.", "unsupported pickle protocol: 6"),
        (b"N.N.", "2 bytes follow its end"),
        (b".", "byte 1: pop from empty list"),
        (b"t.", "byte 1: pop from empty list"),
        (b"h\x05.", "Memo value not found at index 5"),
        # Multiples of it have one hash: a memo of many would take hours.
        (b"Np%d\n." % (2**61 - 1), "the memo is numbered 0 to 4294967295, found 2305843009213693951"),
        (b"Np-1\n.", "byte 5: "),
        (b"}K\x01a.", "'dict' object has no attribute 'append'"),
        (b"}(K\x01u.", "list index out of range"),
        (b"}]Ns.", "it wants a list as the key of a dict or in a set"),
        (b"}(K\x01tNs.", "it wants a tuple as the key of a dict or in a set"),
        (b"}((t\x85Nu.", "it wants a tuple as the key of a dict or in a set"),
        (b"((tNd.", "it wants a tuple as the key of a dict or in a set"),
        (b"\x8f((t\x90.", "it wants a tuple as the key of a dict or in a set"),
        (b"((t\x91.", "it wants a tuple as the key of a dict or in a set"),
        (b"c__builtin__\nset\n])a\x85R.", "it wants a tuple as the key of a dict or in a set"),
        (b"}\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x1fNs.", "it wants a int as the key of a dict"),
        (b"Inan\n.", "invalid literal for int"),
        (b"L" + b"9" * 5000 + b"L\n.", "Exceeds the limit"),
        (b"\x8b\xff\xff\xff\xff.", "negative byte count"),
        (b"Fx\n.", "could not convert string to float"),
        (b"X\x02\x00\x00\x00\xff\xff.", "'utf-8' codec can't decode"),
        (b"X\x03\x00\x00\x00\xed\xa0\x80.", "surrogates not allowed"),
        (b"V\\ud800\n.", "surrogates not allowed"),
        (b"}V\\ud800\nNs.", "surrogates not allowed"),
        (b"B\xff\xff\xff\xffab.", "it is cut off"),
        (b"\x8e" + struct.pack("<Q", 2**62) + b".", "it is cut off"),
        (b"\x96" + struct.pack("<Q", 2**40) + b".", "it is cut off"),
        (b"(" * 101 + b"t" * 101 + b".", "nests more than 100 containers"),
        (b"N" + b"\x85" * 101 + b".", "nests more than 100 containers"),
        (b"N" + b"\x85" * 1_300 + b".", "nests more than 100 containers"),
        (b"]q\x00h\x00a.", "or one contains itself"),
        (b"}q\x00K\x01h\x00\x85s.", "or one contains itself"),
        (b"]" * 200_000 + b".", "refused as a bomb"),
        (b"N" + b"\x94" * 200_000 + b".", "refused as a bomb"),
        (b"(" * 200_000 + b".", "refused as a bomb"),
    ],
    ids=lambda value: str(value[:20]) if isinstance(value, bytes) else None,
)
def test_damaged(load, monkeypatch, content, message):
    monkeypatch.setattr(pickle_file, "_ALWAYS", 200_000)
    with pytest.raises(DataError, match=message):
        load(content)


def test_large_files_are_refused_before_they_are_read(load, monkeypatch):
    monkeypatch.setattr(pickle_file, "_SIZE_LIMIT", 10)
    with pytest.raises(DataError, match="it has 11 bytes, expected 1 to 10"):
        load(b"N" * 10 + b".")


def test_huge_numbers_are_described_briefly(load):
    assert describe(load(b"\x8b\x00\x10\x00\x00" + b"\x01" * 4096 + b".")) == "a huge whole number"


def test_shared_parts_stay_shared(load):
    # Ten times ten times ten ... of one list, a thousand million of them, in a file of a few hundred bytes.
    value = ["lol"]
    for _ in range(9):
        value = [value] * 10
    read = load(pickle.dumps(value))
    for _ in range(9):
        assert len(read) == 10 and all(item is read[0] for item in read)
        read = read[0]
    # One leaf of 10,000 numbers 10,000 times is checked once.
    leaf = b"](" + b"K\x01" * 10_000 + b"eq\x00"
    assert len(load(b"](" + leaf + b"h\x00" * 10_000 + b"e.")) == 10_001
    # A chain of pairs of itself has no key to hash.
    pairs = b"N" + b"q\x00h\x00\x86" * 60 + b"."
    assert len(load(pairs)) == 2


@pytest.mark.parametrize(
    "once, again",
    [
        # encode(text, 'latin1'), with the arguments from the memo
        (b"c_codecs\nencode\nq\x00" + bin_unicode("x" * 50_000) + bin_unicode("latin1") + b"\x86q\x01", b"h\x00h\x01R"),
        # set(list)
        (b"c__builtin__\nset\nq\x00](" + b"K\x01" * 50_000 + b"e\x85q\x01", b"h\x00h\x01R"),
        # a scalar of 50,000 letters
        (
            b"cnumpy.core.multiarray\nscalar\nq\x10"
            + dtype("S50000")
            + b"B"
            + struct.pack("<I", 50_000)
            + bytes(50_000)
            + b"\x86q\x01",
            b"h\x10h\x01R",
        ),
    ],
)
def test_one_thing_again_and_again(load, monkeypatch, once, again):
    monkeypatch.setattr(pickle_file, "_ALWAYS", 200_000)
    # Half a gigabyte of a file of 0.1 MB, if it were done.
    with pytest.raises(DataError, match=r"needs \d+ bytes of memory, at most \d+: refused as a bomb"):
        load(b"\x80\x03](" + once + again * 10_000 + b"e.")


@pytest.mark.parametrize("content", [b"r\xff\xff\xff\xff", b"\x96" + struct.pack("<Q", 2**38), b"\x95" + b"\xff" * 8])
def test_numbers_take_no_memory(load, content):
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match="it is cut off|frame size > sys.maxsize"):
            load(b"\x80\x05N" + content)
        assert tracemalloc.get_traced_memory()[1] < 1e6
    finally:
        tracemalloc.stop()


def test_no_file(tmp_path):
    for path in (tmp_path, tmp_path / "nowhere.pkl"):
        with pytest.raises(DataError, match=f"no file at '{path}': expected a pickle"):
            read_pickle(path)


def in_memory(content):
    """Read a pickle without writing a file for each of thousands."""
    return pickle_file._load(io.BytesIO(content), len(content))


SMALL = {"a": [np.arange(3, dtype=np.float16), np.array(["x"]), np.float32(2)], "b": ("text", 3.5, 70_000, {1}, None)}


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_truncated_at_every_byte(protocol):
    whole = pickle.dumps(SMALL, protocol)
    for size in range(len(whole)):
        with pytest.raises(DataError):
            in_memory(whole[:size])


def test_mutations(harmless):
    generator = random.Random(0)
    pickles = [pickle.dumps([SMALL, Attack(os.mkdir, (MARK,))] if i % 2 else SMALL, i % 6) for i in range(12)]
    sound = 0
    for i in range(3000):
        content = bytearray(pickles[i % len(pickles)])
        for _ in range(generator.choice((1, 1, 2, 5))):
            place = generator.randrange(len(content))
            match generator.randrange(3):
                case 0:
                    content[place] = generator.randrange(256)
                case 1:
                    del content[place : place + generator.randrange(1, 6)]
                case 2:
                    other = generator.choice(pickles)
                    start = generator.randrange(len(other))
                    content[place:place] = other[start : start + generator.randrange(1, 20)]
        try:
            value = in_memory(bytes(content))
        except DataError:
            continue
        sound += 1
        repr(value)
    assert 20 < sound < 1000
