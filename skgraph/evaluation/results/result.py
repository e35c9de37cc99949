"""The result of an evaluation, and its file ``result.json``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, ClassVar

from skgraph._internal.atomic import atomic_file, restore_folder
from skgraph._internal.files import check_file, read_json
from skgraph._internal.notebook import data_frame, html_table
from skgraph._internal.options import check_kinds
from skgraph.errors import DataError


@dataclass(frozen=True, kw_only=True)
class EvaluatedData:
    """The store and split that an encoder was evaluated on."""

    name: str
    path: str = ""
    split: str
    content_hash: str
    preprocessing: str | None = None
    topology: str = ""
    train_clips: int | None = None
    test_clips: int | None = None
    validation_clips: int | None = None


@dataclass(frozen=True, kw_only=True)
class PretrainingData:
    """The store that an encoder was trained on; for weights that others publish, their source and licence."""

    content_hash: str | None = None
    topology: str | None = None
    preprocessing: str | None = None
    root: str | None = None
    origin: str | None = None


BASELINES = {"random_init": "random init", "raw_coordinates": "raw coordinates"}
_NESTED = {"dataset": EvaluatedData, "pretrained_on": PretrainingData}


@dataclass(frozen=True, kw_only=True, repr=False)
class Result:
    """The outcome of one evaluation; its fields are the keys of ``result.json``, see docs/protocols.md.

    Attributes:
        metrics: such as ``top1``, in per cent; in the file they stand beside the other keys.
        random_init: the same metrics of a random encoder.
        raw_coordinates: the same metrics of raw coordinates, see
            :func:`~skgraph.evaluation.features.raw_coordinates.raw_coordinates`.
        causes: likely causes of an accuracy below a baseline's, see :func:`~skgraph.evaluation.causes.likely_causes`.
        path: file of the result; not written.
    """

    HEADLINES: ClassVar[dict[str, tuple[str, str]]] = {"detection": ("map_at_0.5", "mAP at IoU 0.5")}

    protocol: str
    label: str = ""
    recipe: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    pretrained: bool = True
    run: str = ""
    objective: str | None
    encoder: str | None
    stream: str | None = None
    metrics: Mapping[str, Any]
    random_init: Mapping[str, Any] | None = None
    raw_coordinates: Mapping[str, Any] | None = None
    causes: list[str] = field(default_factory=list)
    rankme: float | None = None
    feature_std: float | None = None
    dataset: EvaluatedData
    pretrained_on: PretrainingData = PretrainingData()
    crop: float | None = None
    crops: int = 1
    bodies: str = "present"
    pool: str = "mean"
    validation: float = 0.0
    joint_map: str | None = None
    step: int | None = None
    seed: int | None = None
    device: str = ""
    precision: str = ""
    processes: int = 1
    versions: Mapping[str, Any] = field(default_factory=dict)
    date: str = ""
    config: Mapping[str, Any]
    seconds: float | None = None
    path: Path | None = field(default=None, compare=False)

    @property
    def headline(self) -> tuple[str, str]:
        """Key and name of the first metric."""
        return self.HEADLINES.get(self.protocol, ("top1", "top-1 accuracy"))

    @property
    def baselines(self) -> dict[str, Mapping[str, Any]]:
        """Metrics of the baselines that were evaluated, ``random_init`` and ``raw_coordinates``."""
        both = {"random_init": self.random_init, "raw_coordinates": self.raw_coordinates}
        return {name: metrics for name, metrics in both.items() if metrics is not None}

    @property
    def below(self) -> dict[str, float]:
        """Points by which the encoder is below each baseline that is better, by the baseline's name."""
        key = self.headline[0]
        value = self.metrics[key]
        both = {name: metrics[key] for name, metrics in self.baselines.items()}
        return {name: x - value for name, x in both.items() if None not in (x, value) and x - value >= 0.05}

    @property
    def members(self) -> tuple[Result | MemberRecord, ...]:
        """The fused results of an ensemble; otherwise the result itself."""
        return (self,)

    @property
    def best_epochs(self) -> list[Mapping[str, Any]]:
        """Metrics of the best epoch of each classifier that was trained; empty where none was."""
        best = self.metrics.get("best")
        return best if isinstance(best, list) else [] if best is None else [best]

    def to_dict(self) -> dict[str, Any]:
        """Return the content of ``result.json``."""
        content: dict[str, Any] = {}
        for key, value in asdict(self).items():
            content |= value if key == "metrics" else {} if key == "path" else {key: value}
        return content

    def to_frame(self) -> Any:
        """Return a pandas ``DataFrame`` of the metrics that are numbers, a row for the encoder and each baseline."""
        keys = [key for key, value in self.metrics.items() if isinstance(value, (int, float))]
        models = {"trained": self.metrics, **self.baselines}
        columns = {key: [metrics.get(key) for metrics in models.values()] for key in keys}
        return data_frame(columns, list(models))

    def __repr__(self) -> str:
        key, name = self.headline
        data = f"{self.dataset.name}, split {self.dataset.split}"
        return f"{type(self).__name__}({self.label or self.protocol}: {name} {self.metrics[key]} %, {data})"

    def _repr_html_(self) -> str:
        key, name = self.headline
        title = f"{name} (%), {self.dataset.name}, split {self.dataset.split}"
        row = [self.label or self.protocol, self.metrics[key], *(metrics[key] for metrics in self.baselines.values())]
        header = ["protocol", "trained", *(BASELINES[name] for name in self.baselines)]
        return html_table(title, header, [row], [warning] if (warning := join_warnings([self])) else [])

    def save(self, folder: Path) -> None:
        """Write ``result.json`` into a folder, after all other files, so that a folder that has one is complete."""
        with atomic_file(folder / "result.json", "w") as file:
            json.dump(self.to_dict(), file, indent=2, allow_nan=False)
            file.write("\n")

    @staticmethod
    def load(path: Path) -> Result:
        """Read a ``result.json``, of an evaluation or (an ``EnsembleResult``) of an ensemble.

        Raises:
            DataError: the file is missing, damaged or not a result; names the key.
        """
        restore_folder(path.parent)
        check_file(path)
        if not path.is_file():
            raise DataError(f"no result at '{path}'")
        return Result.from_dict(read_json(path, "result"), path)

    @staticmethod
    def from_dict(content: Any, path: Path) -> Result:
        """Build a result from the content of a ``result.json`` at a path; raises as :meth:`load` does."""
        try:
            result = _from_json("result", content, path=path)
            _check_percentages(result)
            return result
        except DataError as error:
            raise DataError(f"the result '{path}' cannot be used: {error}") from error


@dataclass(frozen=True, kw_only=True)
class MemberRecord:
    """A member in the result of an ensemble."""

    folder: str = ""
    weight: float | None = None
    run: str = ""
    stream: str | None = None
    objective: str
    encoder: str
    seed: int | None = None
    step: int | None = None
    top1: float | None = None
    top5: float | None = None
    pretrained_on: PretrainingData = PretrainingData()
    config: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, repr=False)
class EnsembleResult(Result):
    """The outcome of a fusion.

    Attributes:
        weights: their name, values and source.
        fused: the members; ``members`` in the file.
        table: accuracy of every member, every pair and all of them.
        above_best_member: gain in top-1 over the best member, in points.
    """

    objective: str | None = None
    encoder: str | None = None
    config: Mapping[str, Any] = field(default_factory=dict)
    weights: Mapping[str, Any] = field(default_factory=dict)
    fused: tuple[MemberRecord, ...]
    table: list[Any] = field(default_factory=list)
    best_member: str = ""
    above_best_member: float | None = None

    @property
    def members(self) -> tuple[Result | MemberRecord, ...]:
        return self.fused

    def to_dict(self) -> dict[str, Any]:
        content = super().to_dict()
        content["members"] = list(content["fused"])
        keys = ["protocol", "recipe", "options", "run", "stream", "objective", "encoder", "seed", "step"]
        keys += [*self.metrics, "weights", "members", "table", "best_member", "above_best_member", "dataset"]
        keys += ["crop", "crops", "bodies", "pool", "validation", "joint_map", "versions", "date"]
        return {key: content[key] for key in keys}


def join_warnings(results: Sequence[Result]) -> str | None:
    """Join the warnings of results of one encoder; each cause is named once, two at most."""
    worse = [
        f"{result.label or result.protocol} is {points:.1f} points below {BASELINES[name]}"
        for result in results
        for name, points in result.below.items()
    ]
    causes: dict[str, str] = {}  # by their first words: numbers differ between protocols
    for cause in (cause for result in results if result.below for cause in result.causes):
        causes.setdefault(cause.partition(",")[0], cause)
    return (
        "; ".join([", ".join(worse), *(["likely causes: " + "; ".join(list(causes.values())[:2])] if causes else [])])
        or None
    )


def value_at(content: Mapping[str, Any], key: str, default: Any = None) -> Any:
    """Look up a dotted key in nested mappings."""
    value: Any = content
    for name in key.split("."):
        if not isinstance(value, Mapping) or name not in value:
            return default
        value = value[name]
    return value


def _from_json(name: str, content: Any, kind: type | None = None, **others: Any) -> Any:
    """Build a dataclass from a JSON object: a null is a missing key, other keys of a result are metrics."""
    if not isinstance(content, Mapping):
        raise DataError(f"{name} must be a JSON object, found {type(content).__name__}")
    kind = kind or (EnsembleResult if "members" in content else Result)
    names = {f.name for f in fields(kind)} - ({"metrics", "path", "fused"} if issubclass(kind, Result) else set())
    values = {key: content[key] for key in names if content.get(key) is not None}
    for key in _NESTED.keys() & values.keys():
        values[key] = _from_json(key, values[key], _NESTED[key])
    if issubclass(kind, Result):
        values["metrics"] = {key: value for key, value in content.items() if key not in names | {"members"}}
    if kind is EnsembleResult:
        if not isinstance(content["members"], list) or not content["members"]:
            raise DataError(f"result.members must be a list, found '{content['members']}'")
        values["fused"] = tuple(_from_json("members", member, MemberRecord) for member in content["members"])
    required = [f.name for f in fields(kind) if f.default is MISSING and f.default_factory is MISSING]
    if missing := [key for key in required if key not in values]:
        raise DataError(f"{name} lacks {', '.join(missing)}")
    check_kinds(kind, values, name)
    return kind(**values, **others)


def _check_percentages(result: Result) -> None:
    """Check the numbers that a report computes with; a metric that is not defined is null."""
    fraction = result.options.get("fraction", 1.0)
    if not isinstance(fraction, (int, float)) or not 0 < fraction <= 1:
        raise DataError(f"options.fraction must be in (0, 1], found '{fraction}'")
    headline = result.headline[0]
    found = [("result", result.metrics, headline), *(("best", best, "top1") for best in result.best_epochs)]
    found += [(name, metrics, headline) for name, metrics in result.baselines.items()]
    for name, metrics, first in found:
        if not isinstance(metrics, Mapping):
            raise DataError(f"{name} must be a JSON object, found '{metrics}'")
        if first not in metrics:
            raise DataError(f"{name} lacks {first}")
        for key in (first, "top1_std"):
            value = metrics.get(key)
            if value is not None and not (type(value) in (int, float) and 0 <= value <= 100):
                raise DataError(f"{name}.{key} must be in per cent, found '{value}'")
