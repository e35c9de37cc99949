"""What an evaluation leaves behind: a card and the scores by clip name."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor


def save_result(folder: Path, card: dict[str, Any], names: np.ndarray, scores: Tensor, y: Tensor) -> None:
    """Write ``scores.npz`` (``name``, ``logits``, ``label``) and then ``result.json``, each whole or not at all.

    Scores are joined by clip name wherever they meet others; their order means nothing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / ".scores.npz.partial"
    with open(partial, "wb") as file:
        np.savez(file, name=names, logits=scores.numpy(), label=y.numpy())
    os.replace(partial, folder / "scores.npz")
    partial = folder / ".result.json.partial"
    partial.write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    os.replace(partial, folder / "result.json")
