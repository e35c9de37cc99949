"""MLflow."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from skgraph._internal.options import flat
from skgraph.errors import ConfigError
from skgraph.training.loggers.service_run import ServiceRun


class MLflowLogger:
    """Logs to MLflow, as one run however often the training is resumed.

    Args:
        folder: folder of the run, whose name becomes the run's.
        logged: last step of each number that the run has already; a service cannot take it back.
        run_config: configuration of the run; its values become parameters.
        experiment: experiment of the run.
        tracking_uri: server or database; ``None`` follows ``MLFLOW_TRACKING_URI``.

    Raises:
        ConfigError: the package is missing.
    """

    def __init__(
        self,
        folder: Path,
        logged: Mapping[str, int] | None = None,
        run_config: Mapping[str, Any] | None = None,
        experiment: str = "skgraph",
        tracking_uri: str | None = None,
    ) -> None:
        try:
            import mlflow
        except ImportError as error:
            raise ConfigError("logger=mlflow needs mlflow: pip install 'skgraph[mlflow]'") from error
        self._mlflow: Any = mlflow
        run = ServiceRun(folder / "mlflow_run.json", logged)
        if tracking_uri is not None:
            mlflow.set_tracking_uri(tracking_uri)
        mlflow.set_experiment(experiment)
        started = mlflow.start_run(run_id=run.id, run_name=folder.name)
        if run.id is None:
            mlflow.log_params(flat(run_config or {}))
        run.remember(started.info.run_id)
        self._new = run.new

    def log(self, step: int, scalars: Mapping[str, float]) -> None:
        """Log numbers of a step, in the background."""
        if new := self._new(step, scalars):
            self._mlflow.log_metrics(new, step=step, synchronous=False)

    def close(self) -> None:
        """Send what is pending, and end the run."""
        self._mlflow.flush_async_logging()
        self._mlflow.end_run()
