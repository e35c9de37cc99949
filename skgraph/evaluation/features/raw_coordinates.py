"""Raw coordinates as features, the baseline of every encoder."""

from __future__ import annotations

import torch
from torch import Tensor

from skgraph.data import SkeletonDataset
from skgraph.evaluation.features.clip_features import Features, clip_windows
from skgraph.evaluation.features.windows import Windows
from skgraph.transforms import AlignBody, Center, Compose, FillGaps

FRAMES = 32  # of a window, whatever the encoder takes


def raw_coordinates(dataset: SkeletonDataset, windows: Windows, batch_size: int = 1024) -> Tensor:
    """Return the joint positions of windows as features ``[W, M * 32 * V * C]``, float32.

    A window is resampled to 32 frames, and the gaps of a body are filled. The origin is the centring point of each body
    and frame; three-dimensional people face +z in the first frame, where the topology knows their left and right.
    Bodies stand side by side in the order of the store; an absent one is zero.

    Args:
        dataset: clips.
        windows: windows of them.
        batch_size: windows read at once.
    """
    topology = dataset.store.topology
    align = [AlignBody(topology, yaw_only=True)] if topology.dim == 3 and topology.across is not None else []
    normalise = Compose([FillGaps(), *align, Center(topology, mode="frame")])
    x = []
    for chunk in torch.arange(len(windows.row)).split(batch_size):
        frames = (windows.start[chunk], windows.width[chunk])
        x.append(normalise(dataset.batch(windows.row[chunk], None, frames, FRAMES)).joints.flatten(1))
    return torch.cat(x)


def raw_clip_features(dataset: SkeletonDataset, crop: float = 1.0, crops: int = 1) -> Features:
    """Return the raw coordinates of clips, averaged over ``crops`` windows of a proportion ``crop`` of each.

    >>> from tempfile import TemporaryDirectory
    >>> from skgraph.datasets.synthetic import write_synthetic
    >>> with TemporaryDirectory() as folder:  # clips of 2 bodies with 25 joints
    ...     store = write_synthetic(f"{folder}/store", subjects=2, repetitions=1)
    ...     raw_clip_features(SkeletonDataset(store, "xsub", "test")).x.shape
    torch.Size([78, 4800])
    """
    x = sum(raw_coordinates(dataset, windows) for windows in clip_windows(dataset, crop, crops)) / crops
    return Features(torch.as_tensor(x), dataset.store.y[dataset.clips], dataset.clips)
