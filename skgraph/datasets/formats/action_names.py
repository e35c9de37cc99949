"""Names of the actions of published datasets."""

from __future__ import annotations

from pathlib import Path

import yaml


def action_names(dataset: str) -> list[str]:
    """Return the names of a dataset of `action_names.yaml`, in the order of their labels."""
    names: dict[str, list[str]] = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))
    return names[dataset]
