"""What an evaluation leaves behind: a card and the scores by clip name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from skgraph.atomic import atomic_file


def save_result(folder: Path, card: dict[str, Any], names: np.ndarray, scores: Tensor, y: Tensor) -> None:
    """Write ``scores.npz`` (``name``, ``logits``, ``label``) and then ``result.json``, each whole or not at all.

    Scores are joined by clip name wherever they meet others; their order means nothing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with atomic_file(folder / "scores.npz") as file:
        np.savez(file, name=names, logits=scores.numpy(), label=y.numpy())
    with atomic_file(folder / "result.json", "w") as file:
        json.dump(card, file, indent=2)
        file.write("\n")
