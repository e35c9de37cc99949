"""The learning rate as a pure function of the step."""

from __future__ import annotations

import math


def learning_rate(step: int, total: int, warmup: int, peak: float, final: float = 0.0, start: float = 0.0) -> float:
    """Return the learning rate of a linear warm-up from ``start`` to ``peak``, then half a cosine to ``final``.

    Source: Loshchilov and Hutter, SGDR, ICLR 2017.

    Args:
        step: optimiser steps done, ``0 .. total - 1``.
        total: all steps of the training.
        warmup: steps of the warm-up.
        peak: largest learning rate.
        final: learning rate at the end.
        start: learning rate before the first step.
    """
    if step < warmup:
        return start + (peak - start) * (step + 1) / warmup
    progress = (step - warmup) / max(1, total - warmup)
    return final + (peak - final) * (1 + math.cos(math.pi * min(1.0, progress))) / 2
