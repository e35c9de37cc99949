"""Features of clips by a frozen encoder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain

import torch
from torch import Tensor, nn
from tqdm import tqdm

from skgraph._internal.distributed import Processes
from skgraph.data import SkeletonDataset
from skgraph.errors import DataError
from skgraph.evaluation.features.bodies import Bodies, BodyRule, crop_windows, read_bodies
from skgraph.evaluation.features.windows import Windows
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
        """Select clips by index or mask."""
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
    """Average over the tokens of each body, over the bodies of a clip, and over its crops.

    Args:
        encoder: put into evaluation mode, which is checked after every batch.
        dataset: clips, with ``frames`` set.
        views: its :meth:`~skgraph.training.ViewMaker.plain` prepares the joints.
        device: of the encoder.
        precision: see :func:`skgraph.training.devices.autocast`.
        bodies: ``"present"`` averages the present bodies; ``"padded"`` encodes absent bodies as zeros and averages them
            in, as published protocols do.
        batch_size: clips encoded at once.
        progress: show a bar in a terminal.
        crop: proportion of a clip that is encoded.
        crops: such windows, evenly from the clip's start to its end; one is the middle.
        processes: each encodes its share of the clips, and gets all features.

    Raises:
        ConfigError: ``dataset`` holds bodies rather than clips, or ``bodies``, ``crop`` or ``crops`` is out of range.
        DataError: the features of a clip are not finite.
    """
    rows = torch.as_tensor(list(dataset.indices()), dtype=torch.long)
    x: Tensor | float = 0.0
    for start, width in crop_windows(dataset, rows, crop, crops):
        windows = Windows(rows, start, width, [1] * len(rows))
        options = (views, device, precision, bodies, batch_size, progress, processes)
        x = x + window_features(encoder, dataset, windows, *options) / crops
    return Features(x, dataset.store.y[dataset.clips], dataset.clips)


@torch.no_grad()
def window_features(
    encoder: nn.Module,
    dataset: SkeletonDataset,
    windows: Windows,
    views: ViewMaker,
    device: torch.device,
    precision: str = "auto",
    bodies: BodyRule = "present",
    batch_size: int = 128,
    progress: bool = False,
    processes: Processes = Processes(),
) -> Tensor:
    """Return features ``[W, D]`` of windows, each resampled to ``dataset.frames``; see :func:`clip_features`."""
    share = torch.arange(len(windows.row))[processes.rank :: processes.world_size]
    x = []
    with frozen(encoder) as check:
        hidden = None if progress else True  # None: shown in a terminal
        for chunk in tqdm(share.split(batch_size), desc="encoding", disable=hidden, leave=False):
            frames = (windows.start[chunk], windows.width[chunk])
            batch = read_bodies(dataset, windows.row[chunk], views, device, bodies, frames)
            x.append(batch.mean(encode(encoder, batch, device, precision, dataset).mean(dim=1)).cpu())
            check()
    return processes.gather_rows(torch.cat(x))


def encode(encoder: nn.Module, batch: Bodies, device: torch.device, precision: str, dataset: SkeletonDataset) -> Tensor:
    """Return tokens ``[b, L, D]`` float32 of bodies.

    Raises:
        DataError: they are not finite; names the clip.
    """
    with autocast(device, precision):
        tokens = encoder(batch.joints)
    if not tokens.isfinite().all():
        bad = batch.clip[~tokens.isfinite().flatten(1).all(dim=1)][0]
        name = dataset.store.name[int(batch.ids[bad])]
        raise DataError(
            f"the features of clip '{name}' in '{dataset.store.path}' are not finite: check its coordinates"
        )
    return tokens.float()


@contextmanager
def frozen(encoder: nn.Module) -> Iterator[Callable[[], None]]:
    """Put an encoder into evaluation mode, without gradients, and yield a check that nothing changes it.

    Raises:
        AssertionError: by the check, and at the end: a module left evaluation mode, a parameter wants a gradient, or a
            weight or a running statistic was written to.
    """

    def state() -> list[tuple[int, int]]:
        return [(id(x), x._version) for x in chain(encoder.parameters(), encoder.buffers())]

    def check() -> None:
        # Raised, not asserted: `python -O` leaves assertions out.
        if any(module.training for module in encoder.modules()):
            raise AssertionError("the encoder left evaluation mode")
        if any(p.requires_grad for p in encoder.parameters()):
            raise AssertionError("the frozen encoder wants a gradient")
        if state() != before:
            raise AssertionError("a weight or a statistic of the frozen encoder was written to")

    encoder.eval().requires_grad_(False)
    before = state()
    yield check
    check()
