"""Features in two dimensions, by t-SNE."""

from __future__ import annotations

import numpy as np
from matplotlib import colormaps
from matplotlib.figure import Figure
from torch import Tensor

from skgraph._internal.text import legend_label
from skgraph.errors import ConfigError, DataError
from skgraph.run_page.figure import RunFigure

MOST_CLIPS = 2000  # more would hide each other
_MARKERS = "os^vDPX*<>hd"


def feature_map(features: Tensor, labels: list[str], clips: list[str], what: str = "clips", seed: int = 0) -> RunFigure:
    """Draw features by t-SNE (van der Maaten and Hinton, JMLR 2008), which keeps neighbours together.

    Distances between groups, their sizes and accuracies cannot be read from it.

    Args:
        features: ``[n, D]``, at least 4 rows.
        labels: label of each row, or ``""``.
        clips: name of each row.
        what: noun for the rows, in the caption.
        seed: seed of t-SNE.

    Raises:
        ConfigError: scikit-learn is not installed.
        DataError: too few features.
    """
    if len(features) < 4:
        raise DataError(f"t-SNE needs at least 4 clips, found {len(features)}")
    try:
        from sklearn.manifold import TSNE
    except ImportError as error:
        raise ConfigError("t-SNE needs scikit-learn: pip install 'skgraph[figures]'") from error
    if not features.std(dim=0).max() > 1e-6 * features.abs().max():
        raise DataError(f"the features of {len(features)} {what} are all the same, a collapse: nothing can be drawn")
    perplexity = min(30.0, (len(features) - 1) / 3)
    x = features.double().numpy()
    embedded = TSNE(2, perplexity=perplexity, init="pca", random_state=seed).fit_transform(x - x.mean(axis=0))
    points = ([f"{x:.4g}" for x in point] for point in embedded.tolist())
    rows = [["clip", "label", "x", "y"]]
    rows += [[clip, label, *point] for clip, label, point in zip(clips, labels, points, strict=True)]
    caption = (
        f"Features of {len(features)} {what} by t-SNE (perplexity {perplexity:.0f}). Neighbours are neighbours; "
        "distances between groups and their sizes mean nothing."
    )
    return RunFigure.from_matplotlib("features", caption, _figure(embedded, labels), rows)


def _figure(embedded: np.ndarray, labels: list[str]) -> Figure:
    classes = sorted(set(labels))
    figure = Figure(figsize=(8.5, 6), layout="constrained")
    axes = figure.add_subplot()
    label = np.array(labels)
    for i, name in enumerate(classes):
        colour = colormaps["tab20" if len(classes) > 10 else "tab10"](i % 20) if name else "0.75"
        points = embedded[label == name]
        marker = _MARKERS[i // 20 % len(_MARKERS)]
        text = legend_label(name or "no single label", 28)
        axes.scatter(points[:, 0], points[:, 1], s=11, color=colour, marker=marker, linewidths=0, label=text)
    axes.set_axis_off()
    axes.set_aspect("equal", adjustable="datalim")
    if len(classes) <= 60:
        axes.legend(fontsize=7, loc="upper left", bbox_to_anchor=(1.0, 1.0), ncols=1 + len(classes) // 31)
    return figure
