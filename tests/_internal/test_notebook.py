from __future__ import annotations

import sys

import pytest

from skgraph._internal.notebook import data_frame, html_table
from skgraph.errors import ConfigError


def test_texts_are_no_html():
    table = html_table("<b>", ["a"], [["<script>"], [None], [0.123456]], ["x & y"])
    assert "<b>" not in table and "<script>" not in table and "x &amp; y" in table
    assert "<td></td>" in table and "<td>0.1235</td>" in table


def test_frames_need_pandas(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ConfigError, match="a data frame needs pandas: pip install pandas"):
        data_frame({"a": [1]})
