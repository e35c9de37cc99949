"""Hyper-parameters of the training of a classifier."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from skgraph._internal.options import at_least
from skgraph.errors import ConfigError
from skgraph.evaluation.classifiers.classifier import HeadName
from skgraph.training.optimizer import learning_rate


@dataclass(frozen=True, kw_only=True)
class ClassifierTraining:
    """Hyper-parameters of a supervised training, and its learning rate.

    Attributes:
        head: module from tokens to scores; see :func:`~skgraph.evaluation.classifiers.classifier.build_head`.
        frozen: train the head only.
        epochs: passes over the training clips; ``None`` where ``steps`` counts.
        steps: steps, rounded up to whole epochs; ``None`` where ``epochs`` counts.
        batch_size: clips of a step, over all processes.
        optimizer: ``"sgd"`` with momentum, or ``"adamw"``.
        lr: peak learning rate.
        momentum: momentum of SGD.
        betas: betas of AdamW.
        weight_decay: weight decay of matrices.
        decay_embeddings: apply it to embeddings of positions and to tokens too.
        schedule: ``"cosine"`` to ``min_lr``, or ``"steps"``: a tenth after each epoch in ``milestones``.
        milestones: epochs of the steps.
        min_lr: end of the cosine.
        warmup_epochs: epochs of linear warm-up.
        layer_decay: decay of the learning rate, layer by layer downwards.
        drop_path: drop-path rate of the encoder while it is trained.
        label_smoothing: share of the target spread over all classes.
        clip_grad: largest norm of the gradient; 0 does not clip.
        train_crop: smallest and largest proportion of a clip in one crop.
        min_frames: frames of the shortest training crop.
        rotate: largest angle about each axis, in radians.
        augment: augment training clips as the pre-training augmented its views.
        test_crop: centred proportion of a test clip, unless the evaluation sets another.
        score_every: epochs between scorings of the test clips, the last one always; ``None``: the last one alone.
    """

    head: HeadName
    frozen: bool
    epochs: int | None
    steps: int | None = None
    batch_size: int
    optimizer: Literal["sgd", "adamw"]
    lr: float
    momentum: float = 0.9
    betas: tuple[float, float] = (0.9, 0.999)
    weight_decay: float = 0.0
    decay_embeddings: bool = False
    schedule: Literal["cosine", "steps"] = "cosine"
    milestones: tuple[int, ...] = ()
    min_lr: float = 0.0
    warmup_epochs: float = 0.0
    layer_decay: float = 1.0
    drop_path: float = 0.0
    label_smoothing: float = 0.0
    clip_grad: float = 0.0
    train_crop: tuple[float, float] = (1.0, 1.0)
    min_frames: int = 1
    rotate: float = 0.0
    augment: bool = False
    test_crop: float = 1.0
    score_every: int | None = 1

    def __post_init__(self) -> None:
        def within(ok: bool, key: str, range_: str) -> None:
            if not ok:
                value = getattr(self, key)
                found = list(value) if isinstance(value, tuple) else value
                raise ConfigError(f"protocol: {key} must be {range_}, found {found}")

        values = vars(self)
        if (self.epochs is None) == (self.steps is None):
            raise ConfigError(f"protocol: set epochs or steps, the other to null, found {self.epochs} and {self.steps}")
        zeros = ("min_lr", "weight_decay", "clip_grad")
        ones = ("epochs", "steps", "batch_size", "min_frames", "score_every")
        at_least("protocol", 1, **{key: values[key] for key in ones})
        at_least("protocol", 0, **{key: values[key] for key in (*zeros, "warmup_epochs", "rotate")})
        for key in ("momentum", "drop_path", "label_smoothing"):
            within(0 <= values[key] < 1, key, "in [0, 1)")
        within(all(0 <= beta < 1 for beta in self.betas), "betas", "in [0, 1)")
        within(0 < self.lr < math.inf, "lr", "positive")
        within(0 < self.layer_decay <= 1, "layer_decay", "in (0, 1]")
        within(0 < self.test_crop <= 1, "test_crop", "in (0, 1]")
        within(0 < self.train_crop[0] <= self.train_crop[1] <= 1, "train_crop", "[low, high] in (0, 1]")
        if self.epochs is None:
            within(
                not self.milestones and not self.warmup_epochs, "warmup_epochs", "0, and milestones empty, with steps"
            )
        else:
            last = self.epochs
            within(self.warmup_epochs < last, "warmup_epochs", f"below epochs={last}")
            within(all(1 <= epoch < last for epoch in self.milestones), "milestones", f"in [1, epochs={last})")
        if self.frozen and (self.layer_decay != 1 or self.drop_path):
            raise ConfigError("protocol: a frozen encoder has neither layer_decay nor drop_path")

    @property
    def augments(self) -> bool:
        """True if training clips are augmented, so that features cannot be computed once."""
        return tuple(self.train_crop) != (self.test_crop, self.test_crop) or self.rotate > 0 or self.augment

    def total_epochs(self, steps_per_epoch: int) -> int:
        """Return the number of epochs: as set, or as many as hold the steps."""
        return self.epochs or -(-self.steps // steps_per_epoch)  # type: ignore[operator]

    def lr_at(self, step: int, steps_per_epoch: int) -> float:
        """Return the learning rate of a step, before layer decay."""
        warmup = round(self.warmup_epochs * steps_per_epoch)
        if self.schedule == "cosine" or step < warmup:
            return learning_rate(
                step, self.total_epochs(steps_per_epoch) * steps_per_epoch, warmup, self.lr, self.min_lr
            )
        return self.lr * 0.1 ** sum(step // steps_per_epoch >= epoch for epoch in self.milestones)
