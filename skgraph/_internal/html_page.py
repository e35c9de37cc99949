"""Pages of HTML that need nothing else: text from files is escaped, images lie in the page, nothing in it runs."""

from __future__ import annotations

import base64
import html
import io
import warnings
from collections.abc import Iterable, Sequence
from urllib.parse import quote

import matplotlib
from matplotlib.figure import Figure

from skgraph._internal.text import plain

_CSS = """
:root { color-scheme: light dark; --text: #1a1a1a; --back: #fff; --line: #bbb; --soft: #f3f3f3; --odd: #c0392b; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e6e6e6; --back: #161616; --line: #555; --soft: #222; --odd: #ff8a75; } }
body { color: var(--text); background: var(--back); font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto;
  max-width: 70rem; padding: 0 1rem; overflow-wrap: anywhere; }
table { border-collapse: collapse; margin: 1rem 0; }
th, td { padding: .25rem .7rem; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
td.figure, th.figure { text-align: right; white-space: nowrap; }
tr.below { background: var(--soft); }
ul.odd { list-style: none; padding: 0; }
ul.odd li { border-left: 4px solid var(--odd); padding: .2rem .8rem; margin: .4rem 0; }
ul.odd b { font-weight: 600; }
figure { margin: 1.2rem 0; }
figcaption a { margin-left: .6rem; }
img { background: #fff; padding: .4rem; max-width: 100%; box-sizing: border-box; }
.wide { overflow-x: auto; }
"""
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def document(title: str, body: Iterable[str]) -> str:
    """A page that may load nothing, light or dark as the reader's system is.

    Args:
        title: as text.
        body: elements, one after the other.
    """
    title = html.escape(plain(title))
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        f'<meta name="viewport" content="width=device-width">\n<title>{title}</title>\n'
        f"<style>{_CSS}</style>\n</head>\n<body>\n<h1>{title}</h1>\n" + "\n".join(body) + "\n</body>\n</html>\n"
    )


def heading(text: str, level: int = 2) -> str:
    """A heading."""
    return f"<h{level}>{html.escape(plain(text))}</h{level}>"


def table(
    header: Sequence[str] | None, rows: Sequence[Sequence[str]], names: int = 1, below: Sequence[Sequence[str]] = ()
) -> str:
    """Rows of plain text.

    Args:
        header: of the columns, if they have one.
        rows: of cells.
        names: columns from the left that hold words; where there is a header the others hold figures, to the right.
        below: rows of others', set off.
    """

    def line(cells: Sequence[str], tag: str, kind: str = "") -> str:
        kinds = [' class="figure"' if header and i >= names else "" for i in range(len(cells))]
        made = (f"<{tag}{own}>{html.escape(plain(cell))}</{tag}>" for own, cell in zip(kinds, cells, strict=True))
        return f"<tr{kind}>{''.join(made)}</tr>"

    head = f"<thead>{line(header, 'th')}</thead>\n" if header else ""
    body = "\n".join([*(line(row, "td") for row in rows), *(line(row, "td", ' class="below"') for row in below)])
    return f'<div class="wide"><table>{head}<tbody>\n{body}\n</tbody></table></div>'


def image(content: bytes, kind: str, caption: str, files: Sequence[str] = ()) -> str:
    """A picture in the page.

    Args:
        content: of the file.
        kind: ``"svg"``, ``"png"`` or ``"gif"``.
        caption: under it, and read to those who cannot see it.
        files: beside the page, to which the caption links.
    """
    text = html.escape(plain(caption, 1000))
    links = "".join(f'<a href="./{quote(name)}">{html.escape(plain(name))}</a>' for name in files)
    data = base64.b64encode(content).decode()
    mime = "svg+xml" if kind == "svg" else kind
    caption = f"<figcaption>{text}{links}</figcaption>"
    return f'<figure><img alt="{text}" src="data:image/{mime};base64,{data}">{caption}</figure>'


def svg(figure: Figure) -> bytes:
    """A drawing as SVG, the same bytes each time; letters are outlines, so that no font is needed."""
    file = io.BytesIO()
    with warnings.catch_warnings(), matplotlib.rc_context({"svg.hashsalt": "skgraph", "svg.fonttype": "path"}):
        warnings.filterwarnings("ignore", message="Glyph .* missing")  # a name in a script that the font has not
        figure.savefig(file, format="svg", metadata={"Date": None})
    return file.getvalue()
