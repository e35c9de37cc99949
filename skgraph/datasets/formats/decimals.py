"""Decimal numbers in text as floats, all numbers of a file at once."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from skgraph.errors import DataError

_WORD, _IN_WORD = np.uint64(64), np.uint64(63)  # bits of a word, and what is left of a place in bits within it
_ZEROS = np.uint64(0x3030303030303030)
# The first n bytes of a little-endian word of eight, for n = 0 .. 8.
_FIRST = np.array([2 ** (8 * n) - 1 for n in range(9)], np.uint64)
# What makes one number of two that stand side by side in a word: of 8 numbers of 1 digit, 4 of 2, 2 of 4, and 1 of 8.
# The product adds to the higher of each two the lower times its power of ten, the shift brings it to the lower's place.
_JOINS = [
    (np.uint64(10 * 2**8 + 1), np.uint64(8), np.uint64(0x00FF00FF00FF00FF)),
    (np.uint64(100 * 2**16 + 1), np.uint64(16), np.uint64(0x0000FFFF0000FFFF)),
    (np.uint64(10000 * 2**32 + 1), np.uint64(32), np.uint64(0x00000000FFFFFFFF)),
]
_MOST_DIGITS = 14
_BLANKS = bytes.maketrans(b"\t\v\f\r", b"    ")
_FEW = 64  # words that are read sooner one by one than together
_AT_ONCE = 2**15  # words that are read at a time: what is computed on the way stays in a cache


class Text:
    """Lines of words with one space between two words, and ways to look at many of them at once.

    Places are byte numbers. Nothing here walks through the text in Python: comparisons of all bytes become bit maps, of
    which a 64-bit word describes 64 bytes.

    Args:
        files: the text in ASCII, or several, one after another, each of which begins a line. Lines end with ``\n`` or
            ``\r\n``, the last of a file may end without.
        tidy: also take tabs, several spaces, spaces at the ends of lines and empty lines at the end: slow.

    Attributes:
        size: how many bytes there are.
        start: first byte of each line, ``[L]``; ``end``: its ``\n``.
        first: the first line of each file, ``[F]``.
    """

    def __init__(self, *files: bytes, tidy: bool = False) -> None:
        files = [_lines(data, tidy) for data in files]
        sizes = np.array([len(data) for data in files])
        self.size = int(sizes.sum())
        # A whole number of 64-byte words of the bit map, and one more to read on into.
        self._data = b"".join([*files, bytes(128 - self.size % 64)])
        self._bytes, self._eights = np.frombuffer(self._data, np.uint8), np.frombuffer(self._data, "<u8")
        self.end = _places(_bit_map(self._bytes == 10))
        self.start = np.empty_like(self.end)
        self.start[0], self.start[1:] = 0, self.end[:-1] + 1
        self.first = np.searchsorted(self.start, np.cumsum(sizes) - sizes)
        self._spaces = _bit_map(self._bytes == 32)

    @property
    def lines(self) -> int:
        """How many lines there are."""
        return len(self.end)

    @cached_property
    def words(self) -> np.ndarray:
        """Words of each line, ``[L]``; an empty line is one empty word."""
        in_each = np.bitwise_count(self._spaces).astype(np.int64)
        word, bit = self.end >> 6, (self.end & 63).view(np.uint64)
        inside = np.bitwise_count(self._spaces.take(word) & ((np.uint64(1) << bit) - np.uint64(1)))
        spaces = (np.cumsum(in_each) - in_each).take(word) + inside
        return np.diff(spaces, prepend=0) + 1

    def line(self, number: int) -> bytes:
        """One line."""
        return self._data[self.start[number] : self.end[number]]

    def slices(self, start: np.ndarray, end: np.ndarray) -> list[bytes]:
        """What stands between places, ``[n]``."""
        return [self._data[i:j] for i, j in zip(start.tolist(), end.tolist(), strict=True)]

    def bytes_at(self, places: np.ndarray) -> np.ndarray:
        """Bytes at places of the text, uint8."""
        return self._bytes.take(places)

    def first_words(self, lines: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
        """First byte of each of the first words of lines, and the byte after its last.

        Args:
            lines: their numbers, ``[n]``, each with more than ``count`` words.
            count: how many words.

        Returns:
            start and end, ``[count, n]``.
        """
        start = self.start.take(lines)
        word, bit = start >> 6, (start & 63).view(np.uint64)
        # The spaces among 64 bytes from the start of each line on; numpy shifts by 64 to 0.
        ahead = (self._spaces.take(word) >> bit) | (self._spaces.take(word + 1) << (_WORD - bit))
        starts, ends = np.empty((2, count, len(lines)), np.int64)
        begin = start
        for i in range(count):
            lowest, place = _lowest(ahead)
            starts[i] = begin
            np.add(start, place, out=ends[i])
            begin = ends[i] + 1
            ahead ^= lowest
        for line in np.flatnonzero(ends[-1] < starts[-1]):  # words of more than 64 bytes in all
            end = starts[0, line] - 1
            for i in range(count):
                starts[i, line] = end + 1
                ends[i, line] = end = self._data.index(b" ", end + 1)
        return starts, ends

    def all_words(self) -> tuple[np.ndarray, np.ndarray]:
        """First byte of each word of the text, and the byte after its last, ``[W]``."""
        text = self._bytes[: self.size]
        end = np.flatnonzero((text == 32) | (text == 10))  # as `words` counts, and what else is no letter is in a word
        return np.concatenate([[0], end[:-1] + 1]), end

    def floats(self, start: np.ndarray, end: np.ndarray) -> np.ndarray:
        """Words as numbers, the nearest float64 to what is printed.

        Numbers like ``-0.1234567``, with one digit before the point, and whole ones of up to eight digits are computed
        for all words at once, eight digits in a 64-bit word, since they are nearly all of what sensors print; the
        others, one at a time by ``float``.

        Args:
            start: first byte of each word, ``[...]``.
            end: the byte after its last.

        Returns:
            float64 ``[...]``; not every one is finite where the text says ``NaN`` or ``inf``.

        Raises:
            DataError: a word that is not a number; the message quotes it and its line.
        """
        shape, start, end = start.shape, start.ravel(), end.ravel()
        values, done = np.empty(len(start)), np.zeros(len(start), bool)
        for read in (self._decimals, self._long_decimals, self._whole_numbers, self._others):
            if not len(rest := np.flatnonzero(~done)):
                break
            read = self._others if len(rest) < _FEW else read
            for i in range(0, len(rest), _AT_ONCE):
                # A slice of what there is, where there is all of it, is faster.
                rows = slice(i, i + _AT_ONCE) if len(rest) == len(start) else rest[i : i + _AT_ONCE]
                values[rows], done[rows] = read(start[rows], end[rows])
        return values.reshape(shape)

    def _decimals(self, start: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Words like `-0.1234567`, ``[n]``: numbers, and whether a word is such."""
        negative = self._bytes.take(start) == 45  # -
        place = start + negative
        digit = self._bytes.take(place) - np.uint8(48)  # wraps around for what is no digit
        good = digit <= 9
        place += 1
        good &= self._bytes.take(place) == 46  # .
        place += 1
        count = end - place
        high, digits = self._digits(place, count)
        good &= digits
        count -= 1
        good &= count.view(np.uint64) < 8  # below zero is far above as an unsigned number
        # Whole numbers below 2**53, so that the quotient is rounded once, as `float` rounds.
        values = digit * 1e8
        values += high
        values /= 1e8
        values *= 1.0 - 2.0 * negative
        return values, good

    def _long_decimals(self, start: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The same with more digits after the point."""
        negative = self._bytes.take(start) == 45
        place = start + negative + 2
        digit = self._bytes.take(place - 2) - np.uint8(48)
        count = end - place
        high, good = self._digits(place, count)
        low, digits = self._digits(place + 8, count - 8)
        good &= digits & (digit <= 9) & (self._bytes.take(place - 1) == 46) & (count > 8) & (count <= _MOST_DIGITS)
        # Six digits more, so that 15 stand in all.
        return (digit * 1e14 + high * 1e6 + low // 100) / 1e14 * (1.0 - 2.0 * negative), good

    def _whole_numbers(self, start: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The same of words like `-12`."""
        negative = self._bytes.take(start) == 45
        place = start + negative
        count = end - place
        eight, good = self._digits(place, count)
        good &= (count >= 1) & (count <= 8)
        return eight // 10 ** (8 - np.where(good, count, 8)) * (1.0 - 2.0 * negative), good

    def _others(self, start: np.ndarray, end: np.ndarray) -> tuple[list[float], np.ndarray]:
        """Numbers of any other form."""
        good = np.ones(len(start), bool)
        try:
            if b"_" in self._data:  # Python's, not a sensor's
                raise ValueError
            return list(map(float, self.slices(start, end))), good
        except ValueError:
            return [self._float(i, j) for i, j in zip(start.tolist(), end.tolist(), strict=True)], good

    def _digits(self, place: np.ndarray, count: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The number that eight digits from each place on spell, int64; those after the first ``count`` are zeros.

        And whether the first are digits at all, bool.
        """
        word, bit = place >> 3, (place << 3).view(np.uint64)
        bit &= _IN_WORD
        digits = self._eights.take(word)
        digits >>= bit
        word += 1
        np.subtract(_WORD, bit, out=bit)
        digits |= self._eights.take(word) << bit
        digits ^= _ZEROS
        digits &= _FIRST.take(count, mode="clip")
        # A byte above 9 sets its highest bit here, or has it.
        good = ((digits + np.uint64(0x7676767676767676)) | digits) & np.uint64(0x8080808080808080) == 0
        for factor, bits, mask in _JOINS:
            digits *= factor
            digits >>= bits
            digits &= mask
        return digits.view(np.int64), good

    def _float(self, start: int, end: int) -> float:
        word = self._data[start:end]
        try:
            if b"_" in word:
                raise ValueError
            return float(word)
        except ValueError:
            line = self._data.count(b"\n", 0, start) + 1
            raise DataError(f"line {line}: expected a number, found {word[:40]!r}") from None


def _lines(data: bytes, tidy: bool) -> bytes:
    """A file with one kind of end of line, which the last line has too."""
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n")
    if tidy:
        data = data.translate(_BLANKS)
        while b"  " in data:  # halves what is too long; to split the text would make an object of every word
            data = data.replace(b"  ", b" ")
        data = data.replace(b" \n", b"\n").replace(b"\n ", b"\n").lstrip(b" ").rstrip(b" \n")
    return data if data.endswith(b"\n") else data + b"\n"


def _bit_map(which: np.ndarray) -> np.ndarray:
    """Bytes of a text, bool ``[64 n]``, as bits of words ``[n]``."""
    return np.packbits(which, bitorder="little").view("<u8")


def _places(bits: np.ndarray) -> np.ndarray:
    """Where the bits of a map are set: twice as fast as `np.flatnonzero` where few are."""
    word = np.flatnonzero(bits != 0)
    left = bits.take(word)
    count = np.bitwise_count(left).astype(np.int64)
    rank = np.cumsum(count) - count
    places = np.empty(int(count.sum()), np.int64)
    while len(word):
        lowest, place = _lowest(left)
        places[rank] = (word << 6) + place
        left ^= lowest
        more = np.flatnonzero(left != 0)
        word, left, rank = word.take(more), left.take(more), rank.take(more) + 1
    return places


def _lowest(words: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The lowest bit that is set in each word, and its place; of 0, a place before the first."""
    lowest = words & (~words + np.uint64(1))
    # A power of two, or 0, as a float has its exponent in its highest bits.
    return lowest, (lowest.astype(np.float64).view(np.int64) >> 52) - 1023
