"""Likely causes of an encoder that is worse than its baselines."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from skgraph.data import SkeletonDataset
from skgraph.data.body_geometry import heading_spread, reference_pose
from skgraph.evaluation.classifiers.nearest_neighbours import knn_scores
from skgraph.evaluation.features.raw_coordinates import FRAMES, raw_clip_features
from skgraph.evaluation.results.result import value_at

ENOUGH_BODIES = 30_000  # seen in a training; S-JEPA's small recipe sees 2,000 x 16
_CLIPS = 1000  # measured at most, spread evenly
_FEWEST_CLIPS = 10  # of a person whose accuracy counts
_PEOPLE_SIZES = (0.5, 2.5)  # metres, seated and tall people too
_Causes = Iterator[tuple[float, str]]  # a severity from 0 to 1, and a text


def likely_causes(
    config: Mapping[str, Any], step: int, train: SkeletonDataset, test: SkeletonDataset, scores: Tensor | None
) -> list[str]:
    """Return the likeliest causes, at most two, each with the option that mends it.

    Causes: few steps; headings of views narrower or wider than people's; one-sided training people; mirrored views of
    actions with a side; another unit; differing test people.

    Args:
        config: configuration of the run.
        step: steps of its training; 0 where unknown.
        train: training clips of the evaluation.
        test: clips of held-out training people if there are any, otherwise test clips.
        scores: scores ``[n, K]`` of ``test``.
    """
    some, others = (clips[:: math.ceil(len(clips) / _CLIPS)] for clips in (train, test))
    found = [*_few_steps(config, step), *_headings(config, some), *_sides(config, some, others)]
    found += [*_unit(config, some), *_differing(test, scores)]
    if not found:
        return [
            "none found in steps, headings, sides, unit and people; try another objective (objective=lejepa or gfp)"
        ]
    return [text for _, text in sorted(found, key=lambda cause: -cause[0])[:2]]


def _few_steps(config: Mapping[str, Any], step: int) -> _Causes:
    batch = value_at(config, "trainer.batch_size", 0)
    if step and batch and (seen := step * batch) < ENOUGH_BODIES:
        enough = math.ceil(ENOUGH_BODIES / batch / 100) * 100
        option = f"trainer.epochs=null trainer.steps={enough}"
        yield 1 - seen / ENOUGH_BODIES, f"few steps, {step} of {batch} bodies ({option})"


def _headings(config: Mapping[str, Any], clips: SkeletonDataset) -> _Causes:
    spread = heading_spread(clips.store, clips.clips)
    nested = "RandomRotate" in json.dumps(config["augment"]) and value_at(config, "augment.rotate.y") is None
    if spread is None or value_at(config, "normalise.align") or nested:
        return
    spread = min(spread, math.pi / math.sqrt(3))  # that of any heading alike
    turn = float(value_at(config, "augment.rotate.y", 0.0) or 0.0)
    option = "heading=auto" if value_at(config, "augment.shear") else "augment=mild heading=auto"
    drawn = turn / math.sqrt(3)  # deviation of angles drawn evenly within +-turn
    text = (
        f"people's headings have a deviation of {math.degrees(spread):.0f} degrees, views turn them by up to "
        f"{math.degrees(turn):.0f} ({option})"
    )
    if spread > 1.5 * drawn + 0.1 or drawn > 3 * spread + 0.3:
        yield min(1.0, abs(spread - drawn)), text


def _sides(config: Mapping[str, Any], train: SkeletonDataset, test: SkeletonDataset) -> _Causes:
    """Find the nearest training clips of test clips as they are and mirrored, by raw coordinates.

    A person whose mirrored clips are recognised better does the actions with the other side than training people.
    """
    topology = train.store.topology
    if topology.mirror.equal(torch.arange(topology.num_joints)) or train.store.has_segments:
        return
    known, unseen = raw_clip_features(train), raw_clip_features(test)
    joints = unseen.x.view(len(unseen.y), -1, FRAMES, topology.num_joints, topology.dim)
    sign = joints.new_tensor([-1.0, *[1.0] * (topology.dim - 1)])
    mirrored = (joints.index_select(-2, topology.mirror) * sign).flatten(1)
    plain, other = (
        knn_scores(known.x, known.y, x, train.num_classes).argmax(dim=1) == unseen.y for x in (unseen.x, mirrored)
    )
    reflects = "RandomReflect" in json.dumps(config["augment"])
    gain = 100.0 * (other.double() - plain.double())
    gains = {person: float(gain[rows].mean()) for person, rows in _people(test).items()}
    person = max(gains, key=gains.__getitem__, default=None)
    if person is not None and gains[person] > 20 and not reflects:
        yield (
            min(1.0, gains[person] / 40),
            f"training people are one-sided, subject {person} is recognised better mirrored, by {gains[person]:.0f} "
            "points of raw coordinates, and views are never mirrored "
            "('++augment.reflect={_target_:skgraph.transforms.RandomReflect}')",
        )
    elif reflects and max(gains.values(), default=0.0) <= 0 and other.sum() < 0.6 * plain.sum():
        yield (
            1 - float(other.sum() / plain.sum()),
            f"actions have a side, views are mirrored: raw coordinates name {100 * plain.double().mean():.0f} % of the "
            f"clips, {100 * other.double().mean():.0f} % of mirrored ones (augment.reflect=null)",
        )


def _unit(config: Mapping[str, Any], clips: SkeletonDataset) -> _Causes:
    if value_at(config, "normalise.scale") in (None, 1):
        height = float(np.median(_heights(clips)))
        low, high = _PEOPLE_SIZES
        if not low <= height <= high:
            yield 1.0, f"bodies are {height:.3g} high, and recipes expect metres (normalise.scale=auto)"


def _differing(test: SkeletonDataset, scores: Tensor | None) -> _Causes:
    if scores is None:
        return
    right = (scores.argmax(dim=1) == test.store.y[test.clips]).double()
    by_person = {person: float(right[rows].mean()) for person, rows in _people(test).items()}
    if len(by_person) < 2:
        return
    worst, best = min(by_person, key=by_person.__getitem__), max(by_person, key=by_person.__getitem__)
    low, high = by_person[worst], by_person[best]
    if high - low > 0.3:
        yield (
            0.5 * (high - low),
            f"test people differ, from {100 * low:.0f} % (subject {worst}) to {100 * high:.0f} % (subject {best}), see "
            "per_subject.csv ('++augment.limbs={_target_:skgraph.transforms.ScaleLimbs}' for other builds)",
        )


def _people(clips: SkeletonDataset) -> dict[int, Tensor]:
    """Return the rows of each known person with enough clips for an accuracy."""
    subject = clips.store.subject[clips.clips]
    rows = {int(person): subject == person for person in subject.unique() if person >= 0}
    return {person: own for person, own in rows.items() if own.sum() >= _FEWEST_CLIPS}


def _heights(clips: SkeletonDataset) -> np.ndarray:
    """Return the largest extent along an axis of each clip's first body, at its first frame."""
    graphs = clips.batch(torch.as_tensor(list(clips.indices())), frames=8)
    pose = reference_pose(graphs.joints, graphs.frame_mask)
    return (pose.amax(dim=-2) - pose.amin(dim=-2)).amax(dim=-1).numpy()
