from __future__ import annotations

import base64
from xml.etree import ElementTree

import pytest
from jinja2 import ChoiceLoader, FileSystemLoader, UndefinedError
from matplotlib.figure import Figure

from skgraph._internal import html_page
from skgraph._internal.html_page import render_page, svg

NASTY = "<script>alert(1)</script>\"'&\x1b[0m"


PAGE = """{% extends "_internal/page.html" %}
{% from "_internal/macros.html" import figure, table %}
{% block content %}
<h2>{{ name }}</h2>
{{ table(["a", name], [[name, 1]], published=[["b", "2"]]) }}
{{ figure(picture, "gif", name, "c d/", ["a&b.csv"]) }}
{% endblock %}
"""


@pytest.fixture
def page(tmp_path, monkeypatch):
    """Render a template that uses everything that pages share."""
    (tmp_path / "page.html").write_text(PAGE)
    loader = ChoiceLoader([FileSystemLoader(tmp_path), html_page._ENVIRONMENT.loader])
    monkeypatch.setattr(html_page._ENVIRONMENT, "loader", loader)
    return render_page("page.html", title=NASTY, name=NASTY, picture=b"x")


def test_text_is_harmless(page):
    assert "<script" not in page and "\x1b" not in page and page.count("&lt;script&gt;") == 7
    assert "default-src 'none'" in page and 'href="./c%20d/a%26b.csv">a&amp;b.csv</a>' in page
    assert "data:image/gif;base64," + base64.b64encode(b"x").decode() in page


def test_a_missing_value_is_an_error():
    with pytest.raises(UndefinedError):
        render_page("_internal/page.html")


def tags(*arguments) -> str:
    macros = html_page._ENVIRONMENT.get_template("_internal/macros.html").module
    return str(macros.table(*arguments))


def test_numbers_stand_to_the_right_under_a_header():
    assert tags(["name", "n"], [["a", "1"]]).count('class="number"') == 2
    assert tags(["name", "what", "n"], [["a", "b", "1"]], 2).count('class="number"') == 2
    assert "number" not in tags(None, [["a", "b"]]) and "thead" not in tags(None, [["a", "b"]])
    assert '<tr class="published"><td>b</td></tr>' in tags(["name"], [["a"]], 1, [["b"]])


def test_a_figure_is_the_same_bytes_each_time():
    def drawn() -> bytes:
        figure = Figure()
        figure.add_subplot().plot([0, 1], label="漢")
        return svg(figure)

    assert drawn() == drawn() and ElementTree.fromstring(drawn()).tag.endswith("svg")
