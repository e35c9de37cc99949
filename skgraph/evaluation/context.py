"""The evaluation context: an encoder, the clips that a protocol works with, and the settings of all protocols."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from skgraph._internal.distributed import Processes
from skgraph._internal.options import at_least, check_kinds
from skgraph.data import SkeletonDataset
from skgraph.encoders.encoder import Encoder
from skgraph.errors import ConfigError, DataError
from skgraph.evaluation.features.bodies import BodyRule, check_body_rule, check_crops, crop_windows, read_bodies
from skgraph.evaluation.features.clip_features import Features, clip_features, window_features
from skgraph.evaluation.features.feature_cache import cached_features, code_hash, weights_hash
from skgraph.evaluation.features.pooling import Pool
from skgraph.evaluation.features.raw_coordinates import raw_clip_features
from skgraph.evaluation.features.windows import Windows
from skgraph.training.devices import autocast, choose_precision
from skgraph.training.views import ViewMaker


@dataclass(frozen=True)
class Settings:
    """Settings of an evaluation that hold for every protocol.

    Attributes:
        crop: proportion of a clip that is encoded; ``None`` for that of the protocol.
        crops: windows of each clip, evenly from its start to its end.
        bodies: ``"present"``, ``"padded"`` or ``"relation"``, see :func:`~skgraph.evaluation.clip_features`; ``None``
            for those of the protocol.
        pool: feature of a body, for protocols on fixed features.
        validation: share of the training people held out; 0 for none.
        random_init: evaluate a random encoder beside the trained one.
        raw_coordinates: evaluate raw coordinates beside it, in nearest neighbours, exact linear probe and retrieval.
        joint_map: see :meth:`~skgraph.evaluation.PretrainedRun.views`.
        batch_size: clips encoded at once.
        cache: keep features in the run folder.
        seed: seed of the protocol's draws; by default that of the run.
    """

    crop: float | None = None
    crops: int = 1
    bodies: BodyRule | None = None
    pool: Pool = "mean"
    validation: float = 0.0
    random_init: bool = True
    raw_coordinates: bool = True
    joint_map: str | None = None
    batch_size: int = 128
    cache: bool = True
    seed: int | None = None

    def __post_init__(self) -> None:
        check_kinds(type(self), {f.name: getattr(self, f.name) for f in fields(self)}, "evaluate")
        check_crops(self.crop, self.crops)
        if self.bodies is not None:
            check_body_rule(self.bodies)
        at_least("evaluate", 1, batch_size=self.batch_size)
        at_least("evaluate", 0, seed=self.seed)
        if not 0 <= self.validation < 1:
            raise ConfigError(f"validation must be a share of the training people in [0, 1), found {self.validation}")


@dataclass
class EvaluationContext:
    """An encoder, the clips of its evaluation, and the settings of the computation.

    Attributes:
        make_encoder: ``make_encoder(seed=None, **options) -> Encoder``, a fresh copy each time; ``seed`` is that of
            random weights, ``options`` override those of its configuration (``drop_path``).
        views: prepares its input.
        train: training clips.
        test: test clips.
        validation: clips of held-out training people, or ``None``.
        device: device to compute on.
        precision: number format, see :func:`skgraph.training.devices.autocast`.
        settings: settings of the bodies, the crops and the batches.
        seed: seed of the protocol's draws.
        processes: processes that share the work.
        progress: show bars.
        cache: folder of cached features; ``None`` for none.
        input: everything that the encoder's input depends on, as plain values, for the cache.
        raw: take raw coordinates as features, in place of the encoder's.
    """

    make_encoder: Callable[..., Encoder]
    views: ViewMaker
    train: SkeletonDataset
    validation: SkeletonDataset | None = field(default=None, kw_only=True)
    test: SkeletonDataset
    device: torch.device
    precision: str = "auto"
    settings: Settings = field(default_factory=Settings)
    seed: int = 0
    processes: Processes = field(default_factory=Processes)
    progress: bool = False
    cache: Path | None = None
    input: dict[str, Any] = field(default_factory=dict)
    raw: bool = False
    # Not arguments: dataclasses.replace makes a context of another encoder without them.
    _frozen: Encoder | None = field(init=False, default=None, repr=False)
    _hash: str = field(init=False, default="", repr=False)

    def __post_init__(self) -> None:
        fewest = min(map(len, (self.train, *self.unseen)))
        if fewest < self.processes.world_size:
            raise ConfigError(f"{self.processes.world_size} processes need as many clips on each side, found {fewest}")

    @property
    def num_classes(self) -> int:
        """Number of classes of the dataset."""
        return self.train.num_classes

    @property
    def bodies(self) -> BodyRule:
        """Return whether absent bodies of a clip are left out or encoded as zeros."""
        return self.settings.bodies or "present"

    @property
    def unseen(self) -> list[SkeletonDataset]:
        """The test clips, and the clips of held-out training people if any."""
        return [self.test] if self.validation is None else [self.test, self.validation]

    def features(self, dataset: SkeletonDataset, crop: float = 1.0) -> Features:
        """Return features of the frozen encoder, from the cache if it has them; or raw coordinates.

        ``crop`` is the proportion of a clip, unless the settings have one.
        """
        crop = self.settings.crop or crop
        if self.raw:
            return raw_clip_features(dataset, crop, self.settings.crops)
        encoder = self._encoder()
        depends_on = {
            "weights": self._hash,
            "code": code_hash(encoder),
            "store": dataset.store.content_hash,
            "frames_written": dataset.store.frames_written,
            "clips": dataset.clips.tolist(),
            "frames": dataset.frames,
            "crop": crop,
            "crops": self.settings.crops,
            "bodies": self.bodies,
            **({} if self.settings.pool == "mean" else {"pool": self.settings.pool}),
            "device": self.device.type,
            "precision": choose_precision(self.device, self.precision),
            "torch": str(torch.__version__),
            **self.input,
        }
        # With several processes one might read the cache while another computes, and wait for it forever.
        cache = self.cache if self.processes.world_size == 1 else None
        compute = partial(clip_features, encoder, dataset, **self._options(), crop=crop, crops=self.settings.crops)
        return cached_features(cache, depends_on, dataset, compute)

    def features_of(self, encoder: Encoder, dataset: SkeletonDataset, crop: float) -> Features:
        """Return features of an encoder that is then trained on; it ends frozen, in evaluation mode."""
        options = self._options() | {"pool": "mean"}
        return clip_features(encoder.to(self.device), dataset, **options, crop=self.settings.crop or crop)

    def window_features(self, dataset: SkeletonDataset, windows: Windows) -> Tensor:
        """Return features ``[W, D]`` of windows of the dataset's clips, by the frozen encoder."""
        return window_features(self._encoder(), dataset, windows, **self._options())

    @torch.no_grad()
    def scores(self, classifier: nn.Module, dataset: SkeletonDataset, crop: float) -> Tensor:
        """Return logits ``[N, K]`` of ``classifier(bodies)``, averaged over the crops of each clip.

        ``crop`` is the proportion of a clip, unless the settings have one.
        """
        indices = torch.as_tensor(list(dataset.indices()), dtype=torch.long)
        logits = []
        for chunk in indices[self.processes.rank :: self.processes.world_size].split(self.settings.batch_size):
            total = torch.zeros(())
            for windows in crop_windows(dataset, chunk, self.settings.crop or crop, self.settings.crops):
                batch = read_bodies(dataset, chunk, self.views, self.device, self.bodies, windows)
                with autocast(self.device, self.precision):
                    total = total + classifier(batch).float() / self.settings.crops
            logits.append(total.cpu())
        scores = self.processes.gather_rows(torch.cat(logits))
        if not scores.isfinite().all():
            raise DataError("the logits are not finite: choose a smaller protocol.lr")
        return scores

    def _options(self) -> dict[str, Any]:
        options = {key: getattr(self, key) for key in ("views", "device", "precision", "processes")}
        options |= {key: getattr(self.settings, key) for key in ("pool", "batch_size")}
        options["bodies"] = self.bodies
        return options | {"progress": self.progress and self.processes.is_main}

    def _encoder(self) -> Encoder:
        if self._frozen is None:
            self._frozen = self.make_encoder().to(self.device)
            self._hash = weights_hash(self._frozen)
        return self._frozen
