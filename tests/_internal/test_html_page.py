from __future__ import annotations

import base64
import re
from xml.etree import ElementTree

from matplotlib.figure import Figure

from skgraph._internal.html_page import document, heading, image, svg, table

NASTY = "<script>alert(1)</script>\"'&\x1b[0m"


def test_text_is_harmless():
    text = document(
        NASTY,
        [
            heading(NASTY),
            table(["a", NASTY], [[NASTY, "1"]], below=[["b", "2"]]),
            image(b"x", "gif", NASTY, ["a&b.csv"]),
        ],
    )
    assert "<script" not in text and "\x1b" not in text and text.count("&lt;script&gt;") == 7
    assert "default-src 'none'" in text and 'href="./a%26b.csv"' in text
    assert "data:image/gif;base64," + base64.b64encode(b"x").decode() in text


def test_figures_stand_to_the_right_under_a_header():
    assert table(["name", "n"], [["a", "1"]]).count('class="figure"') == 2
    assert table(["name", "what", "n"], [["a", "b", "1"]], names=2).count('class="figure"') == 2
    assert "figure" not in table(None, [["a", "b"]]) and "thead" not in table(None, [["a", "b"]])
    assert re.findall(r'<tr class="below"><td>b</td>', table(["name"], [["a"]], below=[["b"]]))


def test_a_drawing_is_the_same_bytes_each_time():
    def drawing() -> bytes:
        figure = Figure()
        figure.add_subplot().plot([0, 1], label="漢")
        return svg(figure)

    assert drawing() == drawing() and ElementTree.fromstring(drawing()).tag.endswith("svg")
