"""Clip features of a frozen encoder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch_geometric.utils import scatter
from tqdm import tqdm

from skgraph.data import SkeletonDataset
from skgraph.errors import ConfigError, DataError
from skgraph.training.devices import autocast
from skgraph.training.views import ViewMaker


@dataclass(frozen=True)
class Features:
    """Features of the clips of a dataset.

    Attributes:
        x: ``[N, D]`` float32.
        y: labels ``[N]``.
        clip: clip ids in the store ``[N]``.
    """

    x: Tensor
    y: Tensor
    clip: Tensor


@torch.no_grad()
def clip_features(
    encoder: nn.Module,
    dataset: SkeletonDataset,
    views: ViewMaker,
    device: torch.device,
    precision: str = "auto",
    bodies: Literal["present", "padded"] = "present",
    batch_size: int = 128,
    progress: bool = False,
) -> Features:
    """Mean over tokens of each body, then mean over the bodies of a clip.

    Args:
        encoder: frozen here: it is put into evaluation mode, and that is asserted after every batch.
        dataset: clips, with ``frames`` set.
        views: its :meth:`~skgraph.training.ViewMaker.plain` prepares the joints.
        device: where the encoder is.
        precision: see :func:`skgraph.training.devices.autocast`.
        bodies: ``"present"`` averages the bodies that are there; ``"padded"`` encodes absent bodies as zeros and
            averages them in, as published protocols do.
        batch_size: clips encoded at once.
        progress: show a bar.

    Raises:
        ConfigError: ``dataset`` holds bodies rather than clips, or ``bodies`` is unknown.
        DataError: the features of a clip are not finite.
    """
    if dataset.kind != "clips":
        raise ConfigError("an evaluation needs a dataset of clips: SkeletonDataset(..., items='clips')")
    if bodies not in ("present", "padded"):
        raise ConfigError(f"bodies must be 'present' or 'padded', found '{bodies}'")
    encoder.eval()
    indices = torch.as_tensor(list(dataset.indices()), dtype=torch.long)
    x, y, clip = [], [], []
    for chunk in tqdm(indices.split(batch_size), desc="encoding", disable=not progress, leave=False):
        graphs = dataset.batch(chunk).to(device)
        there = graphs.frame_mask.any(dim=-1)  # [B, M]
        # A clip whose window misses its only body keeps that body, all zeros, rather than having no feature.
        there[:, 0] |= ~there.any(dim=1)
        if bodies == "padded":
            there = torch.ones_like(there)
        joints = views.plain(graphs).joints[there]  # [bodies, T, V, C]
        with autocast(device, precision):
            tokens = encoder(joints)
        assert not any(module.training for module in encoder.modules()), "the encoder left evaluation mode"
        if not tokens.isfinite().all():
            bad = there.nonzero()[~tokens.isfinite().flatten(1).all(dim=1), 0]  # [bodies] -> their clips
            name = dataset.store.name[int(graphs.clip[bad[0]])]
            raise DataError(
                f"the features of clip '{name}' in '{dataset.store.path}' are not finite: its coordinates are too large"
            )
        owner = torch.arange(len(there), device=device)[:, None].expand_as(there)[there]
        x.append(scatter(tokens.float().mean(dim=1), owner, dim=0, dim_size=len(there), reduce="mean").cpu())
        y.append(graphs.y.cpu())
        clip.append(graphs.clip.cpu())
    return Features(torch.cat(x), torch.cat(y), torch.cat(clip))
