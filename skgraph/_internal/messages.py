"""The messages of the logger ``skgraph``, as commands show them."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from tqdm.auto import tqdm


class _Console(logging.Handler):
    """Prints messages above a progress bar, warnings with the word before them."""

    def emit(self, record: logging.LogRecord) -> None:
        level = "" if record.levelno < logging.WARNING else f"{record.levelname.lower()}: "
        tqdm.write(level + record.getMessage())


@contextmanager
def shown_messages() -> Iterator[None]:
    """Print the messages of the logger ``skgraph`` on the standard output."""
    logger, handler = logging.getLogger("skgraph"), _Console()
    before = logger.level, logger.propagate
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False  # Hydra's root logger prints, too
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.level, logger.propagate = before
