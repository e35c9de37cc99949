"""The run of a logging service that belongs to a run folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from skgraph._internal.atomic import atomic_file


class ServiceRun:
    """The run of a service that a run folder belongs to, by its id in a file."""

    def __init__(self, path: Path, logged: Mapping[str, int] | None) -> None:
        self._path = path
        self.id = path.read_text(encoding="utf-8").strip() if path.exists() else None
        self._logged = (logged or {}) if self.id else {}  # by another logger, otherwise

    def remember(self, run_id: str) -> None:
        with atomic_file(self._path, "w") as file:
            file.write(run_id)

    def new(self, step: int, scalars: Mapping[str, float]) -> dict[str, float]:
        """Select the numbers that the service does not have."""
        return {key: value for key, value in scalars.items() if step > self._logged.get(key, -1)}
