"""Tables of results in notebooks, as data frames or HTML."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any

from skgraph._internal.text import plain
from skgraph.errors import ConfigError


def data_frame(columns: Mapping[str, Sequence[Any]], index: Sequence[str] | None = None) -> Any:
    """Return a pandas ``DataFrame``; pandas is no dependency."""
    try:
        import pandas
    except ImportError as error:
        raise ConfigError("a data frame needs pandas: pip install pandas") from error
    return pandas.DataFrame(dict(columns), index=index)


def html_table(title: str, header: Sequence[str], rows: Sequence[Sequence[object]], notes: Sequence[str] = ()) -> str:
    """Return a table in HTML, with a title above it and notes below; every text is escaped."""

    def cells(row: Sequence[object], tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{_text(cell)}</{tag}>" for cell in row) + "</tr>"

    body = "".join(cells(row, "td") for row in rows)
    below = "".join(f"<p>{_text(note)}</p>" for note in notes)
    caption = f"<caption>{_text(title)}</caption>"
    return f"<table>{caption}<thead>{cells(header, 'th')}</thead><tbody>{body}</tbody></table>{below}"


def _text(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return "" if value is None else html.escape(plain(value, 2000))
