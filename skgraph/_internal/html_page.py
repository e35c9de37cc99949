"""Self-contained HTML pages from Jinja2 templates: values are escaped, images embedded, nothing is loaded."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import matplotlib
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from matplotlib.figure import Figure

from skgraph._internal.figures import without_glyph_warnings
from skgraph._internal.text import plain

_NO_METADATA: dict[str, Any] = dict.fromkeys(("Date", "Creator", "Format", "Type"))
_PACKAGE = Path(__file__).resolve().parents[1]


def render_page(template: str, **values: Any) -> str:
    """Render a template, a path below the package such as ``"inspection/page.html"``."""
    return _ENVIRONMENT.get_template(template).render(values)


def svg(figure: Figure) -> bytes:
    """Return a figure as SVG with reproducible bytes; text is drawn as outlines, so that no font is needed."""
    file = io.BytesIO()
    with without_glyph_warnings(), matplotlib.rc_context({"svg.hashsalt": "skgraph", "svg.fonttype": "path"}):
        figure.savefig(file, format="svg", metadata=_NO_METADATA)
    return file.getvalue()


def _without_control_characters(value: Any) -> Any:
    """Spell out characters that a browser would act on; autoescape deals with those of HTML."""
    return value if isinstance(value, Markup) else plain(value, 2000)


_ENVIRONMENT = Environment(
    loader=FileSystemLoader(_PACKAGE),
    autoescape=True,
    undefined=StrictUndefined,
    finalize=_without_control_characters,
    trim_blocks=True,
    lstrip_blocks=True,
)
_ENVIRONMENT.filters["base64"] = lambda content: Markup(base64.b64encode(content).decode())
_ENVIRONMENT.filters["inline_svg"] = lambda content: Markup(content.decode("ascii"))
_ENVIRONMENT.policies["json.dumps_kwargs"] = {"allow_nan": False, "separators": (",", ":")}
_ENVIRONMENT.globals["file"] = lambda path: Markup((_PACKAGE / path).read_text(encoding="utf-8"))
