"""How far a training is, shown to people."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping

from tqdm.auto import tqdm

_SECONDS = 30.0  # between two lines
_messages = logging.getLogger("skgraph")


class Progress:
    """Shows a bar on a terminal, elsewhere a line now and then, so that the output of a batch job tells that it lives.

    Args:
        step: steps already done.
        total: steps in all.
        show: False shows nothing.
    """

    def __init__(self, step: int, total: int, show: bool = True) -> None:
        hidden = None if show else True  # None: shown on a terminal
        self._bar = tqdm(total=total, initial=step, unit="step", dynamic_ncols=True, disable=hidden)
        self._lines = show and self._bar.disable
        self._first, self._total = step, total
        self._start = self._last = time.monotonic()

    def advance(self) -> None:
        """Count a step."""
        self._bar.update()

    def show(self, step: int, values: Mapping[str, float]) -> None:
        """Show numbers of a step: ``loss``, ``lr`` and ``clips_per_second``."""
        loss, speed = f"loss {values['loss']:.4f}", f"{values['clips_per_second']:.0f} clips/s"
        self._bar.set_postfix_str(f"{loss}, lr {values['lr']:.2e}, {speed}")
        now = time.monotonic()
        if self._lines and now >= self._last + _SECONDS:
            self._last = now
            left = tqdm.format_interval((now - self._start) / (step - self._first) * (self._total - step))
            _messages.info(f"step {step} of {self._total}, {loss}, {speed}, {left} left")

    def close(self) -> None:
        """End the bar."""
        self._bar.close()
