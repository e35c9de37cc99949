"""The encoder of a run with a linear head."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from skgraph.data import SkeletonData, SkeletonDataset, SkeletonStore
from skgraph.errors import CheckpointError, ConfigError
from skgraph.evaluation.classifiers.linear_probe import LinearProbe, fit_linear
from skgraph.evaluation.comparison import run_context
from skgraph.evaluation.context import Settings
from skgraph.evaluation.features.bodies import BodyRule, prepare_bodies
from skgraph.evaluation.features.clip_features import encode_windows, window_features
from skgraph.evaluation.features.pooling import Pool, check_pool, pooled, pooled_width
from skgraph.evaluation.features.windows import Windows, sliding_windows, window_labels
from skgraph.evaluation.pretrained import PretrainedRun
from skgraph.topology import Topology
from skgraph.training.devices import autocast
from skgraph.training.views import ViewMaker

# Seconds of a training window of recordings with labelled segments; the stride is a quarter of it.
TRAINING_WINDOW = 2.0


@dataclass(frozen=True)
class Recogniser:
    """A classifier of actions. Make one with :meth:`fit` or :meth:`load`.

    Attributes:
        run: run that trained the encoder.
        encoder: frozen.
        probe: linear head on the feature of a clip.
        class_names: names of its logits; the last one is ``background`` if it was fitted to recordings with segments.
        background: index of that class, or ``None``.
        device: device to compute on.
        precision: number format, see :func:`skgraph.training.devices.autocast`.
        pool: feature of a body, see :func:`~skgraph.evaluation.features.pooling.pooled`.
        bodies: how bodies make the feature of a clip, see :func:`~skgraph.evaluation.clip_features`.
    """

    run: PretrainedRun
    encoder: nn.Module
    probe: LinearProbe
    class_names: tuple[str, ...]
    background: int | None
    device: torch.device
    precision: str = "auto"
    pool: Pool = "mean"
    bodies: BodyRule = "present"

    @classmethod
    def fit(
        cls,
        run: str | Path | PretrainedRun,
        store: SkeletonStore | str | Path,
        split: str | None = None,
        device: torch.device | str = "cpu",
        precision: str = "auto",
        c: float = 1.0,
        pool: Pool = "mean",
        bodies: BodyRule = "present",
        progress: bool = False,
    ) -> Recogniser:
        """Fit the head to labelled clips: the exact linear probe of ``protocol=linear``, whose features it shares.

        Recordings with labelled segments are cut into windows, with the class ``background`` for unlabelled frames.

        Args:
            run: a run or its folder.
            store: labelled clips, or their folder, of the run's topology.
            split: fit to its training clips; to all clips if not given.
            device, precision: where and how to compute, see :func:`skgraph.training.devices.autocast`.
            c: inverse strength of the probe's penalty.
            pool: feature of a body, see :func:`~skgraph.evaluation.features.pooling.pooled`.
            bodies: how bodies make the feature of a clip, see :func:`~skgraph.evaluation.clip_features`.
            progress: show bars in a terminal.

        Raises:
            CheckpointError: no such run, or of another topology.
            ConfigError: there is one class only, ``c`` is not positive, or the encoder has no such ``pool``.
        """
        run = run if isinstance(run, PretrainedRun) else PretrainedRun.open(run)
        store = store if isinstance(store, SkeletonStore) else SkeletonStore.open(store)
        run = run.on(store.topology)
        if not 0 < c < float("inf"):
            raise ConfigError(f"c must be positive, found {c}")
        device = torch.device(device)
        views = run.views(store.topology).to(device)
        dataset = run.dataset(store, split)
        cache = run.folder / "features"
        options = {"device": device, "precision": precision, "progress": progress, "cache": cache}
        settings = Settings(pool=pool, bodies=bodies)
        encoder = run.encoder().to(device).eval()
        check_pool(encoder, pool)
        context = run_context(run, views, train=dataset, test=dataset, settings=settings, **options)
        names, background = tuple(store.class_names), None
        if store.has_segments:
            width = max(1, round(TRAINING_WINDOW * float(store.meta.get("fps", 30.0))))
            windows = sliding_windows(dataset, width, max(1, width // 4))
            x, y = context.window_features(dataset, windows), window_labels(dataset, windows, width)
            names, background = (*names, "background"), len(names)
            y = torch.where(y < 0, background, y)
        elif len(names) < 2:
            raise ConfigError(f"'{store.path}' has one class, '{names[0]}': a recogniser learns several")
        else:
            x, y = context.features(dataset).x, store.y[dataset.clips]
        probe = fit_linear(x, y, len(names), c)
        return cls(run, encoder, probe, names, background, device, precision, pool, bodies)

    @classmethod
    def load(
        cls, run: str | Path | PretrainedRun, device: torch.device | str = "cpu", precision: str = "auto"
    ) -> Recogniser:
        """Load a recogniser that ``python -m skgraph.export head=linear`` wrote.

        Args:
            run: the model folder; ``hf:owner/model`` is a model of the Hugging Face Hub.
            device, precision: where and how to compute, see :func:`skgraph.training.devices.autocast`.

        Raises:
            CheckpointError: there is no such model, or it has no head.
        """
        run = run if isinstance(run, PretrainedRun) else PretrainedRun.open(run)
        if run.head is None:
            raise CheckpointError(f"'{run.folder}' has no head: export it with head=linear, or fit one")
        device, head = torch.device(device), run.head
        encoder = run.encoder().to(device).eval()
        check_pool(encoder, head.pool)
        width = pooled_width(encoder, head.pool) * (3 if head.bodies == "relation" else 1)
        if len(head.probe.mean) != width:
            found = f"{len(head.probe.mean)} features, the encoder has {width}"
            raise CheckpointError(f"the head in '{run.weights_file}' takes {found}")
        return cls(
            run, encoder, head.probe, head.class_names, head.background, device, precision, head.pool, head.bodies
        )

    def on(self, topology: Topology, joint_map: str | None = None) -> Recogniser:
        """Return this recogniser for recordings of a topology, see :meth:`~skgraph.evaluation.PretrainedRun.on`."""
        run = self.run.on(topology, joint_map)
        if run is self.run:
            return self
        return replace(self, run=run, encoder=run.encoder().to(self.device).eval())

    def views(self, store: SkeletonStore, joint_map: str | None = None) -> ViewMaker:
        """Build the preparation of a store's recordings; see :meth:`~skgraph.evaluation.PretrainedRun.views`."""
        return self.run.views(store.topology, joint_map).to(self.device)

    def window_probabilities(
        self, dataset: SkeletonDataset, windows: Windows, views: ViewMaker, progress: bool = False
    ) -> Tensor:
        """Return probabilities ``[W, K]`` of windows of clips."""
        options: dict[str, Any] = {"device": self.device, "precision": self.precision, "progress": progress}
        options["bodies"] = self.bodies
        x = window_features(self.encoder, dataset, windows, pool=self.pool, views=views, **options)
        return self.probe(x).softmax(dim=1)

    def body_probabilities(
        self, dataset: SkeletonDataset, windows: Windows, views: ViewMaker, progress: bool = False
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Classify each body of windows of clips by itself, with a head of ``bodies=present``.

        Returns:
            position of the window ``[n]``, index of the body in its clip ``[n]``, and probabilities ``[n, K]``.
        """
        encode = partial(pooled, self.encoder, pool=self.pool)
        options: dict[str, Any] = {"device": self.device, "precision": self.precision, "progress": progress}
        share = torch.arange(len(windows.row))
        encoded = encode_windows(encode, self.encoder, dataset, windows, share, views, **options)
        rows = [(chunk[bodies.clip.cpu()], bodies.slot.cpu(), x.cpu()) for chunk, bodies, x in encoded]
        window, body, x = (torch.cat(column) for column in zip(*rows, strict=True))
        return window, body, self.probe(x).softmax(dim=1)

    @torch.no_grad()
    def __call__(self, graphs: SkeletonData, views: ViewMaker) -> Tensor:
        """Return probabilities ``[B, K]`` of a batch of clips ``[B, M, T, V, C]``, ``T`` as the encoder takes.

        Absent bodies do not count; a clip without any body is treated as one body of zeros. The clips have the topology
        of the run; ``views`` prepares them.
        """
        batch = prepare_bodies(graphs, views, self.device, self.bodies, self.run.topology)
        with autocast(self.device, self.precision):
            features = pooled(self.encoder, batch.joints, self.pool)
        return self.probe(batch.combine(features).cpu()).softmax(dim=1)
