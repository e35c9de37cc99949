"""Reads YAML that somebody else wrote."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from yaml.composer import ComposerError


class PlainLoader(yaml.SafeLoader):
    """A safe loader without aliases: a few lines of lists of aliases of lists are more than any memory holds."""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()
            problem = f"the alias *{event.anchor} (&name and *name are not supported)"
            raise ComposerError(None, None, problem, event.start_mark)
        return super().compose_node(parent, index)


def read_plain_yaml(path: Path, loader: type[PlainLoader] = PlainLoader) -> Any:
    """What a YAML file in UTF-8 holds.

    Raises:
        BROKEN_YAML: it cannot be read, is not YAML, or has an alias.
    """
    return yaml.load(path.read_text(encoding="utf-8"), loader)
