"""Names of clips, on disk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from skgraph.errors import StoreError

_ERRORS = "surrogatepass"  # halves of surrogate pairs stay what they are


class Names(Sequence[str]):
    """Texts that stay on disk: the bytes of all of them, and where each begins.

    An index gives one text; a list, an array, a mask or a slice gives an array of texts, as in NumPy.

    Args:
        text: bytes of all texts in UTF-8, one after the other, uint8.
        pointer: ``[N + 1]`` int64; text ``i`` is ``text[pointer[i]:pointer[i + 1]]``.
        where: the store, for errors.

    >>> names = Names(*Names.encode(["wave", "jump", "sit"]))
    >>> names[1], names[[2, 0]].tolist(), len(names)
    ('jump', ['sit', 'wave'], 3)
    """

    def __init__(self, text: np.ndarray, pointer: np.ndarray, where: str = "") -> None:
        self.text, self.pointer, self.where = text, pointer, where

    @staticmethod
    def encode(texts: Iterable[str]) -> tuple[np.ndarray, np.ndarray]:
        """Return ``text`` and ``pointer`` of some texts."""
        pieces = [text.encode(errors=_ERRORS) for text in texts]
        pointer = np.cumsum([0, *map(len, pieces)], dtype=np.int64)
        return np.frombuffer(b"".join(pieces), np.uint8), pointer

    def __len__(self) -> int:
        return len(self.pointer) - 1

    def __getitem__(self, which: Any) -> Any:
        which = np.asarray(range(len(self))[which] if isinstance(which, slice) else which)
        which = np.flatnonzero(which) if which.dtype == bool else which
        if ((which < -len(self)) | (which >= len(self))).any():
            raise IndexError(f"store '{self.where}' has {len(self)} names, found index {which}")
        texts = self._decode(np.atleast_1d(np.where(which < 0, which + len(self), which)))
        return np.array(texts, np.str_) if which.ndim else texts[0]

    def __repr__(self) -> str:
        return f"Names({', '.join(map(repr, self[:3].tolist()))}{', ...' if len(self) > 3 else ''})"

    def __iter__(self) -> Iterator[str]:
        return iter(self.tolist())

    def tolist(self) -> list[str]:
        """Return all texts."""
        return self._decode(np.arange(len(self)))

    def _decode(self, which: np.ndarray) -> list[str]:
        which = which.astype(np.int64)  # an empty list is of floats
        starts, ends = self.pointer[which].tolist(), self.pointer[which + 1].tolist()
        try:
            return [
                self.text[start:end].tobytes().decode(errors=_ERRORS) for start, end in zip(starts, ends, strict=True)
            ]
        except UnicodeDecodeError as error:
            raise StoreError(f"the clip names of store '{self.where}' are damaged: {error}") from error
