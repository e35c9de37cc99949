"""Numbers in text, as other programs write them."""

from __future__ import annotations


def plain_number(word: str) -> float:
    """A word of ASCII digits, sign, point and exponent, or `nan` or `inf`, as a float.

    Python's `float` also takes `1_0` and the digits of every script.

    Raises:
        ValueError: it is something else.
    """
    if "_" in word or not word.isascii():
        raise ValueError(f"expected a number in ASCII digits, found {word[:40]!r}")
    return float(word)
