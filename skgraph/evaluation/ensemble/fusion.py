"""Fusion of evaluations, such as those of three streams: a weighted sum of logits, joined by clip name."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import torch

from skgraph._internal.atomic import atomic_folder
from skgraph._internal.text import aligned
from skgraph.errors import ConfigError, DataError
from skgraph.evaluation.ensemble.member import EnsembleMember, check_same_evaluation, read_member
from skgraph.evaluation.ensemble.weights import check_weights, choose_weights, fuse
from skgraph.evaluation.results.metrics import top_k
from skgraph.evaluation.results.result import EnsembleResult, MemberRecord, Result
from skgraph.evaluation.results.scores import Scores, join_scores, save_scores
from skgraph.training.checkpoint import versions


@dataclass(frozen=True, eq=False)
class Ensemble:
    """Fused evaluations. Make one with :func:`fuse_results`.

    Attributes:
        members: fused evaluations, in the given order.
        result: weights, accuracies of every member alone, every pair and all members, and the gain.
        fused: the weighted sum over all members, in the first one's order of clips.
    """

    members: list[EnsembleMember]
    result: EnsembleResult
    fused: Scores


def fuse_results(paths: Sequence[Path], weights: str | Sequence[float] = "equal") -> Ensemble:
    r"""Fuse evaluations: :math:`\sum_i w_i z_i`, with the raw logits :math:`z_i` of a clip in each of them.

    As in published code logits are not normalised, so that a member with large logits dominates. Scores of retrieval
    (similarities) are summed as they are.

    Args:
        paths: folders of two or more evaluations, or their ``scores.npz``; clips are joined by name.
        weights: numbers in the order of ``paths``, or a name. ``"equal"``: 1 each (CMD, ECCV 2022, takes the mean over
            three streams); ``"mamp"``: 1 each; ``"aimclr"`` (AAAI 2022): joint 0.6, bone 0.6, motion 0.4;
            ``"actclr"`` (CVPR 2023): 0.4 each; ``"tuned"``: searched on the ``validation_scores.npz`` of every member,
            never on test scores. Weights of AimCLR and ActCLR belong to streams, whatever the order.

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
        raise DataError("the sum of the logits is too large: one of the evaluations has impossible scores")
    labels = _labels(members)
    table = _table(labels, scores, values)
    best = max(table[: len(members)], key=lambda row: row["top1"])
    first = members[0].result
    kept = ("protocol", "recipe", "options", "dataset", "crop", "crops", "bodies", "validation", "joint_map")
    common = ("objective", "encoder", "seed", "step")
    result = EnsembleResult(
        **{key: getattr(first, key) for key in kept},
        **{key: getattr(first, key) for key in common if len({getattr(m.result, key) for m in members}) == 1},
        run=" + ".join(member.result.run for member in members),
        stream=" + ".join(str(member.result.stream) for member in members),
        metrics={key: table[-1][key] for key in ("top1", "top5")},
        weights={"name": name, "values": dict(zip(labels, values, strict=True)), "source": source},
        fused=tuple(_record(member, weight) for member, weight in zip(members, values, strict=True)),
        table=table,
        best_member=best["members"][0],
        above_best_member=table[-1]["top1"] - best["top1"],
        versions=versions(),
        date=str(date.today()),
    )
    return Ensemble(members, result, fused)


def save_ensemble(ensemble: Ensemble, folder: Path) -> None:
    """Write ``scores.npz`` and ``result.json`` as an evaluation does, whole or not at all.

    A ConfigError says that the folder holds other files, which would be lost.
    """
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        path = folder / "result.json"
        if not path.is_file() or not isinstance(Result.load(path), EnsembleResult):
            raise ConfigError(f"out: '{folder}' exists and is not an ensemble: choose another folder")
    fused = ensemble.fused
    with atomic_folder(folder) as partial:
        save_scores(partial / "scores.npz", fused.name, torch.from_numpy(fused.logits), torch.from_numpy(fused.label))
        ensemble.result.save(partial)


def ensemble_folder(ensemble: Ensemble) -> Path:
    """Return the default folder: ``ensemble/<evaluation>_<runs>_<weights>_<hash>`` below the current one.

    The hash of the members' paths and weights tells ensembles of the same readable name apart.
    """
    weights = ensemble.result.weights
    pairs = zip(ensemble.members, weights["values"].values(), strict=True)
    paths = sorted(f"{member.folder.resolve()} {weight}" for member, weight in pairs)
    digest = hashlib.sha256("\n".join(paths).encode()).hexdigest()[:8]
    runs = "+".join(Path(member.result.run).name for member in ensemble.members)
    # A file name has at most 255 bytes.
    readable = f"{ensemble.members[0].folder.resolve().name}_{runs}".encode()[:200].decode(errors="ignore")
    return Path("ensemble") / f"{readable}_{weights['name']}_{digest}"


def format_ensemble(ensemble: Ensemble) -> str:
    """Format accuracies of members, pairs and all, with the weights, their source and the gain over the best member."""
    result = ensemble.result
    named = ", ".join(f"{label} {weight:g}" for label, weight in result.weights["values"].items())
    lines = [
        f"accuracy (%) of summed logits on {len(ensemble.fused.name)} test clips of {result.dataset.name}, "
        f"split {result.dataset.split}, {result.protocol} {result.recipe or ''}".rstrip(),
        f"weights {result.weights['name']}: {named} ({result.weights['source']})",
    ]
    rows = [["members", "weights", "top-1", "top-5"]]
    for row in result.table:
        accuracies = ("-" if row[key] is None else f"{row[key]:.2f}" for key in ("top1", "top5"))
        rows.append([" + ".join(row["members"]), ", ".join(f"{weight:g}" for weight in row["weights"]), *accuracies])
    lines += aligned(rows, left=2)
    gain = result.above_best_member or 0.0
    verdict = "at least as good as" if gain >= 0 else "not as good as"
    lines.append(f"all together are {verdict} the best member, {result.best_member}: {gain:+.2f} points of top-1")
    return "\n".join(lines)


def _labels(members: Sequence[EnsembleMember]) -> list[str]:
    """Name the members by stream, by run, or by folder, whichever tells them apart."""
    for key in ("stream", "run"):
        names = [str(getattr(member.result, key)) for member in members]
        if len(set(names)) == len(names):
            return names
    return [str(member.folder) for member in members]


def _table(labels: list[str], scores: list[Scores], weights: list[float]) -> list[dict[str, Any]]:
    """Return accuracies (%) of every member, every pair and all members; ``None`` where all weights are 0."""
    y, count, table = torch.from_numpy(scores[0].label), len(labels), []
    for group in (g for size in sorted({1, 2, count}) for g in itertools.combinations(range(count), size)):
        row: dict[str, Any] = {
            "members": [labels[i] for i in group],
            "weights": [weights[i] for i in group],
            "top1": None,
            "top5": None,
        }
        if any(row["weights"]) or len(group) == 1:
            # A member alone counts as 1 where its weight is 0.
            used = row["weights"] if any(row["weights"]) else [1.0]
            fused = torch.from_numpy(fuse([scores[i].logits for i in group], used))
            row |= {"top1": top_k(fused, y), "top5": top_k(fused, y, 5)}
        table.append(row)
    return table


def _record(member: EnsembleMember, weight: float) -> MemberRecord:
    keys = ("run", "stream", "objective", "encoder", "seed", "step", "pretrained_on", "config")
    accuracies: dict[str, Any] = {key: member.result.metrics.get(key) for key in ("top1", "top5")}
    return MemberRecord(
        folder=str(member.folder), weight=weight, **accuracies, **{key: getattr(member.result, key) for key in keys}
    )
