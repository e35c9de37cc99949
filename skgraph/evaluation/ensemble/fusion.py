"""Fusion of evaluations, such as those of three streams: a weighted sum of logits, joined by clip name."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
import torch

from skgraph._internal.atomic import atomic_folder
from skgraph.errors import ConfigError, DataError
from skgraph.evaluation.ensemble.member import EnsembleMember, check_same_evaluation, read_member
from skgraph.evaluation.ensemble.weights import check_weights, choose_weights, fuse
from skgraph.evaluation.results.metrics import top_k
from skgraph.evaluation.results.result import EnsembleResult, MemberRecord, Result
from skgraph.evaluation.results.scores import Scores, join_scores, save_scores
from skgraph.training.checkpoint import versions


@dataclass(frozen=True)
class Row:
    """Accuracy (%) of the sum of some members; ``None`` where all weights are 0."""

    members: tuple[int, ...]
    weights: tuple[float, ...]
    top1: float | None
    top5: float | None


@dataclass(frozen=True, eq=False)
class Ensemble:
    """Fused evaluations. Make one with :func:`fuse_results`.

    Attributes:
        members: in the order given.
        name: of the weights: ``"equal"``, ``"aimclr"``, ``"actclr"``, ``"mamp"``, ``"tuned"`` or ``"given"``.
        weights: one for each member.
        source: of the weights, in words.
        rows: every member alone, every pair, all members.
        fused: the weighted sum over all members, in the first one's order of clips.
    """

    members: list[EnsembleMember]
    name: str
    weights: list[float]
    source: str
    rows: list[Row]
    fused: Scores

    @property
    def labels(self) -> list[str]:
        """Names of the members: by stream, by run, or by folder, whichever tells them apart."""
        for key in ("stream", "run"):
            names = [str(getattr(member.result, key)) for member in self.members]
            if len(set(names)) == len(names):
                return names
        return [str(member.folder) for member in self.members]

    @property
    def best_member(self) -> int:
        """Index of the member with the best top-1 accuracy."""
        return max(range(len(self.members)), key=lambda i: self.rows[i].top1)

    @property
    def gain(self) -> float:
        """Gain in top-1 of all members over the best one, in points."""
        return self.rows[-1].top1 - self.rows[self.best_member].top1


def fuse_results(paths: Sequence[Path], weights: str | Sequence[float] = "equal") -> Ensemble:
    r"""Fuse evaluations: :math:`\sum_i w_i z_i`, with the raw logits :math:`z_i` of a clip in each of them.

    As in published code nothing is normalised first, so that a member with large logits dominates. Scores of retrieval
    (similarities) are summed as they are.

    Args:
        paths: folders of two or more evaluations, or their ``scores.npz``; clips are joined by name.
        weights: ``"equal"`` (1 each: CMD, ECCV 2022, takes the mean of the logits of its three streams); ``"aimclr"``
            (joint 0.6, bone 0.6, motion 0.4: AimCLR, AAAI 2022; also MS-CLR and HiCLR); ``"actclr"`` (0.4 each:
            ActCLR, CVPR 2023); ``"mamp"`` (1 each: MAMP's code has the joint stream only and publishes no fusion);
            ``"tuned"`` (:func:`~skgraph.evaluation.ensemble.weights.tuned_weights` on the ``validation_scores.npz`` of
            every member, never on test scores); or numbers in the order of ``paths``. Weights of AimCLR and ActCLR
            belong to streams, whatever the order.

    Raises:
        ConfigError: weights that do not fit the members.
        DataError: a file that is missing, damaged or inconsistent, or members of other evaluations, clips or labels;
            quotes what differs.
    """
    texts = isinstance(paths, (list, tuple)) and all(isinstance(path, (str, Path)) and str(path) for path in paths)
    if not texts or len(paths) < 2:
        raise ConfigError(f"scores must be a list of at least two folders of evaluations, found '{paths}'")
    check_weights(weights, len(paths))
    members = [read_member(Path(path)) for path in paths]
    seen: set[Path] = set()
    for member in members:
        if member.folder.resolve() in seen:
            raise ConfigError(f"scores lists '{member.folder}' twice")
        seen.add(member.folder.resolve())
        check_same_evaluation(members[0], member)
    scores = join_scores([member.scores for member in members])
    name, values, source = choose_weights(weights, members)
    fused = replace(scores[0], logits=fuse([each.logits for each in scores], values))
    if not np.isfinite(fused.logits.astype(np.float32)).all():
        raise DataError("the sum of the logits is too large: one of the evaluations has scores that cannot be right")
    count = len(members)
    groups = [group for size in sorted({1, 2, count}) for group in itertools.combinations(range(count), size)]
    return Ensemble(members, name, values, source, [_row(group, values, scores) for group in groups], fused)


def save_ensemble(ensemble: Ensemble, folder: Path) -> None:
    """Write ``scores.npz`` and ``result.json`` as an evaluation does, whole or not at all.

    Raises:
        ConfigError: the folder holds something that is no ensemble and would be lost.
    """
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        path = folder / "result.json"
        if not path.is_file() or not isinstance(Result.load(path), EnsembleResult):
            raise ConfigError(f"out: '{folder}' exists and is not an ensemble: choose another folder")
    fused = ensemble.fused
    with atomic_folder(folder) as partial:
        save_scores(partial / "scores.npz", fused.name, torch.from_numpy(fused.logits), torch.from_numpy(fused.label))
        _result(ensemble).save(partial)


def ensemble_folder(ensemble: Ensemble) -> Path:
    """Return the default folder: ``ensemble/<evaluation>_<runs>_<weights>_<hash>`` below the current one.

    The hash of the members' paths and weights tells ensembles of the same readable name apart.
    """
    pairs = zip(ensemble.members, ensemble.weights, strict=True)
    paths = sorted(f"{member.folder.resolve()} {weight}" for member, weight in pairs)
    digest = hashlib.sha256("\n".join(paths).encode()).hexdigest()[:8]
    runs = "+".join(Path(member.result.run).name for member in ensemble.members)
    # A file name has at most 255 bytes.
    readable = f"{ensemble.members[0].folder.resolve().name}_{runs}".encode()[:200].decode(errors="ignore")
    return Path("ensemble") / f"{readable}_{ensemble.name}_{digest}"


def format_ensemble(ensemble: Ensemble) -> str:
    """Format accuracies of members, pairs and all, with the weights, their source and the gain over the best member."""
    result, labels = ensemble.members[0].result, ensemble.labels
    protocol = f"{result.protocol} {result.recipe or ''}".strip()
    named = ", ".join(f"{label} {weight:g}" for label, weight in zip(labels, ensemble.weights, strict=True))
    lines = [
        f"accuracy (%) of summed logits on {len(ensemble.fused.name)} test clips of {result.dataset.name}, "
        f"split {result.dataset.split}, {protocol}",
        f"weights {ensemble.name}: {named} ({ensemble.source})",
    ]
    rows = [("members", "weights", "top-1", "top-5")]
    for row in ensemble.rows:
        accuracies = ("-" if value is None else f"{value:.2f}" for value in (row.top1, row.top5))
        names = " + ".join(labels[i] for i in row.members)
        rows.append((names, ", ".join(f"{weight:g}" for weight in row.weights), *accuracies))
    widths = [max(len(row[i]) for row in rows) + 2 for i in range(2)]
    for names, weights, top1, top5 in rows:
        lines.append(f"{names:<{widths[0]}}{weights:<{widths[1]}}{top1:>8}{top5:>8}")
    verdict = "at least as good as" if ensemble.gain >= 0 else "not as good as"
    best = labels[ensemble.best_member]
    lines.append(f"all together are {verdict} the best member, {best}: {ensemble.gain:+.2f} points of top-1")
    return "\n".join(lines)


def _row(group: tuple[int, ...], weights: list[float], scores: list[Scores]) -> Row:
    chosen = tuple(weights[i] for i in group)
    if not any(chosen) and len(group) > 1:
        return Row(group, chosen, None, None)
    # A member alone counts as 1 where its weight is 0.
    fused = torch.from_numpy(fuse([scores[i].logits for i in group], chosen if any(chosen) else (1.0,)))
    y = torch.from_numpy(scores[0].label)
    return Row(group, chosen, top_k(fused, y), top_k(fused, y, 5))


def _result(ensemble: Ensemble) -> EnsembleResult:
    results, labels = [member.result for member in ensemble.members], ensemble.labels
    first = results[0]
    common = {
        key: getattr(first, key) if len({getattr(result, key) for result in results}) == 1 else None
        for key in ("objective", "encoder", "seed", "step")
    }
    shared = ("protocol", "recipe", "options", "dataset", "crop", "crops", "bodies", "validation", "joint_map")
    members = [
        MemberRecord(
            folder=str(member.folder),
            weight=weight,
            top1=member.result.metrics.get("top1"),
            top5=member.result.metrics.get("top5"),
            **{
                key: getattr(member.result, key)
                for key in ("run", "stream", "objective", "encoder", "seed", "step", "pretrained_on", "config")
            },
        )
        for member, weight in zip(ensemble.members, ensemble.weights, strict=True)
    ]
    weights = dict(zip(labels, ensemble.weights, strict=True))
    return EnsembleResult(
        **{key: getattr(first, key) for key in shared},
        **common,
        run=" + ".join(result.run for result in results),
        stream=" + ".join(str(result.stream) for result in results),
        metrics={"top1": ensemble.rows[-1].top1, "top5": ensemble.rows[-1].top5},
        weights={"name": ensemble.name, "values": weights, "source": ensemble.source},
        fused=tuple(members),
        table=[asdict(row) | {"members": [labels[i] for i in row.members]} for row in ensemble.rows],
        best_member=labels[ensemble.best_member],
        above_best_member=ensemble.gain,
        versions=versions(),
        date=str(date.today()),
    )
