"""Fusion of evaluations, such as those of three streams: a weighted sum of logits, joined by clip name."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import torch

from skgraph._internal.atomic import atomic_file, atomic_folder
from skgraph.errors import ConfigError, DataError
from skgraph.evaluation.ensemble_member import Member, check_same_evaluation, read_member
from skgraph.evaluation.ensemble_weights import check_weights, choose_weights, fuse
from skgraph.evaluation.metrics import top_k
from skgraph.evaluation.result_files import read_card
from skgraph.evaluation.scores import Scores, join_scores, save_scores
from skgraph.training.checkpoint import versions


@dataclass(frozen=True)
class Row:
    """A line of the table: some members, their weights, and what their sum reaches (in per cent).

    A sum whose weights are all 0 has no accuracy: both are ``None``.
    """

    members: tuple[int, ...]
    weights: tuple[float, ...]
    top1: float | None
    top5: float | None


@dataclass(frozen=True, eq=False)
class Ensemble:
    """What :func:`ensemble` found.

    Attributes:
        members: in the order in which they were given.
        name: of the weights: ``"equal"``, ``"aimclr"``, ``"actclr"``, ``"mamp"``, ``"tuned"`` or ``"given"``.
        weights: one for each member.
        source: where the weights come from, in words.
        rows: every member alone, every pair, all of them.
        fused: the weighted sum over all members, in the first one's order of clips.
    """

    members: list[Member]
    name: str
    weights: list[float]
    source: str
    rows: list[Row]
    fused: Scores

    @property
    def labels(self) -> list[str]:
        """What members are called: by stream, or by run, or by folder, whichever tells them apart."""
        for key in ("stream", "run"):
            names = [str(member.card[key]) for member in self.members]
            if len(set(names)) == len(names):
                return names
        return [str(member.folder) for member in self.members]


def ensemble(paths: Sequence[Path], weights: str | Sequence[float] = "equal") -> Ensemble:
    r"""Fuse evaluations: :math:`\sum_i w_i z_i`, with the raw logits :math:`z_i` of a clip in each of them.

    As in the field's code, nothing is normalised first: a member whose logits are large has much to say. Scores of
    kNN and retrieval (votes, similarities) are summed as they are.

    Args:
        paths: folders of evaluations, or their ``scores.npz``; two or more. They are joined by clip name: the order of
            clips in a file means nothing.
        weights: ``"equal"`` (1 each: CMD, ECCV 2022, takes the mean of the logits of its three streams); ``"aimclr"``
            (joint 0.6, bone 0.6, motion 0.4: AimCLR, AAAI 2022; also MS-CLR and HiCLR); ``"actclr"`` (0.4 each:
            ActCLR, CVPR 2023); ``"mamp"`` (1 each: MAMP's code has the joint stream only and publishes no fusion, the
            name stands for the plain sum); ``"tuned"`` (see
            :func:`~skgraph.evaluation.ensemble_weights.tuned_weights`, on the ``validation_scores.npz``
            of every member, never on the test scores); or numbers in the order of
            ``paths``. Weights of AimCLR and ActCLR belong to streams and find theirs by the result, whatever the order.

    Raises:
        ConfigError: weights that do not fit the members.
        DataError: a file that is missing, damaged or inconsistent, or members that are not of the same evaluation, of
            the same clips or of the same labels; the message quotes what differs.
    """
    _check_paths(paths)
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
    fused = replace(scores[0], logits=fuse([part.logits for part in scores], values))
    if not np.isfinite(fused.logits.astype(np.float32)).all():
        raise DataError("the sum of the logits is too large: one of the evaluations has scores that cannot be right")
    count = len(members)
    groups = [group for size in sorted({1, 2, count}) for group in itertools.combinations(range(count), size)]
    return Ensemble(members, name, values, source, [_row(group, values, scores) for group in groups], fused)


def save_ensemble(result: Ensemble, folder: Path) -> None:
    """Write ``scores.npz`` (as an evaluation does) and ``result.json``: a folder that is whole or not there.

    Raises:
        ConfigError: the folder holds something that is no ensemble, which would be lost.
    """
    ours = (folder / "result.json").is_file() and "members" in read_card(folder / "result.json")
    if folder.exists() and not ours and not (folder.is_dir() and not any(folder.iterdir())):
        raise ConfigError(f"out: '{folder}' exists and is not an ensemble: choose another folder")
    fused = result.fused
    with atomic_folder(folder) as place:
        save_scores(place / "scores.npz", fused.name, torch.from_numpy(fused.logits), torch.from_numpy(fused.label))
        with atomic_file(place / "result.json", "w") as file:
            json.dump(_card(result), file, indent=2)
            file.write("\n")


def ensemble_folder(result: Ensemble) -> Path:
    """Where an ensemble lies by default: ``ensemble/<evaluation>_<runs>_<weights>_<hash>`` below the current folder.

    The hash is of the members' paths and weights, so that the same command finds the same folder and others do not.
    """
    paths = sorted(f"{member.folder.resolve()} {w}" for member, w in zip(result.members, result.weights, strict=True))
    digest = hashlib.sha256("\n".join(paths).encode()).hexdigest()[:8]
    runs = "+".join(Path(str(member.card["run"])).name for member in result.members)
    # The longest name of a file is 255 bytes.
    readable = f"{result.members[0].folder.resolve().name}_{runs}".encode()[:200].decode(errors="ignore")
    return Path("ensemble") / f"{readable}_{result.name}_{digest}"


def ensemble_table(result: Ensemble) -> str:
    """The rows as a table for people, with the weights, their source, and whether all together beat the best alone."""
    card = result.members[0].card
    what = " ".join(str(card[key]) for key in ("protocol", "recipe") if card.get(key))
    labels, dataset = result.labels, card["dataset"]
    given = ", ".join(f"{label} {weight:g}" for label, weight in zip(labels, result.weights, strict=True))
    lines = [
        f"accuracy (%) of summed logits on {len(result.fused.name)} test clips of {dataset.get('name', 'a dataset')}, "
        f"split {dataset['split']}, {what}",
        f"weights {result.name}: {given} ({result.source})",
    ]
    cells = [
        (
            " + ".join(labels[i] for i in row.members),
            ", ".join(f"{weight:g}" for weight in row.weights),
            *("-" if value is None else f"{value:.2f}" for value in (row.top1, row.top5)),
        )
        for row in result.rows
    ]
    header = ("members", "weights", "top-1", "top-5")
    widths = [max(len(row[i]) for row in [header, *cells]) + 2 for i in range(2)]
    for members, weights, top1, top5 in [header, *cells]:
        lines.append(f"{members:<{widths[0]}}{weights:<{widths[1]}}{top1:>8}{top5:>8}")
    best, gain = _against_best(result)
    verdict = "at least as good as" if gain >= 0 else "not as good as"
    lines.append(f"all together are {verdict} the best member, {labels[best]}: {gain:+.2f} points of top-1")
    return "\n".join(lines)


def _check_paths(paths: object) -> None:
    texts = isinstance(paths, (list, tuple)) and all(isinstance(path, (str, Path)) and str(path) for path in paths)
    if not texts or len(paths) < 2:
        raise ConfigError(f"scores must be a list of at least two folders of evaluations, found '{paths}'")


def _row(group: tuple[int, ...], weights: list[float], scores: list[Scores]) -> Row:
    """A member alone needs no weight: it counts as 1 where the weight is 0."""
    own = tuple(weights[i] for i in group)
    if not any(own) and len(group) > 1:
        return Row(group, own, None, None)
    used = own if any(own) else (1.0,)
    fused = torch.from_numpy(fuse([scores[i].logits for i in group], used))
    y = torch.from_numpy(scores[0].label)
    return Row(group, own, top_k(fused, y), top_k(fused, y, 5))


def _against_best(result: Ensemble) -> tuple[int, float]:
    """The member that is best alone, and by how many points of top-1 all together are above it."""
    alone = [row for row in result.rows if len(row.members) == 1]
    best = max(alone, key=lambda row: row.top1)
    return best.members[0], result.rows[-1].top1 - best.top1


def _card(result: Ensemble) -> dict[str, Any]:
    cards = [member.card for member in result.members]
    labels = result.labels
    best, gain = _against_best(result)
    common = {
        key: cards[0].get(key) if all(card.get(key) == cards[0].get(key) for card in cards) else None
        for key in ("objective", "encoder", "seed", "step")
    }
    return {
        **{key: cards[0].get(key) for key in ("protocol", "recipe", "options")},
        "run": " + ".join(str(card["run"]) for card in cards),
        "stream": " + ".join(str(card["stream"]) for card in cards),
        **common,
        "top1": result.rows[-1].top1,
        "top5": result.rows[-1].top5,
        "weights": {
            "name": result.name,
            "values": dict(zip(labels, result.weights, strict=True)),
            "source": result.source,
        },
        "members": [
            {
                "folder": str(member.folder),
                "weight": weight,
                **{
                    key: member.card.get(key)
                    for key in (
                        "run",
                        "stream",
                        "objective",
                        "encoder",
                        "seed",
                        "step",
                        "top1",
                        "top5",
                        "pretrained_on",
                        "config",
                    )
                },
            }
            for member, weight in zip(result.members, result.weights, strict=True)
        ],
        "table": [
            {
                "members": [labels[i] for i in row.members],
                "weights": list(row.weights),
                "top1": row.top1,
                "top5": row.top5,
            }
            for row in result.rows
        ],
        "best_member": labels[best],
        "above_best_member": gain,
        "dataset": cards[0]["dataset"],
        **{key: cards[0].get(key) for key in ("crop", "crops", "bodies", "validation", "joint_map")},
        "versions": versions(),
        "date": str(date.today()),
    }
