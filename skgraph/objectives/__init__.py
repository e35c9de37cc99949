"""Objectives: ``objective(views [n, B, T, V, C], visible, masked) -> (loss, logs)`` and ``after_step(progress)``."""

from skgraph.objectives.predictor import Predictor
from skgraph.objectives.sjepa import SJEPA

__all__ = ["SJEPA", "Predictor"]
