"""Features in two dimensions, by t-SNE."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree

import numpy as np
from matplotlib import colormaps
from matplotlib.figure import Figure
from torch import Tensor

from skgraph._internal.html_page import svg
from skgraph._internal.text import legend_label, plain
from skgraph.errors import ConfigError, DataError
from skgraph.run_page.figure import RunFigure

MOST_CLIPS = 2000  # more would hide each other
_MARKERS = "os^vDPX*<>hd"
_SVG = "http://www.w3.org/2000/svg"


def feature_map(
    features: Tensor,
    labels: list[str],
    clips: list[str],
    what: str = "clips",
    seed: int = 0,
    random_init: Tensor | None = None,
) -> RunFigure:
    """Draw features by t-SNE (van der Maaten and Hinton, JMLR 2008), which keeps neighbours together.

    Distances between groups, their sizes and accuracies cannot be read from it. A point shows its name under the
    pointer.

    Args:
        features: ``[n, D]``, at least 4 rows.
        labels: label of each row, or ``""``.
        clips: name of each row.
        what: noun for the rows, in the caption.
        seed: seed of t-SNE.
        random_init: features ``[n, D]`` of a random encoder, drawn beside the others.

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

    def embedded(features: Tensor) -> np.ndarray:
        x = features.double().numpy()
        return TSNE(2, perplexity=perplexity, init="pca", random_state=seed).fit_transform(x - x.mean(axis=0))

    maps, columns = {"": embedded(features)}, ["x", "y"]
    if random_init is not None:
        maps = {"trained": maps[""], "random init": embedded(random_init)}
        columns += ["random_init_x", "random_init_y"]
    points = ([f"{x:.4g}" for x in point] for point in np.concatenate(list(maps.values()), axis=1).tolist())
    rows = [["clip", "label", *columns]]
    rows += [[clip, label, *point] for clip, label, point in zip(clips, labels, points, strict=True)]
    caption = (
        f"Features of {len(features)} {what} by t-SNE (perplexity {perplexity:.0f}). Neighbours are neighbours; "
        "distances between groups and their sizes mean nothing."
    )
    drawing = svg(_figure(list(maps.items()), labels))
    titles = [f"{clip}, {label}" if label else clip for clip, label in zip(clips, labels, strict=True)]
    groups = {_group(i): [titles[row] for row in rows] for i, (_, rows) in enumerate(_classes(labels))}
    return RunFigure("features", caption, _titled(drawing, groups), "svg", rows, titled=True)


def _figure(maps: Sequence[tuple[str, np.ndarray]], labels: list[str]) -> Figure:
    classes = _classes(labels)
    figure = Figure(figsize=(5.5 * len(maps) + 2, 5), layout="constrained")
    for axes, (title, points) in zip(figure.subplots(1, len(maps), squeeze=False)[0], maps, strict=True):
        for i, (name, rows) in enumerate(classes):
            colour = colormaps["tab20" if len(classes) > 10 else "tab10"](i % 20) if name else "0.5"
            marker = _MARKERS[i // 20 % len(_MARKERS)]
            text = legend_label(name or "no single label", 28)
            dots = axes.scatter(*points[rows].T, s=11, color=colour, marker=marker, linewidths=0, label=text)
            dots.set_gid(_group(i))
        axes.set_title(title, fontsize=9)
        axes.set_axis_off()
        axes.set_aspect("equal", adjustable="datalim")
    if len(classes) <= 60:
        axes.legend(fontsize=7, loc="upper left", bbox_to_anchor=(1.0, 1.0), ncols=1 + len(classes) // 31)
    return figure


def _classes(labels: list[str]) -> list[tuple[str, np.ndarray]]:
    """Return each class with the rows of its points."""
    label = np.array(labels)
    return [(name, np.flatnonzero(label == name)) for name in sorted(set(labels))]


def _group(i: int) -> str:
    """Return the id of the points of a class, one group in each panel."""
    return f"class{i}"


def _titled(content: bytes, titles: dict[str, list[str]]) -> bytes:
    """Give points of an SVG, by the id of their group, titles that a browser shows under the pointer."""
    ElementTree.register_namespace("", _SVG)
    ElementTree.register_namespace("xlink", "http://www.w3.org/1999/xlink")
    root = ElementTree.fromstring(content)
    for group in root.iter(f"{{{_SVG}}}g"):
        if (texts := titles.get(group.get("id", ""))) is not None:
            for point, text in zip(group.iter(f"{{{_SVG}}}use"), texts, strict=True):
                ElementTree.SubElement(point, f"{{{_SVG}}}title").text = plain(text)
    return ElementTree.tostring(root)
