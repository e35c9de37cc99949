from __future__ import annotations

import numpy as np
import pytest

from skgraph.data.names import Names
from skgraph.errors import StoreError

TEXTS = ["S001", "", "走る", "half \ud800", "e\u0301"]


def test_names_are_read_as_from_an_array():
    names = Names(*Names.encode(TEXTS))
    assert len(names) == 5 and names.tolist() == list(names) == TEXTS and "走る" in names
    assert names[2] == names[np.int64(2)] == names[-3] == "走る"
    array = np.array(TEXTS)
    for which in ([3, 0], np.array([4, -1]), array == "S001", slice(1, None, 2), np.zeros(0, int)):
        found = names[which]
        assert found.dtype.kind == "U" and found.tolist() == array[which].tolist()
    assert repr(names) == "Names('S001', '', '走る', ...)"
    with pytest.raises(IndexError, match="has 5 names, found index 5"):
        names[5]
    with pytest.raises(IndexError, match="has 5 names"):
        names[[0, -6]]


def test_damaged_names():
    names = Names(np.array([0xC3, 0x28], np.uint8), np.array([0, 2]), "data/s")
    with pytest.raises(StoreError, match="the clip names of store 'data/s' are damaged"):
        names.tolist()
