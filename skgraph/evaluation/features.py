"""Clip features of a frozen encoder."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from tqdm import tqdm

from skgraph._internal.distributed import Processes
from skgraph.data import SkeletonDataset
from skgraph.errors import DataError
from skgraph.evaluation.bodies import Bodies, BodyRule, crop_windows, read_bodies
from skgraph.evaluation.frozen import frozen
from skgraph.training.devices import autocast
from skgraph.training.views import ViewMaker


@dataclass(frozen=True)
class Features:
    """Features of the clips of a dataset, in its order.

    Attributes:
        x: ``[N, D]`` float32.
        y: labels ``[N]``.
        clip: clip ids in the store ``[N]``.
    """

    x: Tensor
    y: Tensor
    clip: Tensor

    def __getitem__(self, rows: Tensor) -> Features:
        """Some of the clips, by index or mask."""
        return Features(self.x[rows], self.y[rows], self.clip[rows])


def clip_features(
    encoder: nn.Module,
    dataset: SkeletonDataset,
    views: ViewMaker,
    device: torch.device,
    precision: str = "auto",
    bodies: BodyRule = "present",
    batch_size: int = 128,
    progress: bool = False,
    crop: float = 1.0,
    crops: int = 1,
    processes: Processes = Processes(),
) -> Features:
    """Mean over tokens of each body, over the bodies of a clip, and over its crops.

    Args:
        encoder: frozen here: it is put into evaluation mode, and that is asserted after every batch.
        dataset: clips, with ``frames`` set.
        views: its :meth:`~skgraph.training.ViewMaker.plain` prepares the joints.
        device: where the encoder is.
        precision: see :func:`skgraph.training.devices.autocast`.
        bodies: ``"present"`` averages the bodies that are there; ``"padded"`` encodes absent bodies as zeros and
            averages them in, as published protocols do.
        batch_size: clips encoded at once.
        progress: show a bar, where there is a terminal.
        crop: proportion of a clip that is encoded.
        crops: how many such windows, evenly from the clip's start to its end; one is the middle.
        processes: that share the work; each clip is encoded by exactly one, and all get all features.

    Raises:
        ConfigError: ``dataset`` holds bodies rather than clips, or ``bodies``, ``crop`` or ``crops`` has no meaning.
        DataError: the features of a clip are not finite.
    """
    rows = torch.as_tensor(list(dataset.indices()), dtype=torch.long)
    x: Tensor | float = 0.0
    for start, width in crop_windows(dataset, rows, crop, crops):
        x = (
            x
            + window_features(
                encoder, dataset, rows, start, width, views, device, precision, bodies, batch_size, progress, processes
            )
            / crops
        )
    return Features(x, dataset.store.y[dataset.clips], dataset.clips)


@torch.no_grad()
def window_features(
    encoder: nn.Module,
    dataset: SkeletonDataset,
    rows: Tensor,
    start: Tensor,
    width: Tensor,
    views: ViewMaker,
    device: torch.device,
    precision: str = "auto",
    bodies: BodyRule = "present",
    batch_size: int = 128,
    progress: bool = False,
    processes: Processes = Processes(),
) -> Tensor:
    """Features ``[W, D]`` of windows of clips: mean over tokens of each body, and over the bodies.

    Args:
        dataset: clips, with ``frames`` set: every window is resampled to as many.
        rows: the clip of each window, a position in ``dataset``, ``[W]``.
        start: first frame of each window, ``[W]``.
        width: frames of each window, ``[W]``.

    The other arguments are those of :func:`~skgraph.evaluation.clip_features`.
    """
    share = torch.arange(len(rows))[processes.rank :: processes.world_size]
    x = []
    with frozen(encoder) as check:
        hidden = None if progress else True  # None: shown on a terminal
        for chunk in tqdm(share.split(batch_size), desc="encoding", disable=hidden, leave=False):
            windows = (start[chunk], width[chunk])
            batch = read_bodies(dataset, rows[chunk], views, device, bodies, windows)
            x.append(batch.mean(encode(encoder, batch, device, precision, dataset).mean(dim=1)).cpu())
            check()
    return processes.gather_rows(torch.cat(x))


def encode(encoder: nn.Module, batch: Bodies, device: torch.device, precision: str, dataset: SkeletonDataset) -> Tensor:
    """Tokens ``[b, L, D]`` float32 of bodies.

    Raises:
        DataError: they are not finite; names the clip.
    """
    with autocast(device, precision):
        tokens = encoder(batch.joints)
    if not tokens.isfinite().all():
        bad = batch.clip[~tokens.isfinite().flatten(1).all(dim=1)][0]
        name = dataset.store.name[int(batch.ids[bad])]
        raise DataError(
            f"the features of clip '{name}' in '{dataset.store.path}' are not finite: its coordinates are not, or are "
            "too large"
        )
    return tokens.float()
