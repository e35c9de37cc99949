"""Location of the files that ship with the package."""

from __future__ import annotations

from pathlib import Path

from skgraph.errors import DataError


def data_dir(name: str) -> Path:
    """Find ``"topologies"`` or ``"configs"``, which ship with the package, however it was installed.

    A wheel carries the folder inside the package; a checkout, also installed as editable, has it beside the package.
    """
    package = Path(__file__).resolve().parents[1]
    inside, beside = package / name, package.parent / name
    for folder in (inside, beside):
        if folder.is_dir():
            return folder
    raise DataError(f"the folder '{name}' that ships with skgraph is neither at {inside} nor at {beside}")
