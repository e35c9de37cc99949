"""Write figures with names in any script."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from matplotlib.figure import Figure


@contextmanager
def without_glyph_warnings() -> Iterator[None]:
    """Draw characters that the font lacks as boxes, without a warning for each."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        yield


def save_png(figure: Figure, path: Path, dpi: int) -> None:
    """Write a figure as PNG."""
    with without_glyph_warnings():
        figure.savefig(path, dpi=dpi)
