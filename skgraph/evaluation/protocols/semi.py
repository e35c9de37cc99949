"""Semi-supervised evaluation: fine-tuning on few labels, several times."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from skgraph._internal.options import at_least
from skgraph.errors import ConfigError
from skgraph.evaluation.context import EvaluationContext
from skgraph.evaluation.protocols.protocol import Outcome, labels
from skgraph.evaluation.protocols.supervised import Supervised
from skgraph.evaluation.results.metrics import calibration_error, confusion_matrix, mean_class, top_k

Sampling = Literal["per_class", "global"]


@dataclass(frozen=True, kw_only=True)
class Semi(Supervised):
    """Fine-tuning on a share of the labels, over several subsets of different seeds.

    Metrics are means over the subsets; the result has the top-1 of each and their standard deviation. Every subset is
    written as a list of clip names, and a random encoder gets the same ones. Scores and classes in the result folder
    are those of the first subset, ``scores_of``.

    Attributes:
        fraction: share of the training clips that keep their labels.
        sampling: see :func:`labelled_subset`.
        subsets: number of subsets, with seeds that follow that of the evaluation.
    """

    name: str = "semi"
    fraction: float = 0.1
    sampling: Sampling = "per_class"
    subsets: int = 5

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 < self.fraction <= 1:
            raise ConfigError(f"protocol: fraction must be in (0, 1], found {self.fraction}")
        at_least("protocol", 1, subsets=self.subsets)

    def evaluate(self, context: EvaluationContext) -> Outcome:
        outcomes, texts, sizes = [], {}, []
        y, names = labels(context.train), context.train.store.name
        for seed in range(context.seed, context.seed + self.subsets):
            subset = context.train[labelled_subset(y, self.fraction, self.sampling, seed)]
            texts[f"subset_seed{seed}.txt"] = "".join(f"{name}\n" for name in names[subset.clips.numpy()])
            sizes.append(len(subset))
            outcomes.append(self.train_on(context, subset, seed))
        test = labels(context.test)
        scores = [outcome.scores for outcome in outcomes if outcome.scores is not None]
        top1 = [top_k(each, test) for each in scores]
        metrics = {
            "top1": statistics.fmean(top1),
            "top1_std": statistics.stdev(top1) if len(top1) > 1 else None,
            "top1_seeds": top1,
            "top1_interval": None,  # an interval describes one classifier; several have a deviation
            "top5": statistics.fmean(top_k(each, test, 5) for each in scores),
            "mean_class": statistics.fmean(mean_class(confusion_matrix(each, test)) for each in scores),
            "calibration_error": statistics.fmean(calibration_error(each, test) for each in scores),
            "scores_of": f"subset_seed{context.seed}",
            "labelled_clips": sizes,
            "best": [outcome.metrics["best"] for outcome in outcomes],
        }
        return Outcome(scores[0], validation=outcomes[0].validation, metrics=metrics, texts=texts)


def labelled_subset(y: Tensor, fraction: float, sampling: Sampling, seed: int) -> Tensor:
    """Draw the clips that keep their labels.

    Args:
        y: labels of the training clips, ``[N]``.
        fraction: share that is kept, in (0, 1].
        sampling: ``"per_class"``: ``round(fraction * n_c)`` of each class and at least one (AimCLR, HYSP);
            ``"global"``: ``int(fraction * N)`` of all (MAMP, CMD), whatever their classes.
        seed: seed of the draw.

    Returns:
        sorted positions in ``y``.

    Raises:
        ConfigError: no clip keeps its label.
    """
    order = torch.randperm(len(y), generator=torch.Generator().manual_seed(seed))
    if sampling == "global":
        chosen = order[: int(fraction * len(y))]
    else:
        classes = [order[y[order] == label] for label in y.unique()]
        chosen = torch.cat([clips[: max(1, round(fraction * len(clips)))] for clips in classes])
    if not len(chosen):
        raise ConfigError(f"protocol: fraction {fraction} of {len(y)} training clips is none")
    return chosen.sort().values
