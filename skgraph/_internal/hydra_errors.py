"""What Hydra says of a command line that it cannot read, in one line."""

from __future__ import annotations

import difflib
import re

from hydra.errors import HydraException, OverrideParseException


def composition_error(error: HydraException) -> str:
    """An unknown key with those that look like it, an unknown choice with those that there are, what is no override."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    if isinstance(error, OverrideParseException):
        return f"{error.override} cannot be read ({lines[-2] if len(lines) > 1 else lines[0]}): put its value in quotes"
    text = re.sub(r"^In '[^']*': ", "", lines[0]).removesuffix(".")
    if lines[0].startswith("Could not override"):
        return text + _meant(error)
    options = [line for line in lines[2:] if not line.startswith(("Config search path", "provider="))]
    if len(lines) > 1 and lines[1].startswith("Available options"):
        return f"{text}: {lines[1][0].lower()}{lines[1][1:].rstrip(':')} are {', '.join(options)}"
    return text


def _meant(error: HydraException) -> str:
    """The keys beside a key that there is not, if one looks like it; otherwise all, if they are few."""
    node, key = getattr(error.__cause__, "parent_node", None), getattr(error.__cause__, "key", None)
    keys = [str(name) for name in node if name != "hydra"] if hasattr(node, "keys") else []
    if close := difflib.get_close_matches(str(key), keys, 1):
        return f": did you mean {close[0]}?"
    return f": expected one of {', '.join(keys)}" if 0 < len(keys) <= 30 else ""
