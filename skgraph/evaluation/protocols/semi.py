"""Semi-supervised evaluation: fine-tuning on few labels, several times."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import ClassVar

from skgraph.errors import ConfigError
from skgraph.evaluation.context import EvaluationContext
from skgraph.evaluation.protocols.protocol import Outcome, labels
from skgraph.evaluation.protocols.supervised import Supervised
from skgraph.evaluation.results.metrics import calibration_error, confusion_matrix, mean_class, top_k
from skgraph.evaluation.subsets import Sampling, labelled_subset


@dataclass(frozen=True, kw_only=True)
class Semi(Supervised):
    """Fine-tune on a share of the labels, with subsets and seeds that really differ.

    The figures are means over the subsets; the card has each top-1, and their deviation. Every subset is written as a
    list of clip names. A random encoder gets the same subsets. Scores and classes in the result's folder are those of
    the first subset, as the card's ``scores_of`` says.

    Attributes:
        fraction: share of the training clips that keep their labels.
        sampling: see :func:`~skgraph.evaluation.subsets.labelled_subset`.
        subsets: how many, of seeds that follow the evaluation's own.

    Raises:
        ConfigError: a value out of its range.
    """

    name: ClassVar[str] = "semi"
    fraction: float = 0.1
    sampling: Sampling = "per_class"
    subsets: int = 5

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 < self.fraction <= 1:
            raise ConfigError(f"protocol: fraction must be in (0, 1], found {self.fraction}")
        if self.subsets < 1:
            raise ConfigError(f"protocol: subsets must be at least 1, found {self.subsets}")

    def evaluate(self, context: EvaluationContext) -> Outcome:
        outcomes, texts, sizes = [], {}, []
        y = labels(context.train)
        names = context.train.store.name
        for seed in range(context.seed, context.seed + self.subsets):
            chosen = labelled_subset(y, self.fraction, self.sampling, seed)
            part = context.train[chosen]
            texts[f"subset_seed{seed}.txt"] = "".join(f"{name}\n" for name in names[part.clips.numpy()])
            sizes.append(len(part))
            outcomes.append(self.train_on(context, part, seed))
        test = labels(context.test)
        top1 = [top_k(outcome.scores, test) for outcome in outcomes]
        facts = {
            "top1": statistics.fmean(top1),
            "top1_std": statistics.stdev(top1) if len(top1) > 1 else None,
            "top1_seeds": top1,
            "top1_interval": None,  # of one classifier; the deviation says more about several
            "top5": statistics.fmean(top_k(outcome.scores, test, 5) for outcome in outcomes),
            "mean_class": statistics.fmean(mean_class(confusion_matrix(outcome.scores, test)) for outcome in outcomes),
            "calibration_error": statistics.fmean(calibration_error(outcome.scores, test) for outcome in outcomes),
            "scores_of": f"subset_seed{context.seed}",
            "labelled_clips": sizes,
            "best": [outcome.facts["best"] for outcome in outcomes],
        }
        return Outcome(outcomes[0].scores, validation=outcomes[0].validation, facts=facts, texts=texts)
