from __future__ import annotations

import csv
from html.parser import HTMLParser
from pathlib import Path

from skgraph.result_tables.tables import ROW_HEADER, Table
from skgraph.run_page.figure import RunFigure
from skgraph.run_page.report_folder import is_report, run_names, save_report
from skgraph.run_page.run_section import RunSection

NASTY = r"a|b_c&d%e<script>{x}\y$z#~^*`[q] &lt;"
TABLE = Table("mine, split xsub", "40 test clips", ["Method"], [["S-JEPA"]], [], ["a note"])


def run(folder: str) -> RunSection:
    drawing = RunFigure("curves", "The <training>.", b"<svg/>", "svg", [["step", "loss"], [1, 0.5]])
    return RunSection(Path(folder), {"seed": "0"}, {"Training": [drawing]}, ["features: <no> data"])


def test_one_run(tmp_path):
    out = tmp_path / "report"
    save_report(out, [TABLE], [run("runs/a")], ["nothing yet"])
    assert sorted(path.name for path in out.iterdir()) == ["curves.csv", "curves.svg", "index.html"]
    assert list(csv.reader(open(out / "curves.csv"))) == [["step", "loss"], ["1", "0.5"]]
    text = (out / "index.html").read_text()
    for part in (
        "<title>skgraph: a</title>",
        "The &lt;training&gt;.",
        'href="./curves.csv"',
        "S-JEPA",
        "nothing yet",
        "features: &lt;no&gt; data",
    ):
        assert part in text
    assert is_report(out)


def test_several_runs_have_a_folder_each(tmp_path):
    out = tmp_path / "report"
    save_report(out, [], [run("x/a"), run("y/a"), run("y/..")])
    names = {str(path.relative_to(out)) for path in out.rglob("*.csv")}
    assert names == {"a/curves.csv", "a_/curves.csv", "run/curves.csv"}
    assert 'href="./a_/curves.csv"' in (out / "index.html").read_text() and is_report(out)


def test_runs_are_compared(tmp_path):
    out, both = tmp_path / "report", RunFigure("compared", "Both.", b"<svg><title>c0</title></svg>", "svg", [[1]], True)
    save_report(out, [], [run("x/a"), run("x/compared.svg")], compared=[both])
    text = (out / "index.html").read_text()
    assert "<svg><title>c0</title></svg>" in text and is_report(out)  # titles need a drawing in the page itself
    assert {path.name for path in out.iterdir()} == {"index.html", "compared.svg", "compared.csv", "a", "compared.svg_"}
    order = [
        "Runs compared",
        "Both.",
        "<h3>Training",
        "a: The &lt;training&gt;.",
        "compared.svg: The &lt;training&gt;.",
    ]
    assert sorted(order, key=text.index) == order and text.count("<h3>Training") == 1
    assert "<th>a</th><th>compared.svg</th>" in text and "<td>seed</td><td>0</td><td>0</td>" in text
    assert "<li>a: features: &lt;no&gt; data" in text


def test_names_of_runs():
    assert run_names([Path("x/a"), Path("x/b")]) == ["a", "b"]
    assert run_names([Path("x/a"), Path("y/a")]) == ["x/a", "y/a"]


def test_a_folder_of_something_else_is_no_report(tmp_path):
    save_report(tmp_path / "report", [], [run("runs/a")])
    page = (tmp_path / "report" / "index.html").read_text()
    assert is_report(tmp_path / "report")
    (tmp_path / "report" / "mine.csv").write_text("what somebody measured")
    assert not is_report(tmp_path / "report")
    site = tmp_path / "site"
    site.mkdir()
    (site / "empty").mkdir()
    assert not is_report(site)
    (site / "index.html").write_text("<title>My site</title>")
    assert not is_report(site)
    (site / "index.html").write_text(page)
    assert is_report(site)


def test_odd_names_of_runs(tmp_path):
    odd = ["x/index.html", "x/a#b?c", "x/" + "n" * 200, "x/行"]
    save_report(tmp_path / "report", [], [run(name) for name in odd])
    assert is_report(tmp_path / "report")
    folders = {path.name for path in (tmp_path / "report").iterdir()}
    assert folders == {"index.html", "index.html_", "a_b_c", "n" * 80, "_"}


def test_a_table_of_results_is_escaped(tmp_path):
    row = ["S-JEPA", "TransformerEncoder", "joint", NASTY, "0", "100", "2026-05-01", "82.0 ± 2.0 (50.0 ± 1.0), n 3"]
    published = ["M & N_1 (V 2024)", "", "joint", "published", "", "", "", "79.18 [1]"]
    header = [*ROW_HEADER, "linear exact"]
    table = Table("ntu60, split xsub", "40 test clips", header, [row], [published], ["[1] <source> 100 %"])
    save_report(tmp_path / "report", [table], [])
    text = (tmp_path / "report" / "index.html").read_text(encoding="utf-8")

    class Reader(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.open, self.cells, self.tags = [], [], set()

        def handle_starttag(self, tag, attrs):
            self.tags.add(tag)
            if tag != "meta":
                self.open.append(tag)

        def handle_endtag(self, tag):
            assert self.open.pop() == tag

        def handle_data(self, data):
            if self.open and self.open[-1] == "td":
                self.cells.append(data)

    reader = Reader()
    reader.feed(text)
    assert reader.open == [] and NASTY in reader.cells and "79.18 [1]" in reader.cells
    assert not reader.tags & {"script", "link", "img"} and "http:" not in text and "https:" not in text
    assert "prefers-color-scheme: dark" in text and text.count('<tr class="published">') == 1
