"""Accuracy of a frozen encoder on recordings with the defects of trackers."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import torch
from tqdm.auto import tqdm

from skgraph._internal.options import at_least
from skgraph.data import SkeletonDataset, SkeletonStore
from skgraph.data.body_geometry import upright_axis
from skgraph.evaluation.classifiers.linear_probe import fit_linear
from skgraph.evaluation.classifiers.nearest_neighbours import knn_scores
from skgraph.evaluation.comparison import run_context
from skgraph.evaluation.context import EvaluationContext, Settings
from skgraph.evaluation.features.pooling import Pool
from skgraph.evaluation.pretrained import PretrainedRun
from skgraph.evaluation.protocols import build_protocol
from skgraph.evaluation.protocols.protocol import check_test_clips
from skgraph.evaluation.results.metrics import top_k
from skgraph.transforms import (
    DropFrames,
    DropJoints,
    GraphTransform,
    LowerFrameRate,
    RandomJitter,
    RandomRotate,
    SwapSides,
)

PROTOCOLS = ("knn", "linear")
COLUMNS = ("trained", "random init", "raw coordinates")


@dataclass(frozen=True)
class Defect:
    """A defect of recordings, at three strengths.

    Attributes:
        name: name of the defect.
        unit: what a strength counts.
        strengths: from weak to strong.
        transform: makes the graph transform of a strength, for the recordings of a store.
    """

    name: str
    unit: str
    strengths: tuple[float, float, float]
    transform: Callable[[SkeletonStore, float], GraphTransform]


def _turn(store: SkeletonStore, degrees: float) -> RandomRotate:
    """Turn about the axis that people stand along, in 2D about the line of sight."""
    axis = "z" if store.topology.dim == 2 else upright_axis(store) or "y"
    return RandomRotate(**{axis: math.radians(degrees)})


DEFECTS = (
    Defect("missing joints", "% of joints", (10, 25, 50), lambda store, x: DropJoints(store.topology, x / 100)),
    Defect("missing frames", "% of frames", (10, 25, 50), lambda store, x: DropFrames(x / 100, x / 100)),
    Defect("jitter", "% of size", (0.5, 1, 2), lambda store, x: RandomJitter(x / 100, True, store.topology)),
    Defect("swapped sides", "% of frames", (10, 25, 50), lambda store, x: SwapSides(store.topology, x / 100, x / 100)),
    Defect("low frame rate", "times slower", (2, 4, 8), lambda store, x: LowerFrameRate(int(x), int(x))),
    Defect("turned camera", "degrees at most", (30, 60, 90), _turn),
)
"""What goes wrong in recordings, one at a time."""


@dataclass(frozen=True)
class Robustness:
    """Accuracy on test clips with one defect.

    Attributes:
        defect: the defect; ``None`` for the clips as they are.
        strength: its strength, in its unit; 0 for none.
        top1: in per cent, by protocol and column: ``top1["knn", "trained"]``.
    """

    defect: Defect | None
    strength: float
    top1: dict[tuple[str, str], float]


def robustness(
    run: PretrainedRun,
    store: SkeletonStore,
    split: str,
    device: torch.device,
    precision: str = "auto",
    pool: Pool = "mean",
    seed: int = 0,
    progress: bool = False,
) -> list[Robustness]:
    """Evaluate the encoder of a run, a random one and raw coordinates on test clips with each of :data:`DEFECTS`.

    Nearest neighbours (k = 1) and the exact linear probe learn from the training clips as they are. Defects are added
    at the frame rate of the recordings, before resampling and normalisation, and are the same in all columns.

    Args:
        run: the run.
        store: the dataset to evaluate on.
        split: its split.
        device, precision: where and how to compute, see :func:`skgraph.training.devices.autocast`.
        pool: feature of a body, see :func:`~skgraph.evaluation.features.pooling.pooled`.
        seed: seed of the defects, at least 0.
        progress: show a bar in a terminal.

    Returns:
        the clips as they are, then every strength of every defect.

    Raises:
        CheckpointError: the checkpoint does not match the store's topology.
        ConfigError: the store has one class, recordings without one label each, or no test clips; or a value is out of
            its range.
    """
    at_least("robustness", 0, seed=seed)
    for name in PROTOCOLS:
        build_protocol(name).check((), store)
    check_test_clips(store, split)
    run = run.on(store.topology)
    train, test = (run.dataset(store, split, side) for side in ("train", "test"))
    trained = run_context(
        run,
        run.views(store.topology).to(device),
        train=train,
        test=test,
        device=device,
        precision=precision,
        cache=run.folder / "features",
        settings=Settings(pool=pool),
    )
    contexts = (trained, replace(trained, make_encoder=partial(run.encoder, False)), replace(trained, raw=True))
    columns = {name: _Probes(context) for name, context in zip(COLUMNS, contexts, strict=True)}

    def evaluate(clips: SkeletonDataset) -> dict[tuple[str, str], float]:
        return {
            (protocol, name): top1
            for name, probes in columns.items()
            for protocol, top1 in zip(PROTOCOLS, probes.top1(clips), strict=True)
        }

    found = [Robustness(None, 0, evaluate(test))]
    conditions = [(defect, strength) for defect in DEFECTS for strength in defect.strengths]
    for defect, strength in tqdm(conditions, desc="defects", disable=None if progress else True, leave=False):
        defective = store.transformed(test.clips, defect.transform(store, strength), seed)
        found.append(Robustness(defect, strength, evaluate(run.dataset(defective, split, "test"))))
    return found


class _Probes:
    """Nearest neighbours and a linear probe that have learned from the features of training clips."""

    def __init__(self, context: EvaluationContext) -> None:
        self.train = context.features(context.train)
        self.linear = fit_linear(self.train.x, self.train.y, context.num_classes)
        self.context = replace(context, cache=None)  # features of defects are not kept

    def top1(self, clips: SkeletonDataset) -> tuple[float, float]:
        """Return the accuracies on other clips, in the order of the protocols."""
        unseen = self.context.features(clips)
        votes = knn_scores(self.train.x, self.train.y, unseen.x, self.context.num_classes)
        return top_k(votes, unseen.y), top_k(self.linear(unseen.x), unseen.y)
