"""Protocols that train a classifier: published linear probes, attentive probe, fine-tuning, transfer, from scratch."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from skgraph._internal.distributed import Processes
from skgraph.data import SkeletonDataset, SkeletonStore
from skgraph.errors import ConfigError, DataError
from skgraph.evaluation.classifiers.classifier import Classifier, LinearHead, ProbeHead, build_head, parameter_groups
from skgraph.evaluation.classifiers.classifier_training import ClassifierTraining
from skgraph.evaluation.classifiers.fit import History, fit
from skgraph.evaluation.classifiers.linear_probe import fit_linear
from skgraph.evaluation.context import EvaluationContext, Settings
from skgraph.evaluation.features.bodies import Bodies, BodyRule, read_bodies
from skgraph.evaluation.features.clip_features import Features, frozen
from skgraph.evaluation.protocols.protocol import Outcome, Protocol, labels
from skgraph.evaluation.results.metrics import top_k
from skgraph.transforms import RandomRotate

# Preparations, as stores name them, of which MAMP encodes two bodies a clip.
_WITH_EMPTY_BODIES = ("preset mamp", "as converted by the CTR-GCN pipeline")


@dataclass(frozen=True, kw_only=True)
class Supervised(Protocol, ClassifierTraining):
    """Train a head, or a head and the encoder, on the labels of the training clips.

    The scores are those of the last epoch. The result also has the best epoch, chosen on held-out training people
    if any, otherwise on the test clips, as in the field's tables.

    Attributes:
        name: ``"linear"``: a linear probe as a publication trains it; ``"attentive"``: a learned query that attends to
            the tokens of the frozen encoder; ``"finetune"``: the whole encoder, from its pre-trained weights;
            ``"transfer"``: the same on another dataset; ``"scratch"``: from random weights.
        recipe: publication that the hyper-parameters are from.
    """

    name: str
    recipe: str | None = None

    @property
    def pretrained(self) -> bool:
        return self.name != "scratch"

    def body_rule(self, store: SkeletonStore) -> BodyRule:
        """Return ``"padded"`` where MAMP averages a clip with an empty second body.

        MAMP does so on NTU RGB+D 60 and PKU-MMD, as CTR-GCN's scripts and its own prepare them. On NTU RGB+D 120 the
        scripts copy a single body to the second one, and the mean is that of the present bodies.
        """
        prepared = str(store.meta.get("preprocessing", "")).startswith(_WITH_EMPTY_BODIES)
        return "padded" if self.recipe == "mamp" and prepared and len(store.class_names) != 120 else "present"

    @property
    def label(self) -> str:
        return f"{self.name}_{self.recipe}" if self.name == "linear" or self.recipe == "small" else self.name

    def check(self, source_hashes: Collection[str], store: SkeletonStore) -> None:
        super().check(source_hashes, store)
        if self.name == "transfer" and store.content_hash in source_hashes:
            hint = "say dataset=store dataset.root=FOLDER, or protocol=finetune"
            raise ConfigError(f"protocol=transfer evaluates on another dataset than the run's: {hint}")

    def check_settings(self, settings: Settings) -> None:
        super().check_settings(settings)
        if self.on_features:
            return
        why = f"is for fixed features; protocol {self.label} encodes in each step"
        if settings.pool != "mean":
            raise ConfigError(f"pool={settings.pool} {why}")
        if settings.bodies == "relation":
            raise ConfigError(f"bodies=relation {why}")

    @property
    def on_features(self) -> bool:
        """Whether a head is trained on features that are computed once."""
        return self.frozen and not self.augments and self.head in ("linear", "bn_linear")

    def evaluate(self, context: EvaluationContext) -> Outcome:
        return self.train_on(context, context.train, context.seed)

    def train_on(self, context: EvaluationContext, train: SkeletonDataset, seed: int) -> Outcome:
        """Train on some of the context's training clips, and score its test clips."""
        unseen = context.unseen
        if self.on_features:
            features, *others = (context.features(dataset, self.test_crop) for dataset in (train, *unseen))
            how = (context.device, seed, context.processes, context.progress)
            history = self.fit_head(features, others, context.num_classes, *how)
        else:
            history = self._fit_on_clips(context, train, seed)

        def accuracy(scores: list[Tensor], i: int) -> float:
            return top_k(scores[i], labels(unseen[i]))

        epoch, scores = max(history.scored, key=lambda item: accuracy(item[1], -1))
        chosen_on = "test" if len(unseen) == 1 else "validation"
        best = {"epoch": epoch, "top1": accuracy(scores, 0), "chosen_on": chosen_on}
        return Outcome(
            *history.scored[-1][1],
            features=context.features(train, self.test_crop).x if self.frozen else None,
            metrics={"training_loss": history.loss[-1], "best": best},
        )

    def fit_head(
        self,
        train: Features,
        unseen: Sequence[Features],
        num_classes: int,
        device: torch.device,
        seed: int,
        processes: Processes = Processes(),
        progress: bool = False,
    ) -> History:
        """Train a linear head on features computed once, for clips that look the same in each epoch.

        The scores of the history are those of ``unseen``.
        """
        torch.manual_seed(seed)
        head = LinearHead(train.x.size(1), num_classes, norm=self.head == "bn_linear").to(device)
        model = nn.Sequential(head.norm, head.linear)
        inputs = [features.x.to(device) for features in unseen]

        def score() -> list[Tensor]:
            with torch.no_grad():
                scores = [model(x).cpu() for x in inputs]
            if not all(logits.isfinite().all() for logits in scores):
                raise DataError("the logits are not finite: choose a smaller protocol.lr")
            return scores

        groups = [{"params": list(model.parameters()), "weight_decay": self.weight_decay, "lr_scale": 1.0}]
        source = _FeatureSource(train.y, train.x.to(device))
        return fit(model, groups, source, self, score, device, "fp32", seed, processes, progress)

    def _fit_on_clips(self, context: EvaluationContext, train: SkeletonDataset, seed: int) -> History:
        encoder = context.make_encoder(seed, **({"drop_path": self.drop_path} if self.drop_path else {}))
        torch.manual_seed(seed)
        if self.head == "probe":
            start = context.features_of(encoder, train, self.test_crop)
            head: nn.Module = ProbeHead(fit_linear(start.x, start.y, context.num_classes))
            encoder.requires_grad_(not self.frozen)
        else:
            head = build_head(self.head, encoder.dim, encoder.grid, context.num_classes)
        model = Classifier(encoder, head, self.frozen).to(context.device)
        groups = list(parameter_groups(model, self.weight_decay, self.layer_decay, self.decay_embeddings))
        source = _ClipSource(self, context, train)

        def score() -> list[Tensor]:
            return [context.scores(model, dataset, self.test_crop) for dataset in context.unseen]

        how = (context.device, context.precision, seed, context.processes, context.progress)
        with frozen(encoder) if self.frozen else nullcontext():
            return fit(model, groups, source, self, score, *how)


class _ClipSource:
    """Training clips as bodies, cropped and rotated."""

    def __init__(self, training: ClassifierTraining, context: EvaluationContext, train: SkeletonDataset) -> None:
        self.context, self.y, self.clips = context, labels(train), train.clips
        crop = training.train_crop
        # The whole store, so that positions in it are clip ids.
        options: dict[str, Any] = {"frames": train.frames, "resampling": train.resampling}
        self.dataset = SkeletonDataset(train.store, crop=crop, min_frames=training.min_frames, **options)
        angle, flat = training.rotate, train.store.topology.dim == 2
        self.augment: nn.Module | None = None
        if training.augment:
            self.augment = context.views.augment
        elif angle:
            self.augment = RandomRotate(z=angle) if flat else RandomRotate(angle, angle, angle)

    def batch(self, rows: Tensor, generator: torch.Generator) -> Bodies:
        context, clips = self.context, self.clips[rows]
        return read_bodies(
            self.dataset, clips, context.views, context.device, context.bodies, None, self.augment, generator
        )


@dataclass
class _FeatureSource:
    y: Tensor
    x: Tensor

    def batch(self, rows: Tensor, generator: torch.Generator) -> Tensor:
        return self.x[rows.to(self.x.device)]
