import numpy as np
import pytest

from skgraph.datasets.decimals import Text
from skgraph.errors import DataError

# Every shape of number: one digit before the point and up to 14 behind it, and all others.
NUMBERS = (
    "0.1 -0.1 0.0 -0.0 1.5 -9.9 0.12345678 0.123456789 -0.1234567890123 0.12345678901234 0.123456789012345 3.785547 "
    "0 -0 7 -12 12.5 -123.456 1e-05 -1.234567E-05 1.5e3 +0.5 .5 5. 123456789012345678 0.30000001192092896 1E+300"
).split()  # fmt: skip


def test_words_and_lines():
    text = Text(b"one 2.5\nthree\n")
    assert (text.lines, text.count.tolist(), text.line_end.tolist()) == (2, [2, 1], [1, 2])
    assert [text.word(i) for i in range(3)] == [b"one", b"2.5", b"three"]
    assert text.first_bytes(np.array([0, 2])).tolist() == [ord("o"), ord("t")]
    assert text.lengths(np.array([0, 1, 2])).tolist() == [3, 3, 5]


@pytest.mark.parametrize(
    "data",
    [b"1 2\n3", b"1 2\r\n3\r\n", b"  1\t 2 \n 3 \n\n\n", b"1 2\n3\n\n", b"1 2 \r\n3\r\n\r\n"],
)
def test_white_space_is_all_the_same(data):
    text = Text(data)
    assert text.lines == 2 and text.count.tolist() == [2, 1]
    assert text.floats(np.arange(3)).tolist() == [1, 2, 3]


def test_an_empty_line_between_others_is_an_empty_word():
    text = Text(b"1\n\n2\n")
    assert text.count.tolist() == [1, 1, 1] and text.word(1) == b""
    with pytest.raises(DataError, match="line 2: expected a number, found b''"):
        text.floats(np.arange(3))


def test_numbers_are_those_of_float():
    text = Text(" ".join(NUMBERS).encode())
    found = text.floats(np.arange(len(NUMBERS)))
    assert found.tolist() == [float(number) for number in NUMBERS]
    assert np.signbit(found[NUMBERS.index("-0.0")])


def test_numbers_keep_their_shape_and_order():
    text = Text(b"0.1 0.2\n0.3 0.4\n")
    assert text.floats(np.array([[3, 2], [1, 0]])).tolist() == [[0.4, 0.3], [0.2, 0.1]]


def test_random_numbers_are_those_of_float():
    rng = np.random.default_rng(0)
    words = [f"{value:.{digits}g}" for value in rng.normal(size=3000) for digits in (3, 7, 9, 16)]
    words += [f"{value:.{digits}f}" for value in rng.uniform(-9, 9, 3000) for digits in (1, 6, 8, 9, 14)]
    found = Text(" ".join(words).encode()).floats(np.arange(len(words)))
    assert found.tolist() == [float(word) for word in words]


def test_what_is_not_finite_is_a_float_too():
    assert np.isnan(Text(b"NaN").floats(np.array([0]))[0])


@pytest.mark.parametrize("word", ["x", "1_0", "0.1x", "0.x1", "--1", "0..1", "1,5", "0.1234567:", "\x80", "-", "."])
def test_what_is_no_number_is_quoted_with_its_line(word):
    text = Text(f"0.5\n0.25 {word}\n".encode("latin1"))
    with pytest.raises(DataError, match="line 2: expected a number, found b'"):
        text.floats(np.arange(3))


def test_every_byte_that_is_no_digit_is_seen():
    for byte in set(range(33, 256)) - set(b"0123456789"):
        for place in range(2, 10):
            word = bytearray(b"0.12345678")
            word[place] = byte
            text = Text(b"0.5 " + bytes(word) + b"\n")
            try:
                expected = float(bytes(word))
            except ValueError:
                with pytest.raises(DataError):
                    text.floats(np.arange(2))
            else:
                if b"_" not in word:
                    assert text.floats(np.arange(2))[1] == expected


def test_match():
    text = Text(b"25 2 125 25\n")
    assert text.match(np.arange(4), b"25").tolist() == [True, False, False, True]
