"""Fusion of evaluations, such as those of three streams: a weighted sum of logits, joined by clip name."""

from __future__ import annotations

import hashlib
import itertools
import json
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import torch

from skgraph.atomic import atomic_file
from skgraph.errors import ConfigError, DataError, first_line
from skgraph.evaluation.metrics import top_k
from skgraph.training.checkpoint import versions

# Weights that belong to streams, and where they were published.
_STREAM_WEIGHTS = {
    "aimclr": ({"joint": 0.6, "bone": 0.6, "motion": 0.4}, "AimCLR, AAAI 2022; also MS-CLR and HiCLR"),
    "actclr": ({"joint": 0.4, "bone": 0.4, "motion": 0.4}, "ActCLR, CVPR 2023"),
}
# Weights of 1 each, under two names.
_SUMS = {
    "equal": "the plain sum, which ranks as the mean of logits does (CMD, ECCV 2022)",
    "mamp": "the plain sum; MAMP's code has the joint stream only and publishes no fusion",
}
_TUNED = "the best top-1 on clips of held-out training people; no test label was looked at"
_STEPS = 10  # the grid of tuned weights: tenths
_MOST_TUNED = 6  # members; the grid has 3003 points for six and 19448 for eight
# What members must share: a sum over anything else would mix two evaluations. `normalise.scale` is not among them: it
# is measured on each stream's own coordinates, so that it differs between the streams of one recipe.
_SHARED = (
    "protocol", "recipe", "options", "dataset.content_hash", "dataset.split", "dataset.preprocessing", "bodies", "crop",
    "crops", "validation", "joint_map", "config.frames", "config.normalise.center", "config.normalise.align",
)  # fmt: skip
_MAY_LACK = ("recipe", "crops", "validation", "joint_map", "dataset.preprocessing")
_ABSENT = "absent"


@dataclass(frozen=True, eq=False)
class Scores:
    """Scores of clips, as an evaluation leaves them.

    Attributes:
        path: of the file.
        name: ``[n]`` clip names, each once.
        logits: ``[n, K]`` float64, finite.
        label: ``[n]`` int64 in 0 .. K - 1.
    """

    path: Path
    name: np.ndarray
    logits: np.ndarray
    label: np.ndarray


@dataclass(frozen=True, eq=False)
class Member:
    """One evaluation that takes part: its folder, its card and its test scores."""

    folder: Path
    card: dict[str, Any]
    scores: Scores


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
            name stands for the plain sum); ``"tuned"`` (see :func:`tuned_weights`, on the ``validation_scores.npz`` of
            every member, never on the test scores); or numbers in the order of ``paths``. Weights of AimCLR and ActCLR
            belong to streams and find theirs by the card, whatever the order.

    Raises:
        ConfigError: weights that do not fit the members.
        DataError: a file that is missing, damaged or inconsistent, or members that are not of the same evaluation, of
            the same clips or of the same labels; the message quotes what differs.
    """
    _check_paths(paths)
    _check_weights(weights, len(paths))
    members = [read_member(Path(path)) for path in paths]
    seen: dict[Path, Member] = {}
    for member in members:
        if member.folder.resolve() in seen:
            raise ConfigError(f"scores lists '{member.folder}' twice")
        seen[member.folder.resolve()] = member
        _check_same_evaluation(members[0], member)
    scores = _joined([member.scores for member in members])
    name, values, source = _weights(weights, members)
    fused = replace(scores[0], logits=fuse([part.logits for part in scores], values))
    count = len(members)
    groups = [group for size in sorted({1, 2, count}) for group in itertools.combinations(range(count), size)]
    return Ensemble(members, name, values, source, [_row(group, values, scores) for group in groups], fused)


def fuse(logits: Sequence[np.ndarray], weights: Sequence[float]) -> np.ndarray:
    """Weighted sum of logits ``[n, K]``, of the same clips in the same order, in float64."""
    return sum(weight * part.astype(np.float64) for weight, part in zip(weights, logits, strict=True))


def tuned_weights(scores: Sequence[Scores]) -> list[float]:
    """The weights whose fusion has the best top-1 accuracy on the clips given.

    Every point of the simplex in steps of 0.1 is tried. Among equally good points the most even one wins, and then the
    one with more weight on earlier members.

    Args:
        scores: held-out training clips of each member, in the same order of clips.

    Returns:
        numbers from 0 to 1 that sum to 1.
    """
    # Whole numbers keep ties of votes exact, and the comparison of points with them.
    grid = [point for point in itertools.product(range(_STEPS + 1), repeat=len(scores)) if sum(point) == _STEPS]
    grid.sort(key=lambda point: (sum(tenths**2 for tenths in point), [-tenths for tenths in point]))
    best, most = grid[0], -1
    for point in grid:
        right = int((fuse([part.logits for part in scores], point).argmax(axis=1) == scores[0].label).sum())
        if right > most:
            best, most = point, right
    return [tenths / _STEPS for tenths in best]


def read_member(path: Path) -> Member:
    """Read one evaluation: its card and its test scores.

    Args:
        path: the folder, or its ``scores.npz``.

    Raises:
        DataError: it is no evaluation folder, or what it holds cannot be used.
    """
    folder = path.parent if path.name == "scores.npz" else path
    if not (folder / "scores.npz").is_file():
        inside = sorted(str(file.parent) for file in folder.glob("evaluation/*/scores.npz"))
        hint = f"; evaluations in it are {_some(inside)}" if inside else ""
        raise DataError(f"'{folder}' is not the folder of an evaluation: it holds no scores.npz{hint}")
    card = read_card(folder / "result.json")
    if "members" in card:
        raise DataError(f"'{folder}' is an ensemble itself: list its members instead")
    if card.get("protocol") == "detection":
        raise DataError(f"'{folder}' is a detection, which has no scores of whole clips to fuse")
    needed = ("stream", "run", *(key for key in _SHARED if key not in _MAY_LACK))
    if lacking := [key for key in needed if _fact(card, key) == _ABSENT]:
        raise DataError(f"'{folder / 'result.json'}' is not the card of an evaluation: it lacks {', '.join(lacking)}")
    return Member(folder, card, read_scores(folder / "scores.npz"))


def read_card(path: Path) -> dict[str, Any]:
    """Read a ``result.json``.

    Raises:
        DataError: it is missing or does not hold a JSON object.
    """
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise DataError(f"no result at '{path}'") from error
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(f"the result '{path}' cannot be read: {first_line(error)}") from error
    if not isinstance(card, dict):
        raise DataError(f"the result '{path}' must hold a JSON object, found {type(card).__name__}")
    return card


def read_scores(path: Path) -> Scores:
    """Read the arrays ``name``, ``logits`` and ``label`` of an ``.npz``, executing nothing that it holds.

    Raises:
        DataError: the file is missing or damaged, holds pickled objects or lacks an array, or an array has the wrong
            shape or kind, a number that is not finite, a label without a class or a clip name twice.
    """
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as archive:
            arrays = {key: archive[key] for key in ("name", "logits", "label") if key in archive.files}
    except FileNotFoundError as error:
        raise DataError(f"no scores at '{path}'") from error
    except Exception as error:  # a damaged file makes numpy raise almost anything
        if "allow_pickle" in str(error):
            raise DataError(f"the scores '{path}' hold pickled objects, which are never loaded") from error
        why = f"{type(error).__name__}: {first_line(error)}"
        raise DataError(f"the scores '{path}' are damaged or not an .npz file ({why})") from error
    if lacking := [key for key in ("name", "logits", "label") if key not in arrays]:
        raise DataError(f"the scores '{path}' lack the array {' and '.join(lacking)}")
    name, logits, label = arrays["name"], arrays["logits"], arrays["label"]
    n = len(name) if name.ndim == 1 else 0
    good = n > 0 and logits.ndim == 2 and logits.shape[0] == n and logits.shape[1] > 1 and label.shape == (n,)
    if not good or (name.dtype.kind, logits.dtype.kind) != ("U", "f") or label.dtype.kind not in "iu":
        raise DataError(
            f"the scores '{path}' must hold name [n] as text, logits [n, K] as floats and label [n] as whole numbers, "
            f"found {', '.join(f'{key} {[*value.shape]} {value.dtype}' for key, value in arrays.items())}"
        )
    if twice := [str(clip) for clip, count in Counter(name.tolist()).items() if count > 1]:
        raise DataError(f"the scores '{path}' name {_count(twice)} more than once: {_some(twice)}")
    if len(bad := name[~np.isfinite(logits).all(axis=1)]):
        raise DataError(f"the scores '{path}' have logits that are not finite, for {_count(bad)}: {_some(bad)}")
    if len(bad := name[(label < 0) | (label >= logits.shape[1])]):
        raise DataError(
            f"the scores '{path}' have labels outside 0 .. {logits.shape[1] - 1}, for {_count(bad)}: {_some(bad)}"
        )
    return Scores(path, name, logits.astype(np.float64), label.astype(np.int64))


def save_ensemble(result: Ensemble, folder: Path) -> None:
    """Write ``scores.npz`` (as an evaluation does) and then ``result.json``, each whole or not at all.

    Raises:
        ConfigError: the folder holds a result that is no ensemble, which would be lost.
    """
    if (folder / "result.json").exists() and "members" not in read_card(folder / "result.json"):
        raise ConfigError(f"out: '{folder}' holds the result of an evaluation: choose another folder")
    folder.mkdir(parents=True, exist_ok=True)
    fused = result.fused
    with atomic_file(folder / "scores.npz") as file:
        np.savez(file, name=fused.name, logits=fused.logits.astype(np.float32), label=fused.label)
    with atomic_file(folder / "result.json", "w") as file:
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


def _check_weights(weights: object, count: int) -> None:
    """Refuse weights that no members could have."""
    names = (*_SUMS, *_STREAM_WEIGHTS, "tuned")
    if isinstance(weights, str):
        if weights not in names:
            raise ConfigError(f"weights must be one of {', '.join(names)} or a list of numbers, found '{weights}'")
        if weights == "tuned" and count > _MOST_TUNED:
            raise ConfigError(f"weights=tuned searches a grid for at most {_MOST_TUNED} members, found {count}")
        return
    numbers = isinstance(weights, (list, tuple)) and all(
        isinstance(weight, (int, float)) and not isinstance(weight, bool) for weight in weights
    )
    if not numbers:
        raise ConfigError(f"weights must be one of {', '.join(names)} or a list of numbers, found '{weights}'")
    if len(weights) != count:
        raise ConfigError(f"weights must be {count} numbers, one for each of scores, found {len(weights)}")
    if not all(0 <= weight < math.inf for weight in weights) or not any(weights):
        raise ConfigError(f"weights must be at least 0, finite and not all 0, found {list(weights)}")


def _weights(weights: str | Sequence[float], members: list[Member]) -> tuple[str, list[float], str]:
    """Name, one number for each member, and source."""
    if not isinstance(weights, str):
        return "given", [float(weight) for weight in weights], "given in the order of scores"
    if weights == "tuned":
        return weights, tuned_weights(_validation(members)), _TUNED
    if weights in _SUMS:
        return weights, [1.0] * len(members), _SUMS[weights]
    by_stream, source = _STREAM_WEIGHTS[weights]
    wanted = f"weights={weights} are for one evaluation of each of {', '.join(by_stream)}"
    first: dict[str, Member] = {}
    for member in members:
        stream = str(member.card["stream"])
        if stream not in by_stream:
            raise ConfigError(f"{wanted}: '{member.folder}' is of stream '{stream}'")
        if stream in first:
            raise ConfigError(f"{wanted}: '{first[stream].folder}' and '{member.folder}' are both of stream '{stream}'")
        first[stream] = member
    if missing := [stream for stream in by_stream if stream not in first]:
        raise ConfigError(f"{wanted}: there is none of stream {' and '.join(missing)}")
    return weights, [by_stream[member.card["stream"]] for member in members], source


def _validation(members: list[Member]) -> list[Scores]:
    """Scores of held-out training clips of every member, joined; none of them may be a test clip."""
    scores = []
    for member in members:
        path = member.folder / "validation_scores.npz"
        if not path.is_file():
            raise ConfigError(
                f"weights=tuned needs '{path}', scores of training people that the classifier has not seen: "
                "validation=0.2 of skgraph.evaluate makes it"
            )
        held_out = read_scores(path)
        if held_out.logits.shape[1] != member.scores.logits.shape[1]:
            raise DataError(
                f"'{path}' has {held_out.logits.shape[1]} classes, '{member.scores.path}' has "
                f"{member.scores.logits.shape[1]}"
            )
        if len(both := np.intersect1d(held_out.name, member.scores.name)):
            raise DataError(f"'{path}' holds {_count(both)} of the test part, on which nothing is tuned: {_some(both)}")
        scores.append(held_out)
    return _joined(scores)


def _joined(scores: list[Scores]) -> list[Scores]:
    """The same scores, every one in the first one's order of clips."""
    first = scores[0]
    joined = [first]
    place = np.argsort(np.argsort(first.name))  # rank of each of the first one's clips among the sorted names
    for other in scores[1:]:
        _check_same_clips(first, other)
        order = np.argsort(other.name)[place]
        part = Scores(other.path, other.name[order], other.logits[order], other.label[order])
        if len(wrong := np.flatnonzero(part.label != first.label)):
            quoted = [f"{str(first.name[i])!r} ({first.label[i]} and {part.label[i]})" for i in wrong[:3]]
            more = f" and {len(wrong) - 3} more" if len(wrong) > 3 else ""
            raise DataError(
                f"'{first.path}' and '{other.path}' have other labels for {_count(wrong)}: {', '.join(quoted)}{more}"
            )
        joined.append(part)
    return joined


def _check_same_clips(first: Scores, other: Scores) -> None:
    parts = []
    for here, there in ((first, other), (other, first)):
        if len(only := np.setdiff1d(here.name, there.name)):
            parts.append(f"only '{here.path}' has {_count(only)}: {_some(only)}")
    if parts:
        raise DataError(f"'{first.path}' and '{other.path}' are not of the same clips; {'; '.join(parts)}")
    if first.logits.shape[1] != other.logits.shape[1]:
        raise DataError(
            f"'{first.path}' has {first.logits.shape[1]} classes, '{other.path}' has {other.logits.shape[1]}"
        )


def _check_same_evaluation(first: Member, other: Member) -> None:
    facts = [(key, _fact(first.card, key), _fact(other.card, key)) for key in _SHARED]
    # What an old card lacks and a new one says to be nothing is the same.
    facts = [(key, *(None if key in _MAY_LACK and v == _ABSENT else v for v in values)) for key, *values in facts]
    differing = [f"{key} is {_shown(a)} and {_shown(b)}" for key, a, b in facts if a != b]
    if differing:
        more = f" and {len(differing) - 3} more" if len(differing) > 3 else ""
        raise DataError(
            f"'{first.folder}' and '{other.folder}' are not of the same evaluation: {'; '.join(differing[:3])}{more}"
        )


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
        "weights": {"name": result.name, "values": dict(zip(labels, result.weights, strict=True)),
                    "source": result.source},
        "members": [
            {"folder": str(member.folder), "weight": weight,
             **{key: member.card.get(key) for key in ("run", "stream", "objective", "encoder", "seed", "step", "top1",
                                                      "top5", "pretrained_on", "config")}}
            for member, weight in zip(result.members, result.weights, strict=True)
        ],
        "table": [
            {"members": [labels[i] for i in row.members], "weights": list(row.weights), "top1": row.top1,
             "top5": row.top5}
            for row in result.rows
        ],
        "best_member": labels[best],
        "above_best_member": gain,
        "dataset": cards[0]["dataset"],
        **{key: cards[0].get(key) for key in ("crop", "crops", "bodies", "validation", "joint_map")},
        "versions": versions(),
        "date": str(date.today()),
    }  # fmt: skip


def _fact(card: dict[str, Any], key: str) -> Any:
    """A value by its dotted key, ``_ABSENT`` where the card has none."""
    value: Any = card
    for part in key.split("."):
        if not isinstance(value, dict) or part not in value:
            return _ABSENT
        value = value[part]
    return value


def _shown(value: object) -> str:
    """A value of a card in a sentence; a mapping or a hash may be long."""
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _count(clips: Sequence[object] | np.ndarray) -> str:
    return f"{len(clips)} clip{'s' * (len(clips) != 1)}"


def _some(names: Iterable[object]) -> str:
    """The first three, quoted so that one line remains one line."""
    quoted = [repr(str(name)) for name in names]
    return ", ".join(quoted[:3]) + (f" and {len(quoted) - 3} more" if len(quoted) > 3 else "")
