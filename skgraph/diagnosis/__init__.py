"""What an encoder knows while it trains, and whether its objective asks for more than a trivial answer."""

from skgraph.diagnosis.cka import linear_cka
from skgraph.diagnosis.diagnose import Diagnosis, diagnose
from skgraph.diagnosis.prediction import Prediction, prediction
from skgraph.diagnosis.probes import Facts, knowledge

__all__ = ["Diagnosis", "Facts", "Prediction", "diagnose", "knowledge", "linear_cka", "prediction"]
