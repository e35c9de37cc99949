"""The encoder of a run with a linear head."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from skgraph.data import SkeletonData, SkeletonDataset, SkeletonStore
from skgraph.errors import CheckpointError, ConfigError
from skgraph.evaluation.comparison import input_facts
from skgraph.evaluation.context import EvaluationContext
from skgraph.evaluation.features import window_features
from skgraph.evaluation.linear import LinearProbe, fit_linear
from skgraph.evaluation.pretrained import PretrainedRun
from skgraph.evaluation.sliding_windows import window_label, window_starts
from skgraph.training.devices import autocast
from skgraph.training.views import ViewMaker

TRAINING_WINDOW = (
    2.0  # seconds of a window of recordings with labelled segments, and a quarter of it from one to the next
)


@dataclass(frozen=True)
class Recogniser:
    """Names what bodies do. Make one with :meth:`fit`.

    Attributes:
        run: that the encoder comes from.
        encoder: frozen.
        probe: linear head on the mean feature of a clip's bodies.
        class_names: of its logits; where it learned from recordings with segments the last one is ``background``.
        background: the index of that class, or ``None``.
        device: where the encoder computes.
        precision: how it computes.
    """

    run: PretrainedRun
    encoder: nn.Module
    probe: LinearProbe
    class_names: tuple[str, ...]
    background: int | None
    device: torch.device
    precision: str = "auto"

    @classmethod
    def fit(
        cls,
        run: str | Path | PretrainedRun,
        store: SkeletonStore | str | Path,
        split: str | None = None,
        device: torch.device | str = "cpu",
        precision: str = "auto",
        c: float = 1.0,
        progress: bool = False,
    ) -> Recogniser:
        """Fit the head to labelled clips: the exact linear probe of ``protocol=linear``, whose features it shares.

        Recordings with labelled segments are learned window by window, with ``background`` for what is in none.

        Args:
            run: a run or its folder.
            store: labelled clips, or its folder, of the run's topology.
            split: whose training part is learned; all clips if not given.
            device: where to compute.
            precision: see :func:`skgraph.training.devices.autocast`.
            c: inverse strength of the probe's penalty.
            progress: show bars, where there is a terminal.

        Raises:
            CheckpointError: no such run, or of another topology.
            ConfigError: there is one class only, or ``c`` is not positive.
        """
        run = run if isinstance(run, PretrainedRun) else PretrainedRun.open(run)
        store = store if isinstance(store, SkeletonStore) else SkeletonStore.open(store)
        if not 0 < c < float("inf"):
            raise ConfigError(f"c must be positive, found {c}")
        device = torch.device(device)
        views = run.views(store.topology).to(device)
        dataset = SkeletonDataset(store, split, "train", frames=run.config["frames"])
        context = EvaluationContext(
            lambda seed=None, **options: run.encoder(**options),
            views,
            dataset,
            None,
            dataset,
            device,
            precision,
            progress=progress,
            cache=run.folder / "features",
            input=input_facts(run, views),
        )
        names = tuple(store.class_names)
        if store.has_segments:
            x, y = _windows(context, dataset)
            probe = fit_linear(x, torch.where(y < 0, len(names), y), len(names) + 1, c)
            return cls(
                run, run.encoder().to(device).eval(), probe, (*names, "background"), len(names), device, precision
            )
        if len(names) < 2:
            raise ConfigError(f"'{store.path}' has one class, '{names[0]}': a recogniser learns several")
        probe = fit_linear(context.features(dataset).x, store.y[dataset.clips], len(names), c)
        return cls(run, run.encoder().to(device).eval(), probe, names, None, device, precision)

    @classmethod
    def load(
        cls, run: str | Path | PretrainedRun, device: torch.device | str = "cpu", precision: str = "auto"
    ) -> Recogniser:
        """A recogniser that ``python -m skgraph.export head=linear`` wrote.

        Args:
            run: the model folder; ``hf:owner/model`` is one of the Hugging Face Hub.
            device: where to compute.
            precision: see :func:`skgraph.training.devices.autocast`.

        Raises:
            CheckpointError: there is no such model, or it has no head.
        """
        run = run if isinstance(run, PretrainedRun) else PretrainedRun.open(run)
        if run.head is None:
            raise CheckpointError(f"'{run.folder}' has no head: export it with head=linear, or fit one")
        device, head = torch.device(device), run.head
        encoder = run.encoder().to(device).eval()
        if len(head.probe.mean) != encoder.dim:
            raise CheckpointError(
                f"the head in '{run.weights_file}' takes {len(head.probe.mean)} features, the encoder has {encoder.dim}"
            )
        return cls(run, encoder, head.probe, head.class_names, head.background, device, precision)

    def views(self, store: SkeletonStore, joint_map: str | None = None) -> ViewMaker:
        """What prepares the recordings of a store; see :meth:`~skgraph.evaluation.PretrainedRun.views`."""
        return self.run.views(store.topology, joint_map).to(self.device)

    def windows(
        self,
        dataset: SkeletonDataset,
        rows: Tensor,
        start: Tensor,
        width: Tensor,
        views: ViewMaker,
        progress: bool = False,
    ) -> Tensor:
        """Probabilities ``[W, K]`` of windows of clips; the arguments are those of ``window_features``."""
        x = window_features(
            self.encoder, dataset, rows, start, width, views, self.device, self.precision, progress=progress
        )
        return self.probe(x).softmax(dim=1)

    @torch.no_grad()
    def __call__(self, graphs: SkeletonData, views: ViewMaker) -> Tensor:
        """Probabilities ``[B, K]`` of a batch of clips ``[B, M, T, V, C]`` with the T frames that the encoder takes.

        Bodies that are in no frame do not count; a clip without any has probabilities all the same, of its zeros.
        """
        there = graphs.frame_mask.any(dim=-1)  # [B, M]
        there[:, 0] |= ~there.any(dim=1)
        joints = views.plain(graphs.to(self.device)).joints[there.to(self.device)]
        with autocast(self.device, self.precision):
            features = self.encoder(joints).float().mean(dim=1).cpu()
        clip = there.nonzero()[:, 0]
        total = features.new_zeros(len(there), features.size(1)).index_add_(0, clip, features)
        return self.probe(total / there.sum(dim=1, keepdim=True)).softmax(dim=1)


def _windows(context: EvaluationContext, dataset: SkeletonDataset) -> tuple[Tensor, Tensor]:
    """Features and labels of windows over recordings; -1 is background."""
    store = dataset.store
    width = max(1, round(TRAINING_WINDOW * float(store.meta.get("fps", 30.0))))
    rows, starts, widths, labels = [], [], [], []
    for row, clip in zip(dataset.indices(), dataset.clips.tolist(), strict=True):
        length = int(store.length[clip])
        start = window_starts(length, width, max(1, width // 4))
        rows.append(torch.full_like(start, row))
        starts.append(start)
        widths.append(torch.full_like(start, min(width, length)))
        labels.append(window_label(store.frame_labels(clip), start, width))
    x = context.window_features(dataset, torch.cat(rows), torch.cat(starts), torch.cat(widths))
    return x, torch.cat(labels)
