"""Objectives: ``objective(views [n, B, T, V, C], visible, masked) -> (loss, logs)`` and ``after_step(progress)``."""

from skgraph.objectives.gfp import GFP
from skgraph.objectives.masked_regression import MaskedRegression
from skgraph.objectives.mlp import mlp
from skgraph.objectives.objective import Objective
from skgraph.objectives.predictor import Predictor
from skgraph.objectives.pyramid_decoder import PyramidDecoder
from skgraph.objectives.sjepa import SJEPA
from skgraph.objectives.target_network import TargetNetwork
from skgraph.objectives.vicreg import vicreg_terms

__all__ = [
    "GFP",
    "SJEPA",
    "MaskedRegression",
    "Objective",
    "Predictor",
    "PyramidDecoder",
    "TargetNetwork",
    "mlp",
    "vicreg_terms",
]
