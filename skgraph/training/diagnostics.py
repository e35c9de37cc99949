"""Statistics of features during a training, and the warning of a collapse."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from skgraph.data import EpochLoader, MixedLoader
from skgraph.errors import DataError
from skgraph.training.devices import autocast
from skgraph.training.loggers import TensorBoardLogger
from skgraph.training.mask_figure import mask_figure
from skgraph.training.run_log import RunLog
from skgraph.training.views import ViewMaker

# Thresholds of the warning. Healthy runs of width 128 on three datasets have, at any step, ranks of 9 to 39, deviations
# of features of 0.07 to 0.8 and of targets of 0.15 to 0.9; collapsed targets of GFP have 0.01 to 0.02.
MIN_RANK = 2.0
MIN_STD = {"feature_std": 1e-3, "target_std": 0.03}
UNIFORM_ENTROPY = 0.99
ONE_HOT_ENTROPY = 0.01
MAX_COLLAPSE = 0.8  # share of the value that SIGReg has of a collapse; runs with batches of 32 end at 0.09 to 0.14


def rankme(features: Tensor, eps: float = 1e-7) -> Tensor:
    r"""Compute the effective rank of a feature matrix (RankMe; Garrido et al., ICML 2023, equation 1).

    :math:`\exp(-\sum_k p_k \log p_k)` with :math:`p_k = \sigma_k / \lVert \sigma \rVert_1 + \epsilon` over the singular
    values of the centred features. Centring makes a constant vector rank 1 whatever its length.

    Args:
        features: ``[n, D]``.
    """
    if features.dim() != 2:
        raise DataError(f"rankme takes features [n, D], found {[*features.shape]}")
    if not features.isfinite().all():
        raise DataError("rankme takes finite features, found values that are not")
    features = features.double()
    sigma = torch.linalg.svdvals(features - features.mean(dim=0))
    p = sigma / sigma.sum().clamp(min=eps) + eps
    return torch.exp(-(p * p.log()).sum()).float()


@torch.no_grad()
def feature_diagnostics(encoder: nn.Module, joints: Tensor) -> tuple[Tensor, dict[str, float]]:
    """Compute mean-pooled features of whole bodies, and their statistics.

    Args:
        encoder: encodes in evaluation mode; its mode is restored.
        joints: ``[n, T, V, C]``, prepared like a training view without augmentation.

    Returns:
        features ``[n, D]``; and, of eight bodies or more, ``rankme`` and ``feature_std`` (mean over dimensions of the
        deviation over clips).
    """
    training = encoder.training
    encoder.eval()
    features = torch.cat([encoder(chunk).float().mean(dim=1) for chunk in joints.split(64)])
    encoder.train(training)
    if len(features) < 8:
        return features, {}
    return features, {"rankme": float(rankme(features)), "feature_std": float(features.std(dim=0).mean())}


def online_knn(features: Tensor, y: Tensor, group: Tensor) -> float | None:
    """Compute the percentage of bodies whose nearest neighbour among other people's has the same label.

    All bodies are from the training clips, so that the percentage follows one run over time and does not estimate the
    accuracy on new people.

    Args:
        features: ``[n, D]``, compared by cosine.
        y: labels ``[n]``; bodies with a negative one are left out.
        group: the person of each body, which its neighbour must not share, ``[n]``.

    Returns:
        ``None`` with fewer than two labels or groups.
    """
    labelled = y >= 0
    x, y, group = nn.functional.normalize(features[labelled].float(), dim=1), y[labelled], group[labelled]
    if len(y.unique()) < 2 or len(group.unique()) < 2:
        return None
    near = (x @ x.T).masked_fill(group[:, None] == group, -math.inf)
    return float(100 * (y[near.argmax(dim=1)] == y).float().mean())


def collapse_warning(values: Mapping[str, float]) -> str | None:
    """Return one sentence if the diagnostics show a collapse.

    Args:
        values: any of ``rankme``, ``feature_std`` and an objective's ``prediction_entropy``, ``target_entropy``
            (shares of ``log K``), ``target_std`` and ``collapse`` (LeJEPA).
    """
    signs = []
    if values.get("rankme", math.inf) < MIN_RANK:
        signs.append(f"the effective rank of the features is {values['rankme']:.2f} (below {MIN_RANK:g})")
    for key, least in MIN_STD.items():
        if values.get(key, math.inf) < least:
            signs.append(f"{key} is {values[key]:.1e} (below {least:g})")
    for key in ("prediction_entropy", "target_entropy"):
        if values.get(key, 0.5) > UNIFORM_ENTROPY:
            signs.append(f"{key} is {values[key]:.3f} of its maximum: the distributions are uniform")
    if values.get("collapse", 0.0) > MAX_COLLAPSE:
        signs.append(f"SIGReg is {values['collapse']:.2f} of its value for equal embeddings (above {MAX_COLLAPSE:g})")
    if values.get("prediction_entropy", 0.5) < ONE_HOT_ENTROPY and values.get("target_entropy", 0.5) < ONE_HOT_ENTROPY:
        signs.append("predictions and targets are one-hot")
    return f"collapse: {'; '.join(signs)}" if signs else None


def log_diagnostics(
    log: RunLog,
    step: int,
    encoder: Any,
    loader: EpochLoader | MixedLoader,
    views: ViewMaker,
    bodies: int,
    device: torch.device,
    precision: str = "auto",
) -> dict[str, float]:
    """Log statistics of the features of whole bodies, the same at every step.

    TensorBoard also gets a histogram of the features, the features in its projector, and the mask of one body.

    Args:
        log: log of the run.
        step: step of the training.
        encoder: encodes in evaluation mode.
        loader: gives the bodies.
        views: prepares them, and draws the mask.
        bodies: number of bodies.
        device: device of the encoder.
        precision: see :func:`skgraph.training.devices.autocast`.

    Returns:
        ``rankme``, ``feature_std`` and, where labels and people are known, ``online_knn``.
    """
    store = loader.dataset.store
    whole = copy.copy(loader.dataset)
    whole.crop = (1.0, 1.0)
    batch = whole.batch(loader.order(0)[: min(bodies, len(loader.dataset))]).to(device)
    with autocast(device, precision):
        features, values = feature_diagnostics(encoder, views.plain(batch).joints[:, 0])
    features, clip = features.cpu(), batch.clip.cpu()
    y, subject = store.y[clip], store.subject[clip]
    # Exclude bodies of the same clip as neighbours if people are unknown.
    accuracy = online_knn(features, y, torch.where(subject >= 0, subject, -1 - clip))
    values |= {} if accuracy is None else {"online_knn": accuracy}
    log.log(step, values)
    if not isinstance(board := log.logger, TensorBoardLogger):
        return values
    board.histogram(step, "features", features)
    labels = [store.class_names[label] if label >= 0 else "" for label in y.tolist()]
    board.embedding(
        step, features, {"action": labels, "subject": subject.tolist(), "clip": store.name[clip.numpy()].tolist()}
    )
    positions = views.normalise(batch)
    visible, _ = views.mask.draw(positions.joints[:1, 0], loader.step_generator(0))
    board.figure(step, "mask", mask_figure(store.topology, positions.joints[0, 0], visible[0], encoder.grid))
    return values
