"""Protocols that train a classifier: published linear probes, attentive probe, fine-tuning, transfer, from scratch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from skgraph.data import SkeletonDataset, SkeletonStore
from skgraph.errors import ConfigError
from skgraph.evaluation.bodies import Bodies, read_bodies
from skgraph.evaluation.classifier import Classifier, parameter_groups
from skgraph.evaluation.features import Features
from skgraph.evaluation.fit import History, fit
from skgraph.evaluation.frozen import frozen
from skgraph.evaluation.heads import LinearHead, build_head
from skgraph.evaluation.metrics import top_k
from skgraph.evaluation.protocols.protocol import Outcome, Protocol, best_epoch, labels
from skgraph.evaluation.recipe import Recipe
from skgraph.evaluation.trial import Trial
from skgraph.transforms import RandomRotate


@dataclass(frozen=True, kw_only=True)
class Supervised(Protocol, Recipe):
    """Train a head, or a head and the encoder, on the labels of the training clips.

    The scores are those of the last epoch. The card has the best epoch beside it, chosen on held-out training people
    where there are some, otherwise on the test clips, as the field's tables are.

    Attributes:
        recipe: whose numbers these are.
    """

    recipe: str | None = None

    def evaluate(self, trial: Trial) -> Outcome:
        return self.train_on(trial, trial.train, trial.seed)

    def train_on(self, trial: Trial, train: SkeletonDataset, seed: int) -> Outcome:
        """Train on ``train``, a part of the trial's training clips, and score the trial's test clips."""
        if self.frozen and not self.augments and self.head in ("linear", "bn_linear"):
            history = self._fit_on_features(trial, train, seed)
        else:
            history = self._fit_on_clips(trial, train, seed)
        scored = history.scored
        y = labels(trial.test)
        facts: dict[str, Any] = {"training_loss": history.loss[-1]}
        by_epoch = [(epoch, top_k(test, y)) for epoch, (test, _) in scored]
        if trial.validation is None:
            facts["best"] = best_epoch(by_epoch, "test")
        else:
            held_out = labels(trial.validation)
            best = best_epoch([(epoch, top_k(unseen, held_out)) for epoch, (_, unseen) in scored], "validation")
            facts["best"] = best | {"validation_top1": best["top1"], "top1": dict(by_epoch)[best["epoch"]]}
        test, unseen = scored[-1][1]
        return Outcome(test, validation=unseen, facts=facts)

    def _fit_on_clips(self, trial: Trial, train: SkeletonDataset, seed: int) -> History:
        encoder = trial.make_encoder(seed, **({"drop_path": self.drop_path} if self.drop_path else {}))
        torch.manual_seed(seed)
        head = build_head(self.head, encoder.dim, encoder.grid, trial.num_classes)
        model = Classifier(encoder, head, self.frozen).to(trial.device)
        groups = list(parameter_groups(model, self.weight_decay, self.layer_decay))

        def score() -> tuple[Tensor, Tensor | None]:
            test = trial.scores(model, trial.test, self.test_crop)
            held_out = trial.validation
            return test, None if held_out is None else trial.scores(model, held_out, self.test_crop)

        def run() -> History:
            return fit(
                model, groups, _Clips(self, trial, train), self, score, trial.device, trial.precision, seed,
                trial.processes, trial.progress,
            )  # fmt: skip

        if not self.frozen:
            return run()
        with frozen(encoder):
            return run()

    def _fit_on_features(self, trial: Trial, train: SkeletonDataset, seed: int) -> History:
        """The same training where each clip always has the same features: they are computed once."""
        features = trial.features(train, self.test_crop)
        test = trial.features(trial.test, self.test_crop).x.to(trial.device)
        held_out = None if trial.validation is None else trial.features(trial.validation, self.test_crop)
        torch.manual_seed(seed)
        head = LinearHead(features.x.size(1), trial.num_classes, norm=self.head == "bn_linear").to(trial.device)
        model = _OnFeatures(head)

        def score() -> tuple[Tensor, Tensor | None]:
            with torch.no_grad():
                unseen = None if held_out is None else model(held_out.x.to(trial.device)).cpu()
                return model(test).cpu(), unseen

        groups = [{"params": list(head.parameters()), "weight_decay": self.weight_decay, "lr_scale": 1.0}]
        return fit(
            model, groups, _Fixed(features, trial.device), self, score, trial.device, "fp32", seed, trial.processes,
            trial.progress,
        )  # fmt: skip


class Probe(Supervised):
    """A linear probe as a publication trains it."""

    name: ClassVar[str] = "linear"


class Attentive(Supervised):
    """A learned query that attends to the tokens of the frozen encoder."""

    name: ClassVar[str] = "attentive"


class Finetune(Supervised):
    """The whole encoder is trained on, from its pre-trained weights."""

    name: ClassVar[str] = "finetune"


class Transfer(Supervised):
    """Fine-tuning on another dataset than the encoder was pre-trained on."""

    name: ClassVar[str] = "transfer"

    def check(self, source_hash: str, store: SkeletonStore) -> None:
        super().check(source_hash, store)
        if source_hash == store.content_hash:
            raise ConfigError(
                "protocol=transfer evaluates on another dataset than the run's: say dataset=store dataset.root=FOLDER, "
                "or protocol=finetune"
            )


class Scratch(Supervised):
    """The supervised baseline: the same encoder from random weights."""

    name: ClassVar[str] = "scratch"
    pretrained: ClassVar[bool] = False


class _Clips:
    """Training clips as bodies, cropped and rotated as the recipe says."""

    def __init__(self, recipe: Recipe, trial: Trial, train: SkeletonDataset) -> None:
        self.trial, self.y, self.clips = trial, labels(train), train.clips
        self.dataset = SkeletonDataset(  # of the whole store, so that positions in it are clip ids
            train.store, frames=train.frames, crop=tuple(recipe.train_crop), min_frames=recipe.min_frames
        )
        angle, flat = recipe.rotate, train.store.topology.dim == 2
        self.augment = (RandomRotate(z=angle) if flat else RandomRotate(angle, angle, angle)) if angle else None

    def batch(self, rows: Tensor, generator: torch.Generator) -> Bodies:
        trial = self.trial
        return read_bodies(
            self.dataset, self.clips[rows], trial.views, trial.device, trial.bodies, None, self.augment, generator
        )


class _Fixed:
    """Features that do not change."""

    def __init__(self, features: Features, device: torch.device) -> None:
        self.y, self.x = features.y, features.x.to(device)

    def batch(self, rows: Tensor, generator: torch.Generator) -> Tensor:
        return self.x[rows.to(self.x.device)]


class _OnFeatures(torch.nn.Module):
    def __init__(self, head: LinearHead) -> None:
        super().__init__()
        self.head = head

    def forward(self, features: Tensor) -> Tensor:
        return self.head.classify(features)
