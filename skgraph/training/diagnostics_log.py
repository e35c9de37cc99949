"""What a training logs now and then of bodies of its own training part."""

from __future__ import annotations

import copy

import torch
from torch import nn

from skgraph.data import EpochLoader
from skgraph.training.devices import autocast
from skgraph.training.diagnostics import feature_diagnostics, online_knn
from skgraph.training.mask_figure import mask_figure
from skgraph.training.run_log import RunLog
from skgraph.training.views import ViewMaker


def log_diagnostics(
    log: RunLog,
    step: int,
    encoder: nn.Module,
    loader: EpochLoader,
    views: ViewMaker,
    bodies: int,
    device: torch.device,
    precision: str = "auto",
) -> dict[str, float]:
    """Log the features of whole bodies, always the same ones, and the mask of one of them.

    Numbers are ``rankme``, ``feature_std`` and, where labels and people are known, ``online_knn``
    (:mod:`skgraph.training.diagnostics`); features also as a histogram and in TensorBoard's projector.

    Args:
        log: of the run.
        step: that is logged.
        encoder: in evaluation mode while it encodes.
        loader: whose bodies they are.
        views: prepares them, and draws the mask.
        bodies: how many.
        device: where the encoder is.
        precision: see :func:`skgraph.training.devices.autocast`.

    Returns:
        the numbers.
    """
    store = loader.dataset.store
    whole = copy.copy(loader.dataset)
    whole.crop = (1.0, 1.0)
    batch = whole.batch(loader.order(0)[: min(bodies, len(loader.indices))]).to(device)
    with autocast(device, precision):
        features, values = feature_diagnostics(encoder, views.plain(batch).joints[:, 0])
    features, clip = features.cpu(), batch.clip.cpu()
    y, subject = store.y[clip], store.subject[clip]
    # Of unknown people, the bodies of a clip must not find each other.
    right = online_knn(features, y, torch.where(subject >= 0, subject, -1 - clip))
    values |= {} if right is None else {"online_knn": right}
    log.scalars(step, values)
    log.histogram(step, "features", features)
    labels = [store.class_names[label] if label >= 0 else "" for label in y.tolist()]
    log.embedding(
        step, features, {"action": labels, "subject": subject.tolist(), "clip": store.name[clip.numpy()].tolist()}
    )
    positions = views.normalise(batch)
    visible, _ = views.mask.draw(positions.joints[:1, 0], loader.step_generator(0))
    log.figure(step, "mask", mask_figure(store.topology, positions.joints[0, 0], visible[0], encoder.grid))
    return values
