"""Whether coordinates were prepared as those that an encoder was trained on."""

from __future__ import annotations

import re

# What is said of a preparation and leaves coordinates as they were: conversions to metres, what became of labels.
_NOTHING = re.compile(r"none|\S+ to m|\S+ labels|whole recordings")


def preparation_note(trained: str | None, here: str) -> str | None:
    """What a person should know where two stores were prepared in other ways.

    Args:
        trained: what the store of the pre-training says of its preparation; None where a checkpoint does not have it.
        here: the same of the store that is encoded.

    Returns:
        a sentence, or None where coordinates mean the same.
    """
    if trained is None or _steps(trained) == _steps(here):
        return None
    return f"note: pre-trained on coordinates prepared as '{trained}', these are prepared as '{here}'"


def _steps(preparation: str) -> list[str]:
    return [step for step in re.split(r"[;,] ", preparation) if not _NOTHING.fullmatch(step)]
