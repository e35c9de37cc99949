"""Text from files, for people to read."""

from __future__ import annotations

from collections.abc import Sequence

from skgraph.errors import first_three


def plain(text: object, letters: int = 200) -> str:
    """A name as it stands, but for letters that a terminal or a page would act on or could not write.

    Line breaks, escape codes, marks that turn the direction of writing and halves of surrogate pairs become ``\\x1b``
    and the like, and a very long text loses its end.
    """
    text = str(text)
    text = text if len(text) <= letters else text[: letters - 3] + "..."
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text)


def few(texts: Sequence[object]) -> str:
    """The first three, and how many more there are."""
    return first_three([plain(text) if i < 3 else "" for i, text in enumerate(texts)])


def worst(texts: Sequence[object]) -> str:
    """The first three of a list that holds the worst alone, so that its length says nothing."""
    return ", ".join(map(plain, texts[:3])) + (", ..." if texts[3:] else "")


def count(number: int, what: str) -> str:
    """``1 clip``, ``2 clips``; a word in -y or -s as English has it."""
    if number == 1:
        return f"1 {what}"
    plural = what[:-1] + "ies" if what.endswith("y") else what + "es" if what.endswith("s") else what + "s"
    return f"{number} {plural}"


def share(part: float) -> str:
    """A part of one in per cent; one that is very small never reads as none."""
    return f"{part:.1%}" if part >= 0.0005 or part == 0 else "under 0.1%"
