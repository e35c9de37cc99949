"""Diagnosis of a training: what the features of its checkpoints tell, and whether predictions are trivial."""

from skgraph.diagnosis.cka import linear_cka
from skgraph.diagnosis.diagnose import Diagnosis, diagnose
from skgraph.diagnosis.prediction import PredictionErrors, prediction_errors
from skgraph.diagnosis.probes import ProbeTargets, probe_features

__all__ = [
    "Diagnosis",
    "PredictionErrors",
    "ProbeTargets",
    "diagnose",
    "linear_cka",
    "prediction_errors",
    "probe_features",
]
