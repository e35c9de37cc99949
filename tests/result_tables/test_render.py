from __future__ import annotations

import pytest

from skgraph.result_tables.render import format_tables
from skgraph.result_tables.tables import ROW_HEADER, Table

NASTY = r"a|b_c&d%e<script>{x}\y$z#~^*`[q] &lt;"


@pytest.fixture
def nasty() -> list[Table]:
    """A table whose cells hold what has a meaning in some format."""

    def row(run: str) -> list[str]:
        return ["S-JEPA", "TransformerEncoder", "joint", run, "0", "100", "2026-05-01", "82.0 ± 2.0 (50.0 ± 1.0), n 3"]

    published = ["M & N_1 (V 2024)", "", "joint", "published", "", "", "", "79.18 [1]"]
    notes = ["top-1 accuracy (%); ±: standard deviation", "[1] <source> 100 %"]
    return [
        Table(
            "ntu60, split xsub",
            "40 test clips",
            [*ROW_HEADER, "linear exact"],
            [row(NASTY), row("two\nlines")],
            [published],
            notes,
        )
    ]


def test_markdown(nasty):
    lines = format_tables(nasty).splitlines()
    assert lines[0] == "## ntu60, split xsub" and lines[4].startswith("| Method ") and lines[5].startswith("|---")
    assert lines[5].rstrip("|").endswith(":")
    rows = [line for line in lines if line.startswith("| ")]
    assert len({len(row) for row in rows}) == 1  # aligned for people
    assert r"a\|b_c&d%e\<script>{x}\\y$z#~^\*\`[q] \&lt;" in "\n".join(lines) and "two lines" in "\n".join(lines)
    assert any(row.startswith("| M & N_1 (V 2024) ") and " 79.18 [1] " in row for row in rows)
    assert r"- [1] \<source> 100 %" in lines


def test_latex(nasty):
    text = format_tables(nasty, "latex")
    assert text.startswith("% needs \\usepackage{booktabs}\n\\begin{table}\n")
    assert r"\begin{tabular}{lllllllr}" in text and text.count(r"\midrule") == 2 and r"\bottomrule" in text
    assert r"a|b\_c\&d\%e\textless{}script\textgreater{}\{x\}\textbackslash{}y\$z\#\textasciitilde{}" in text
    assert r"M \& N\_1 (V 2024) &  & joint & published &  &  &  & 79.18 {[}1{]} \\" in text
    rows = [line for line in text.splitlines() if line.endswith(r"\\")]
    assert {line.replace(r"\&", "").count("&") for line in rows} == {7}
    assert r"$\pm$: standard deviation" in text and "±" not in text
