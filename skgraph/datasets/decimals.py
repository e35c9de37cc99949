"""Decimal numbers in text as floats, all numbers of a file at once."""

from __future__ import annotations

import numpy as np

from skgraph.errors import DataError

# White space that stands before a text: the last of it ends the word before the first, and eight bytes can be read
# before the end of any word.
_PAD = b" " * 16
_ZEROS = np.uint64(0x3030303030303030)
# The last n bytes of a little-endian word of eight, for n = 0 .. 8.
_LAST = np.array([0, *(2**64 - 2 ** (64 - 8 * n) for n in range(1, 9))], np.uint64)
_JOINS = [
    (np.uint64(10), np.uint64(8), np.uint64(0x00FF00FF00FF00FF)),
    (np.uint64(100), np.uint64(16), np.uint64(0x0000FFFF0000FFFF)),
    (np.uint64(10000), np.uint64(32), np.uint64(0x00000000FFFFFFFF)),
]
_POWER = 10 ** np.arange(15, dtype=np.int64)


class Text:
    """The words of a text and their places: what lies between white space. An empty line is an empty word.

    Args:
        data: the text in ASCII. Its lines end with ``\\n`` or ``\\r\\n``, the last may end without.

    Attributes:
        line_end: number of the last word of each line, ``[L]``.
        count: words of each line, ``[L]``.
    """

    def __init__(self, data: bytes) -> None:
        if b"\r" in data:
            data = data.replace(b"\r\n", b"\n")
        data = data if data.endswith(b"\n") else data + b"\n"
        if not self._split(data):
            # Tabs, double spaces, spaces at the end of a line, empty lines: rare, and not worth a fast way.
            lines = [b" ".join(line.split()) for line in data.split(b"\n")]
            while lines and not lines[-1]:
                lines.pop()
            self._split(b"\n".join(lines) + b"\n")

    def _split(self, data: bytes) -> bool:
        """Find the words; False if some of them would be empty."""
        # A whole number of 64-bit words, and one more to read on into.
        self._data = _PAD + data + bytes(16 - len(data) % 8)
        # Where words end: word w lies between the ends w and w + 1. Places count from the last byte before the text.
        self._text = np.frombuffer(self._data, np.uint8)[len(_PAD) - 1 :]
        self._ends = np.flatnonzero(self._text[: len(data) + 1] <= 32)
        self.line_end = np.flatnonzero(self._text[self._ends] == 10) - 1
        self.count = np.diff(self.line_end, prepend=-1)
        return bool(np.diff(self._ends).min() > 1)

    @property
    def lines(self) -> int:
        """How many lines there are."""
        return len(self.line_end)

    def word(self, number: int) -> bytes:
        """One word."""
        before = len(_PAD) - 1
        return self._data[before + self._ends[number] + 1 : before + self._ends[number + 1]]

    def first_bytes(self, words: np.ndarray) -> np.ndarray:
        """The first byte of each of these words, uint8."""
        return self._text.take(self._ends.take(words) + 1)

    def lengths(self, words: np.ndarray) -> np.ndarray:
        """Bytes of each of these words."""
        return self._ends.take(words + 1) - self._ends.take(words) - 1

    def match(self, words: np.ndarray, text: bytes) -> np.ndarray:
        """Whether each of these words is this text of at most eight bytes, bool."""
        own, length = self._before(self._ends.take(words + 1)), len(text)
        wanted = np.frombuffer(text.rjust(8, b"\0"), "<u8")
        return (own & _LAST[length] == wanted) & (self.lengths(words) == length)

    def floats(self, words: np.ndarray) -> np.ndarray:
        """Words as numbers, the nearest float64 to what is printed.

        Numbers like ``-0.1234567``, with one digit before the point, are computed for all words at once, eight digits
        in a 64-bit word, since they are nearly all of what sensors print; the others, one at a time by ``float``.

        Args:
            words: their numbers, ``[...]``.

        Returns:
            float64 ``[...]``; not every one is finite where the text says ``NaN`` or ``inf``.

        Raises:
            DataError: a word that is not a number; the message quotes it and its line.
        """
        flat = words.ravel()
        start, end = self._ends.take(flat) + 1, self._ends.take(flat + 1)
        negative = self._text.take(start) == 45  # -
        start += negative
        digit = self._text.take(start) - np.uint8(48)  # wraps around for what is no digit
        fraction = end - start - 2
        inside = np.minimum(np.maximum(fraction, 1), len(_POWER) - 1)
        plain = (self._text.take(start + 1) == 46) & (fraction == inside) & (digit <= 9)
        low, good = _digits(self._before(end), np.minimum(inside, 8))
        plain &= good
        if len(long := np.flatnonzero(plain & (fraction > 8))):
            high, good = _digits(self._before(end[long] - 8), fraction[long] - 8)
            low[long] += high * 10**8
            plain[long] &= good
        power = _POWER.take(inside)
        # Both are whole numbers below 2**53, so that their quotient is rounded once, as `float` rounds.
        values = (digit * power + low) / power
        values *= np.where(negative, -1.0, 1.0)
        for i in np.flatnonzero(~plain):
            values[i] = self._float(flat[i])
        return values.reshape(words.shape)

    def _before(self, end: np.ndarray) -> np.ndarray:
        """The eight bytes before each of these places, as little-endian words."""
        place = end + (len(_PAD) - 1 - 8)
        words, word, bits = np.frombuffer(self._data, "<u8"), place >> 3, (place << 3 & 63).view(np.uint64)
        return (words.take(word) >> bits) | (words.take(word + 1) << (np.uint64(64) - bits))  # numpy shifts by 64 to 0

    def _float(self, number: int) -> float:
        word = self.word(number)
        try:
            if b"_" in word:  # Python's, not a sensor's
                raise ValueError
            return float(word)
        except ValueError:
            line = int(np.searchsorted(self.line_end, number)) + 1
            raise DataError(f"line {line}: expected a number, found {word[:40]!r}") from None


def _digits(words: np.ndarray, count: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The numbers that the last ``count <= 8`` bytes of each word spell, int64, and whether all of these are digits."""
    digits = (words ^ _ZEROS) & _LAST.take(count)
    # A byte above 9 sets its highest bit here, or has it.
    good = ((digits + np.uint64(0x7676767676767676)) | digits) & np.uint64(0x8080808080808080) == 0
    # Neighbours join: 8 numbers of 1 digit, 4 of 2, 2 of 4, 1 of 8.
    for base, bits, mask in _JOINS:
        digits = (digits * base + (digits >> bits)) & mask
    return digits.view(np.int64), good
