"""Loggers: TensorBoard, a CSV file, Weights & Biases and MLflow take the numbers of a training."""

from skgraph.training.loggers.csv_logger import CSVLogger
from skgraph.training.loggers.logger import Logger
from skgraph.training.loggers.mlflow_logger import MLflowLogger
from skgraph.training.loggers.tensorboard_logger import TensorBoardLogger
from skgraph.training.loggers.wandb_logger import WandbLogger

__all__ = ["CSVLogger", "Logger", "MLflowLogger", "TensorBoardLogger", "WandbLogger"]
