"""Diagnosis of a training: probes of the features of its checkpoints, and a test for trivial predictions."""

from skgraph.diagnosis.diagnose import diagnose
from skgraph.diagnosis.prediction import PredictionErrors, prediction_errors
from skgraph.diagnosis.probes import ProbeTargets, linear_cka, probe_features

__all__ = ["PredictionErrors", "ProbeTargets", "diagnose", "linear_cka", "prediction_errors", "probe_features"]
