"""Objectives: ``objective(views [n, B, T, V, C], visible, masked) -> (loss, logs)`` and ``after_step(progress)``."""

from skgraph.objectives.gaussian import sigreg, visreg
from skgraph.objectives.gfp import GFP
from skgraph.objectives.lejepa import LeJEPA
from skgraph.objectives.masked_regression import MaskedRegression
from skgraph.objectives.mlp import BatchNorm, mlp
from skgraph.objectives.objective import LocalCrop, Objective
from skgraph.objectives.predictor import Predictor
from skgraph.objectives.pyramid_decoder import PyramidDecoder
from skgraph.objectives.sjepa import SJEPA
from skgraph.objectives.slim import SLiM
from skgraph.objectives.target_network import TargetNetwork
from skgraph.objectives.vicreg import vicreg_terms

__all__ = [
    "GFP",
    "SJEPA",
    "BatchNorm",
    "LeJEPA",
    "LocalCrop",
    "MaskedRegression",
    "Objective",
    "Predictor",
    "PyramidDecoder",
    "SLiM",
    "TargetNetwork",
    "mlp",
    "sigreg",
    "vicreg_terms",
    "visreg",
]
