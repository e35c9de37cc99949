"""Build encoders, objectives, views and trainings from a composed configuration."""

from skgraph.build.components import build_encoder, build_objective, build_views, instance
from skgraph.build.measurements import with_measurements
from skgraph.build.run_config import check_config
from skgraph.build.stores import open_store, open_stores, training_bodies
from skgraph.build.trainer import build_trainer

__all__ = [
    "build_encoder",
    "build_objective",
    "build_trainer",
    "build_views",
    "check_config",
    "instance",
    "open_store",
    "open_stores",
    "training_bodies",
    "with_measurements",
]
