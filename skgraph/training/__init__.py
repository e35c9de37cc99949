"""The training loop of every objective, with schedules, checkpoints, logs and diagnostics."""

from skgraph.training.diagnostics import collapse_warning, feature_diagnostics, rankme
from skgraph.training.optimizer import learning_rate
from skgraph.training.trainer import Trainer
from skgraph.training.trainer_config import TrainerConfig
from skgraph.training.views import ViewMaker, stream_scale

__all__ = [
    "Trainer",
    "TrainerConfig",
    "ViewMaker",
    "collapse_warning",
    "feature_diagnostics",
    "learning_rate",
    "rankme",
    "stream_scale",
]
