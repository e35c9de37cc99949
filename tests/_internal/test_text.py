from __future__ import annotations

from skgraph._internal.text import aligned, count, csv_text, few, from_csv, plain, share, worst


def test_what_a_terminal_acts_on_is_written_out():
    assert plain("clip 7é漢") == "clip 7é漢"
    assert plain("a\x1b[31mb\nc\u202ed\ud800") == "a\\x1b[31mb\\nc\\u202ed\\ud800"
    assert len(plain("x" * 1000)) == 200


def test_words():
    assert [count(n, "clip") for n in (0, 1, 2)] == ["0 clips", "1 clip", "2 clips"]
    assert (count(2, "body"), count(3, "class")) == ("2 bodies", "3 classes")
    assert (share(0), share(0.0001), share(0.5)) == ("0.0%", "under 0.1%", "50.0%")
    assert few(["a", "b", "c", "d"]) == "a, b, c and 1 more" and worst(["a", "b", "c", "d"]) == "a, b, c, ..."


def test_no_cell_is_a_formula():
    rows = [["=1+1", "+a", "-a", "@a", "\x1b[2J"], ["-1.5", "+2e-3", -1, "a=b", "-inf"], ["a, b", None, 0.5, "é", ""]]
    expected = ["'=1+1,'+a,'-a,'@a,\\x1b[2J", "-1.5,+2e-3,-1,a=b,-inf", '"a, b",,0.5,é,']
    assert csv_text(rows).splitlines() == expected
    assert [from_csv(cell) for cell in ("'=1+1", "'a", "-1.5", "")] == ["=1+1", "'a", "-1.5", ""]


def test_columns_are_aligned():
    assert aligned([["name", "n"], ["a", "10"], ["long", ""]], left=1) == ["name   n", "a     10", "long"]
