"""The run of a logging service that belongs to a run folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from skgraph._internal.atomic import atomic_file


class ServiceRun:
    """Keeps the id of a service's run, and the last step of each number in it, in a file of the run folder.

    Args:
        path: the file.
        logged: last step of each number that the last process logged.
    """

    def __init__(self, path: Path, logged: Mapping[str, int] | None) -> None:
        self._path = path
        self.id: str | None = None
        self._logged: dict[str, int] = {}  # earlier processes may have logged elsewhere
        if path.exists():
            known = json.loads(path.read_text(encoding="utf-8"))
            self.id, self._logged = known["id"], known["logged"]
            for key, step in (logged or {}).items():
                self._logged[key] = max(step, self._logged.get(key, 0))

    def remember(self, run_id: str) -> None:
        """Write the file, before anything is logged."""
        with atomic_file(self._path, "w") as file:
            json.dump({"id": run_id, "logged": self._logged}, file)

    def new(self, step: int, scalars: Mapping[str, float]) -> dict[str, float]:
        """Select the numbers that the service does not have."""
        return {key: value for key, value in scalars.items() if step > self._logged.get(key, 0)}
