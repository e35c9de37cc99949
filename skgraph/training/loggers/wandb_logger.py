"""Weights & Biases."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from skgraph.errors import ConfigError
from skgraph.training.loggers.service_run import ServiceRun


class WandbLogger:
    """Logs to Weights & Biases, as one run however often the training is resumed.

    Args:
        folder: folder of the run, whose name becomes the run's; files go to ``wandb`` in it.
        logged: last step of each number that the run has already; a service cannot take it back.
        run_config: configuration of the run.
        project: project of the run.
        entity: user or team; ``None`` for your default.
        mode: ``"offline"`` writes files for ``wandb sync``; ``None`` follows ``WANDB_MODE``, else is online.

    Raises:
        ConfigError: the package is missing.
    """

    def __init__(
        self,
        folder: Path,
        logged: Mapping[str, int] | None = None,
        run_config: Mapping[str, Any] | None = None,
        project: str = "skgraph",
        entity: str | None = None,
        mode: Literal["online", "offline"] | None = None,
    ) -> None:
        try:
            import wandb
        except ImportError as error:
            raise ConfigError("logger=wandb needs wandb: pip install 'skgraph[wandb]'") from error
        run = ServiceRun(folder / "wandb_run.json", logged)
        options: dict[str, Any] = {"project": project, "entity": entity, "mode": mode, "dir": str(folder)}
        self._run = wandb.init(
            id=run.id, resume="allow" if run.id else None, name=folder.name, config=dict(run_config or {}), **options
        )
        run.remember(self._run.id)
        self._new = run.new

    def log(self, step: int, scalars: Mapping[str, float]) -> None:
        """Log numbers of a step, in the background."""
        if new := self._new(step, scalars):
            self._run.log(new, step=step)

    def close(self) -> None:
        """Send what is pending, and end the run."""
        self._run.finish()
