"""Columns of a table of results: one for each protocol with its recipe and options."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from skgraph.errors import ConfigError
from skgraph.evaluation.protocols import protocol_config
from skgraph.evaluation.results.format_results import format_option
from skgraph.evaluation.results.result import Result, value_at

# Protocols in the order of their columns.
_NAMES = {
    "linear": "linear",
    "attentive": "attentive",
    "knn": "kNN",
    "retrieval": "retrieval",
    "finetune": "fine-tune",
    "semi": "semi",
    "transfer": "transfer",
    "scratch": "from scratch",
    "detection": "detection",
}


@dataclass(frozen=True)
class Column:
    """Protocol, recipe and options that the metrics of a column share.

    Attributes:
        protocol: name of the protocol.
        recipe: name of the recipe, or empty.
        options: options that differ from the protocol's configuration, as sorted JSON, without seed and fraction.
        fraction: share of the labels, where it is an option.
        source: dataset of the pre-training, for transfer.
        best: empty for the headline (the last epoch), else the clips on which the best epoch was chosen.
    """

    protocol: str
    recipe: str
    options: str
    fraction: float | None = None
    source: str = ""
    best: str = ""

    @property
    def sort_key(self) -> tuple:
        """Sort key of the column."""
        protocol = ([*_NAMES, self.protocol].index(self.protocol), self.protocol)
        options = (len(json.loads(self.options)), self.options)
        return (*protocol, self.recipe, self.fraction or 0, self.source, *options, self.best)

    @property
    def header(self) -> str:
        """Text above the column."""
        fraction = "" if self.fraction is None else f"{100 * self.fraction:g} %"
        words = [_NAMES.get(self.protocol, self.protocol), self.recipe, fraction, self.source and f"from {self.source}"]
        text = " ".join(word for word in words if word)
        text += "".join(f", {key} {format_option(value)}" for key, value in json.loads(self.options).items())
        chosen_on = {"test": "the test clips", "validation": "held-out people"}.get(self.best, self.best)
        return f"{text}, best epoch on {chosen_on}" if self.best else text


def columns_of(result: Result) -> list[Column]:
    """Return the column of a result's headline, and that of its best epoch, if any."""
    protocol, recipe = result.protocol, result.recipe or ""
    options = {key: value for key, value in result.options.items() if key not in ("seed", "fraction")}
    defaults = _default_options(protocol, recipe)
    changed = {key: value for key, value in options.items() if key not in defaults or defaults[key] != value}
    source = str(value_at(result.members[0].config, "dataset.name")) if protocol == "transfer" else ""
    fraction = result.options.get("fraction")
    column = Column(protocol, recipe, json.dumps(changed, sort_keys=True), fraction, source)
    best = result.best_epochs
    return [column, *([replace(column, best=str(best[0].get("chosen_on")))] if best else [])]


@functools.cache
def _default_options(protocol: str, recipe: str) -> Mapping[str, Any]:
    """Return the options of a protocol in ``configs/protocol``; none for a protocol without a file."""
    for name in (f"{protocol}_{recipe}", protocol):
        with suppress(ConfigError):
            return protocol_config(name)
    return {}
