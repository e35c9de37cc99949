from __future__ import annotations

import sys
from xml.etree import ElementTree

import numpy as np
import pytest
import torch

from skgraph.errors import ConfigError, DataError
from skgraph.run_page.feature_map import feature_map


def groups(n=40):
    torch.manual_seed(0)
    label = torch.arange(n) % 2
    x = torch.randn(n, 8) + 20 * label[:, None]
    return x, ["<wave>" if i else "" for i in label.tolist()], [f"c{i}" for i in range(n)]


def test_what_is_near_is_near_on_the_plane():
    x, labels, clips = groups()
    drawing = feature_map(x, labels, clips, "test clips")
    assert drawing.rows[0] == ["clip", "label", "x", "y"] and [row[0] for row in drawing.rows[1:]] == clips
    places = np.array([[float(value) for value in row[2:]] for row in drawing.rows[1:]])
    distance = np.linalg.norm(places[:, None] - places[None], axis=-1) + np.diag(np.full(len(places), np.inf))
    assert all(labels[i] == labels[j] for i, j in enumerate(distance.argmin(axis=1)))
    assert drawing.caption.startswith("Features of 40 test clips by t-SNE (perplexity 13).")


def points(drawing):
    """Titles of the points of a map."""
    root = ElementTree.fromstring(drawing.content)
    svg = "{http://www.w3.org/2000/svg}"
    return [title.text for use in root.iter(f"{svg}use") for title in use.iter(f"{svg}title")]


def test_points_have_the_names_of_their_clips():
    x, labels, clips = groups(12)
    drawing = feature_map(x, labels, ["<c0>", "c\ud800", *clips[2:]])
    names = ["<c0>", *clips[2::2], *(f"{name}, <wave>" for name in ("c\\ud800", *clips[3::2]))]
    assert drawing.titled and points(drawing) == names and b"<!DOCTYPE" not in drawing.content


def test_random_init_stands_beside():
    x, labels, clips = groups(12)
    alone, both = feature_map(x, labels, clips), feature_map(x, labels, clips, random_init=torch.randn(12, 8))
    assert both.rows[0] == ["clip", "label", "x", "y", "random_init_x", "random_init_y"]
    assert [row[:4] for row in both.rows] == alone.rows and len(points(both)) == 2 * len(points(alone)) == 24
    assert all(f"<!-- {title} -->".encode() not in alone.content for title in ("trained", "random init"))


def test_the_same_seed_makes_the_same_picture():
    assert feature_map(*groups(12)).content == feature_map(*groups(12)).content


def test_many_classes():
    x, _, clips = groups(90)
    assert feature_map(x, [f"class {i}" for i in range(90)], clips).rows[1][1] == "class 0"


def test_a_collapse_is_said():
    _, labels, clips = groups()
    with pytest.raises(DataError, match="the features of 40 test clips are all the same, a collapse"):
        feature_map(torch.full((40, 8), 0.3), labels, clips, "test clips")


def test_too_few():
    with pytest.raises(DataError, match="t-SNE needs at least 4 clips, found 3"):
        feature_map(*(part[:3] for part in groups()))


def test_without_scikit_learn(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.manifold", None)
    with pytest.raises(ConfigError, match=r"t-SNE needs scikit-learn: pip install 'skgraph\[figures\]'"):
        feature_map(*groups())
