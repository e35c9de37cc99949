"""The card of a result: what was evaluated, how, and what came out; and the table that people read."""

from __future__ import annotations

import hashlib
import math
import os
from datetime import date
from pathlib import Path
from typing import Any

from skgraph.data import SkeletonStore
from skgraph.errors import ConfigError, DataError
from skgraph.evaluation.context import Trial
from skgraph.evaluation.metrics import summary
from skgraph.evaluation.pretrained import PretrainedRun
from skgraph.evaluation.protocols import Detection, Outcome, Protocol, build_protocol
from skgraph.evaluation.protocols.protocol import labels
from skgraph.evaluation.result_files import card_value, read_card
from skgraph.evaluation.settings import Settings
from skgraph.evaluation.store_preprocessing import preparation_note
from skgraph.training.checkpoint import versions
from skgraph.training.devices import choose_precision
from skgraph.training.diagnostics import collapse_warning, rankme


def make_card(
    run: PretrainedRun,
    trial: Trial,
    split: str,
    protocol: Protocol,
    settings: Settings,
    outcome: Outcome,
    baseline: Outcome | None,
) -> dict[str, Any]:
    """Plain values that say everything about a result; see docs/protocols.md for its keys."""
    store, config = trial.test.store, run.config
    figures, random = (None if found is None else _figures(found, trial) for found in (outcome, baseline))
    features = outcome.features
    return {
        "protocol": protocol.name,
        "label": protocol.label,
        "recipe": protocol.recipe,
        "options": protocol.options(),
        "pretrained": protocol.pretrained,
        "run": Path(os.path.abspath(run.folder)).name,
        "objective": config["objective"]["_target_"],
        "encoder": config["encoder"]["_target_"],
        "stream": config["stream"].get("name"),
        **figures,
        "random_init": random,
        "rankme": None if features is None else float(rankme(features)),
        "feature_std": None if features is None else float(features.std(dim=0, correction=0).mean()),
        "dataset": {
            "name": _name(store),
            "path": str(store.path),
            "split": split,
            "content_hash": store.content_hash,
            "preprocessing": store.meta.get("preprocessing", "none"),
            "topology": store.topology.name,
            "train_clips": len(trial.train),
            "test_clips": len(trial.test),
            "validation_clips": 0 if trial.validation is None else len(trial.validation),
        },
        "pretrained_on": {
            "content_hash": run.content_hash,
            "topology": run.topology.name,
            "preprocessing": run.preprocessing,
            "root": config["dataset"].get("root"),
        },
        "crop": settings.crop,
        "crops": settings.crops,
        "bodies": settings.bodies,
        "validation": settings.validation,
        "joint_map": settings.joint_map,
        "step": run.step,
        "seed": trial.seed,
        "device": str(trial.device),
        "precision": choose_precision(trial.device, trial.precision),
        "processes": trial.processes.world_size,
        "versions": versions(),
        "date": str(date.today()),
        "config": config,
    }


def _name(store: SkeletonStore) -> str:
    """The name of a store's folder, also of one that is opened as `.`; of a link, the link's own."""
    return Path(os.path.abspath(store.path)).name


def _figures(outcome: Outcome, trial: Trial) -> dict[str, Any]:
    if outcome.scores is None:
        return _finite(outcome.facts)
    return {"scores": outcome.kind} | summary(outcome.scores, labels(trial.test), outcome.kind) | _finite(outcome.facts)


def _finite(facts: dict[str, Any]) -> dict[str, Any]:
    """Facts with nothing in the place of a figure that is not defined, such as a mean over no classes."""
    return {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in facts.items()}


def result_folder(folder: Path, protocol: Protocol, store: SkeletonStore, split: str, settings: Settings) -> Path:
    """Where a result lies: ``evaluation/<protocol>_<store>_<split>`` in the run, and whatever is not the default."""
    usual, own = build_protocol(protocol.label).options(), protocol.options()
    changed = [f"{key}{short(value)}" for key, value in own.items() if value != usual[key]]
    for key in ("crop", "crops", "bodies", "validation", "seed"):
        value = getattr(settings, key)
        if value != getattr(Settings(), key):
            changed.append(value if key == "bodies" else f"{key}{short(value)}")
    if settings.joint_map not in (None, "auto"):
        changed.append(f"map-{Path(settings.joint_map).stem}")
    name = "_".join([protocol.label, _name(store), split, *changed])
    if len(name.encode()) > 200:  # a folder's name has at most 255 bytes
        name = f"{name.encode()[:180].decode(errors='ignore')}_{hashlib.sha256(name.encode()).hexdigest()[:12]}"
    return folder / "evaluation" / name


def check_place(place: Path, store: SkeletonStore, settings: Settings) -> None:
    """Refuse to put a result where one of other data lies.

    Raises:
        ConfigError: the card there is of another content, joint map or setting, whose short name is the same.
    """
    if not (place / "result.json").exists():
        return
    try:
        card = read_card(place / "result.json")
    except DataError:
        return  # nothing that could be used is lost
    own = {"dataset.content_hash": store.content_hash} | {
        key: getattr(settings, key) for key in ("joint_map", "crop", "crops", "bodies", "validation")
    }
    for key, value in own.items():
        if (there := card_value(card, key)) != value:
            raise ConfigError(
                f"'{place}' holds a result with {key} {there}, this one has {value}: delete or move that folder first"
            )


def table(cards: list[dict[str, Any]]) -> str:
    """The cards as a small table for people: accuracy of the trained and of the random encoder, in per cent."""
    facts = cards[0]["dataset"]
    lines = [
        f"{headline(cards[0])[1]} (%) on {facts['test_clips']} test clips of {facts['name']}, split {facts['split']}",
        f"{'protocol':<16}{'trained':>10}{'random init':>14}{'gain':>8}",
    ]
    for card in cards:
        key, random = headline(card)[0], card["random_init"]
        figures = [card[key], *([] if random is None else [random[key]])]
        if None in figures:  # not defined, such as a mean over no classes
            lines.append(f"{card['label']:<16}{'-':>10}")
        else:
            line = f"{card['label']:<16}{card[key]:>10.1f}"
            lines.append(line if random is None else f"{line}{random[key]:>14.1f}{card[key] - random[key]:>+8.1f}")
        lines += [f"  {detail}" for detail in _details(card)]
    if note := preparation_note(cards[0]["pretrained_on"].get("preprocessing"), facts["preprocessing"]):
        lines.append(note)
    known = {key: cards[0][key] for key in ("rankme", "feature_std") if cards[0][key] is not None}
    if warning := collapse_warning(known):
        lines.append(f"warning: {warning}")
    return "\n".join(lines)


def headline(card: dict[str, Any]) -> tuple[str, str]:
    """Key and name of a card's first figure."""
    return Detection.headline if card["protocol"] == Detection.name else Protocol.headline


def _details(card: dict[str, Any]) -> list[str]:
    """What a protocol found beside its headline."""
    lines = []
    if "top1_by_k" in card:
        lines.append("k: " + ", ".join(f"{k} {top1:.1f}" for k, top1 in card["top1_by_k"].items()))
    if card.get("map_at_0.1") is not None:
        lines.append(
            f"mAP at IoU 0.1 {card['map_at_0.1']:.1f}, 0.3 {card['map_at_0.3']:.1f}, 0.5 {card['map_at_0.5']:.1f}; "
            f"{card['frame_accuracy']:.1f} of the frames are right"
        )
    if card.get("map") is not None:
        lines.append(
            f"a clip of its class first {card['recall1']:.1f}, among five {card['recall5']:.1f}; mAP {card['map']:.1f}"
        )
    if "top1_seeds" in card:
        both = [card] if card["random_init"] is None else [card, card["random_init"]]
        spread = ["-" if c["top1_std"] is None else f"{c['top1_std']:.1f}" for c in both]
        some, all_ = card["labelled_clips"][0], card["dataset"]["train_clips"]
        lines.append(
            f"mean of {len(card['top1_seeds'])} subsets of {some} clips ({100 * some / all_:.1f} % of {all_}), "
            f"deviation {' and '.join(spread)}"
        )
    if isinstance(card.get("best"), dict):
        best = card["best"]
        lines.append(f"last epoch; the best, epoch {best['epoch']} by {best['chosen_on']}, has {best['top1']:.1f}")
    return lines


def short(value: object) -> str:
    """The value of an option in a name or a header: ``0.95``, ``0.5-1``."""
    if isinstance(value, float):
        return f"{value:g}"
    return "-".join(map(short, value)) if isinstance(value, list) else str(value)
