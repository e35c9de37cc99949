"""A guard around encoders that an evaluation must not change."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain

from torch import nn


@contextmanager
def frozen(encoder: nn.Module) -> Iterator[Callable[[], None]]:
    """Put an encoder into evaluation mode, without gradients, and assert that it stays as it is.

    Yields:
        a check, to be called whenever the encoder has been used; it is called once more at the end.

    Raises:
        AssertionError: a module has left evaluation mode, wants a gradient, or a weight or a running statistic has been
            written to.
    """
    encoder.eval().requires_grad_(False)
    before = _versions(encoder)

    def check() -> None:
        # Raised, not asserted: `python -O` leaves assertions out.
        if any(module.training for module in encoder.modules()):
            raise AssertionError("the encoder left evaluation mode")
        if any(p.requires_grad for p in encoder.parameters()):
            raise AssertionError("the frozen encoder wants a gradient")
        if _versions(encoder) != before:
            raise AssertionError("a weight or a statistic of the frozen encoder was written to")

    yield check
    check()


def _versions(encoder: nn.Module) -> list[tuple[int, int]]:
    return [(id(x), x._version) for x in chain(encoder.parameters(), encoder.buffers())]
