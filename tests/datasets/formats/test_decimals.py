import tracemalloc

import numpy as np
import pytest

from skgraph.datasets.formats.decimals import Text
from skgraph.errors import DataError

# Every shape of number: one digit before the point and up to 14 behind it, and all others.
NUMBERS = (
    "0.1 -0.1 0.0 -0.0 1.5 -9.9 0.12345678 0.123456789 -0.1234567890123 0.12345678901234 0.123456789012345 3.785547 "
    "0 -0 7 -12 12.5 -123.456 1e-05 -1.234567E-05 1.5e3 +0.5 .5 5. 123456789012345678 0.30000001192092896 1E+300"
).split()


@pytest.fixture(autouse=True, params=[0, 10**9], ids=["together", "one by one"])
def few(request, monkeypatch):
    """Words of rare forms are read either together or, where they are few, one by one."""
    monkeypatch.setattr("skgraph.datasets.formats.decimals._FEW", request.param)


def floats(data):
    text = Text(data)
    return text.floats(*text.all_words()).tolist()


def test_several_texts_are_lines_one_after_another():
    text = Text(b"1 2\r\n3", b"", b"4\n\n", b"5")
    assert text.first.tolist() == [0, 2, 3, 5] and text.lines == 6
    assert [text.line(i) for i in range(6)] == [b"1 2", b"3", b"", b"4", b"", b"5"]
    assert text.slices(text.start[:2], text.end[:2]) == [b"1 2", b"3"]


def test_ends_of_lines_are_found_wherever_they_are():
    rng = np.random.default_rng(0)
    for share in (0.01, 0.3, 0.9, 1.0):
        data = np.where(rng.random(5000) < share, 10, 120).astype(np.uint8).tobytes()
        assert Text(data).end.tolist() == [i for i, byte in enumerate(data + b"\n" * (data[-1] != 10)) if byte == 10]


def test_words_and_lines():
    text = Text(b"one 2.5\n\nthree\nfour 5 6")
    assert (text.lines, text.words.tolist()) == (4, [2, 1, 1, 3])
    assert [text.line(i) for i in range(4)] == [b"one 2.5", b"", b"three", b"four 5 6"]
    assert (text.start.tolist(), text.end.tolist()) == ([0, 8, 9, 15], [7, 8, 14, 23])
    assert text.bytes_at(np.array([0, 9])).tolist() == [ord("o"), ord("t")]
    start, end = text.all_words()
    assert start.tolist() == [0, 4, 8, 9, 15, 20, 22] and end.tolist() == [3, 7, 8, 14, 19, 21, 23]


def test_words_of_long_texts():
    rng = np.random.default_rng(0)
    counts = rng.integers(1, 40, 500)
    lines = [" ".join("x" * size for size in rng.integers(1, 30, count)) for count in counts]
    assert Text("\n".join(lines).encode()).words.tolist() == counts.tolist()


def test_first_words():
    rng = np.random.default_rng(0)
    lines = [" ".join("x" * size for size in rng.integers(1, 40, 5)) for _ in range(300)]
    start, end = Text("\n".join(lines).encode()).first_words(np.arange(0, 300, 3), 3)
    text = "\n".join(lines)
    found = [[text[a:b] for a, b in zip(*pair, strict=True)] for pair in zip(start.T, end.T, strict=True)]
    assert found == [line.split()[:3] for line in lines[::3]]


def test_white_space_is_all_the_same_in_a_tidy_text():
    for data in (b"1 2\n3", b"1 2\r\n3\r\n", b"  1\t 2 \n 3 \n\n\n", b"1 2\n3\n\n", b"1 2 \r\n3\r\n\r\n"):
        text = Text(data, tidy=True)
        assert text.words.tolist() == [2, 1] and text.floats(*text.all_words()).tolist() == [1, 2, 3]


def test_numbers_are_those_of_float():
    found = floats(" ".join(NUMBERS).encode())
    assert found == [float(number) for number in NUMBERS]
    assert np.signbit(found[NUMBERS.index("-0.0")])


def test_numbers_keep_their_shape():
    start, end = Text(b"0.1 0.2\n0.3 0.4\n").all_words()
    assert Text(b"0.1 0.2\n0.3 0.4\n").floats(start.reshape(2, 2), end.reshape(2, 2)).tolist() == [
        [0.1, 0.2],
        [0.3, 0.4],
    ]


def test_random_numbers_are_those_of_float():
    rng = np.random.default_rng(0)
    words = [f"{value:.{digits}g}" for value in rng.normal(size=3000) for digits in (3, 7, 9, 16)]
    words += [f"{value:.{digits}f}" for value in rng.uniform(-9, 9, 3000) for digits in (1, 6, 7, 8, 9, 13, 14)]
    assert floats(" ".join(words).encode()) == [float(word) for word in words]


def test_what_is_not_finite_is_a_float_too():
    assert np.isnan(floats(b"NaN")[0])


@pytest.mark.parametrize("word", ["x", "1_0", "0.1x", "0.x1", "--1", "0..1", "1,5", "0.1234567:", "\x80", "-", "."])
def test_what_is_no_number_is_quoted_with_its_line(word):
    with pytest.raises(DataError, match="line 2: expected a number, found b'"):
        floats(f"0.5\n0.25 {word}\n".encode("latin1"))


def test_every_byte_that_is_no_digit_is_seen():
    for byte in set(range(33, 256)) - set(b"0123456789"):
        for place in range(2, 10):
            word = bytearray(b"0.12345678")
            word[place] = byte
            try:
                expected = float(bytes(word))
            except ValueError:
                with pytest.raises(DataError):
                    floats(b"0.5 " + bytes(word))
            else:
                if b"_" not in word:
                    assert floats(b"0.5 " + bytes(word))[1] == expected


def test_words_are_read_some_at_a_time(monkeypatch):
    words = NUMBERS * 7
    monkeypatch.setattr("skgraph.datasets.formats.decimals._AT_ONCE", 10)
    assert floats(" ".join(words).encode()) == [float(word) for word in words]


def test_one_word_that_is_none_among_others_of_any_form():
    with pytest.raises(DataError, match="line 3: expected a number, found b'1e'"):
        floats(b"1e5 12.5\n7 -8 0.5\n1e 3")


def test_only_spaces_part_words():
    text = Text(b"1 2\t3 4\n")
    assert text.words.tolist() == [3] and len(text.all_words()[0]) == 3
    with pytest.raises(DataError, match=r"line 1: expected a number, found b'2\\t3'"):
        text.floats(*text.all_words())


@pytest.mark.parametrize("data", [b"1 " * 2**20, b"\t1\n" * 2**20, b" " * 2**22, b"\n" * 2**22, b"1\n\n" * 2**20])
def test_white_space_takes_little_memory(data):
    tracemalloc.start()
    text = Text(data, tidy=True)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert text.lines and peak < 30 * len(data)
