"""Shares of a dataset, which several machines prepare."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from skgraph.datasets.raw_dataset import IDS, RawDataset, Split
from skgraph.errors import ConfigError


class Share(NamedTuple):
    """One of several consecutive shares of the clips of a dataset, numbered from 1.

    >>> Share.parse("3/8").clips(100)
    slice(25, 37, None)
    """

    number: int
    of: int

    @classmethod
    def parse(cls, text: str) -> Share:
        """Read a share as it is written on the command line, `3/8`."""
        found = re.fullmatch(r"([0-9]{1,6})/([0-9]{1,6})", text)
        share = cls(*map(int, found.groups())) if found else cls(0, 0)
        if not 1 <= share.number <= share.of:
            raise ConfigError(f"share must be a number of a number of shares, such as 3/8, found '{text}'")
        return share

    def clips(self, total: int) -> slice:
        """Return the slice of the clips in this share."""
        if total < self.of:
            raise ConfigError(f"{total} clips cannot have {self.of} shares: each needs a clip")
        return slice(total * (self.number - 1) // self.of, total * self.number // self.of)

    def describe(self, raw: RawDataset, splits: Sequence[Split], dtype: str) -> dict[str, Any]:
        """Return what `meta.yaml` says of a share; `dataset` is a hash of all that the shares of a dataset agree in."""
        content = hashlib.sha256()
        about = (raw.topology.to_dict(), raw.class_names, raw.unit, raw.fps, raw.preprocessing, dtype)
        arrays = [raw.y, *map(raw.ids, IDS), *(raw.segments or []), *(x for s in splits for x in (s.train, s.tests))]
        for part in (repr((about, raw.name)).encode(), *(array.tobytes() for array in arrays)):
            content.update(part)
        return {"number": self.number, "of": self.of, "dataset": content.hexdigest()}
