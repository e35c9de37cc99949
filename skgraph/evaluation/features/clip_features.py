"""Features of clips by a frozen encoder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any

import torch
from torch import Tensor, nn
from tqdm.auto import tqdm

from skgraph._internal.distributed import Processes
from skgraph.data import SkeletonDataset
from skgraph.errors import DataError
from skgraph.evaluation.features.bodies import Bodies, BodyRule, crop_windows, read_bodies
from skgraph.evaluation.features.pooling import Pool, pooled
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
    pool: Pool = "mean",
    crop: float = 1.0,
    crops: int = 1,
    processes: Processes = Processes(),
) -> Features:
    """Compute a feature of each clip from the tokens of its bodies, averaged over its crops.

    Args:
        encoder: put into evaluation mode, which is checked after every batch.
        dataset: clips, with ``frames`` set.
        views: its :meth:`~skgraph.training.ViewMaker.plain` prepares the joints.
        device, precision: of the encoder, see :func:`skgraph.training.devices.autocast`.
        bodies: ``"present"`` averages the present bodies; ``"padded"`` encodes absent bodies as zeros and averages them
            in, as published protocols do; ``"relation"`` puts three features side by side, ``[3 D]``: the mean over the
            bodies, that over each body as another one sees it, and the mean absolute difference of the two directions.
        batch_size: clips encoded at once.
        progress: show a bar in a terminal.
        pool: feature of a body, see :func:`~skgraph.evaluation.features.pooling.pooled`.
        crop: proportion of a clip that is encoded.
        crops: such windows, evenly from the clip's start to its end; one is the middle.
        processes: each encodes its share of the clips, and gets all features.

    Raises:
        ConfigError: ``dataset`` holds bodies rather than clips, or ``bodies``, ``crop`` or ``crops`` is out of range.
        DataError: the features of a clip are not finite.
    """
    options: dict[str, Any] = {"views": views, "device": device, "precision": precision, "bodies": bodies}
    options |= {"batch_size": batch_size, "progress": progress, "pool": pool}
    x = torch.zeros(())
    for windows in clip_windows(dataset, crop, crops):
        x = x + window_features(encoder, dataset, windows, processes, **options) / crops
    return Features(x, dataset.store.y[dataset.clips], dataset.clips)


def clip_windows(dataset: SkeletonDataset, crop: float, crops: int) -> list[Windows]:
    """Return the windows of all clips, one of each in every entry; see :func:`crop_windows`."""
    rows = torch.as_tensor(list(dataset.indices()), dtype=torch.long)
    return [Windows(rows, start, width, [1] * len(rows)) for start, width in crop_windows(dataset, rows, crop, crops)]


def window_features(
    encoder: nn.Module,
    dataset: SkeletonDataset,
    windows: Windows,
    processes: Processes = Processes(),
    pool: Pool = "mean",
    **options: Any,
) -> Tensor:
    """Return features ``[W, D]`` of windows; see :func:`clip_features` and, for the options, :func:`encode_windows`."""
    share = torch.arange(len(windows.row))[processes.rank :: processes.world_size]
    encoded = encode_windows(partial(pooled, encoder, pool=pool), encoder, dataset, windows, share, **options)
    return processes.gather_rows(torch.cat([bodies.combine(features).cpu() for _, bodies, features in encoded]))


@torch.no_grad()
def encode_windows(
    encode: Callable[[Tensor], Tensor],
    encoder: nn.Module,
    dataset: SkeletonDataset,
    windows: Windows,
    share: Tensor,
    views: ViewMaker,
    device: torch.device,
    precision: str = "auto",
    bodies: BodyRule = "present",
    batch_size: int = 128,
    progress: bool = False,
) -> Iterator[tuple[Tensor, Bodies, Tensor]]:
    """Encode the windows at the positions ``share``, each resampled to ``dataset.frames``.

    ``encode`` turns bodies ``[b, T, V, C]`` into tokens or features by the encoder, which must not change meanwhile.
    Yields positions ``[B]``, bodies, and that output in float32. A DataError names a clip whose output is not finite.
    """
    hidden = None if progress else True  # None: shown in a terminal
    with frozen(encoder) as check:
        for chunk in tqdm(share.split(batch_size), desc="encoding", disable=hidden, leave=False):
            frames = (windows.start[chunk], windows.width[chunk])
            batch = read_bodies(dataset, windows.row[chunk], views, device, bodies, frames)
            with autocast(device, precision):
                output = encode(batch.joints)
            check()
            if not output.isfinite().all():
                bad = batch.owner[~output.isfinite().flatten(1).all(dim=1)][0]
                clip = f"'{dataset.store.name[int(batch.ids[bad])]}' in '{dataset.store.path}'"
                raise DataError(f"the features of clip {clip} are not finite: check its coordinates")
            yield chunk, batch, output.float()


@contextmanager
def frozen(encoder: nn.Module) -> Iterator[Callable[[], None]]:
    """Put an encoder into evaluation mode, without gradients, and yield a check that nothing changes it.

    The check, which runs at the end too, raises an AssertionError: a module left evaluation mode, a parameter wants a
    gradient, or a weight or running statistic changed.
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
