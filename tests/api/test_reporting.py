from __future__ import annotations

import pytest

from skgraph.api import report
from skgraph.errors import DataError
from skgraph.result_tables.collection import collect


def test_tables_of_folders(folders):
    found = report(folders)
    assert list(found.results) == collect(folders)[0] and found.warnings == ()
    assert found.format().startswith("## ") and r"\begin{table}" in found.format("latex")
    assert found._repr_html_().count("<table>") == len(found.tables)
    pytest.importorskip("pandas")
    frame = found.to_frame()
    assert frame["trained"].tolist() == [result.metrics["top1"] for result in found.results]


def test_nothing_to_report(tmp_path):
    with pytest.raises(DataError, match=r"there is no result\.json"):
        report(tmp_path)
