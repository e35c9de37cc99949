from __future__ import annotations

import base64
import re
import warnings
from html.parser import HTMLParser
from xml.etree import ElementTree

import numpy as np
import pytest

from skgraph.data import SkeletonStore, StoreWriter
from skgraph.inspection.page import survey_page
from skgraph.inspection.problems import find_problems
from skgraph.inspection.survey import survey_store
from skgraph.topology import Topology
from tests.made_up_people import people, person, write

NASTY = "<script>alert(1)</script>\"'&$x_{$ \x1b[0m\ud800 漢"


class Elements(HTMLParser):
    """Collects the elements of a page and their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))


@pytest.fixture(scope="module")
def text(tmp_path_factory) -> str:
    """The page of a store with every kind of problem, whose names are nasty."""
    clips = {f"{NASTY}{name}": joints for name, joints in people(10, frames=60).items()}
    names = list(clips)
    clips[names[7]], clips[names[8]] = clips[names[0]].copy(), clips[names[1]].round(3)
    clips[names[3]][0, 7:, 7] += np.float32([0.6, 0, 0])
    clips[names[4]][0, 10:50, 3] = clips[names[4]][0, 10, 3]
    clips[names[5]][0, :4, 9] = 0
    clips[f"{NASTY}two"] = np.concatenate([person(30), person(31)])
    mask = np.ones((2, 40), bool)
    mask[1, 20:25] = False
    confidence = {name: np.full((*joints.shape[:3],), 0.1) for name, joints in clips.items()}
    store = write(
        tmp_path_factory.mktemp("page") / "s",
        clips,
        {f"{NASTY}two": mask},
        confidence,
        class_names=[NASTY, f"{NASTY}2", f"{NASTY}3"],
    )
    made = survey_store(store)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return survey_page(made, NASTY, find_problems(made))


def test_names_are_harmless(text):
    elements = Elements(text).found
    assert {tag for tag, _ in elements} <= {
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "h1",
        "h2",
        "p",
        "ul",
        "li",
        "b",
        "div",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "figure",
        "figcaption",
        "img",
    }
    assert "<script" not in text and "&lt;script&gt;alert(1)" in text and "\x1b" not in text
    text.encode("utf-8")  # no half of a surrogate pair


def test_the_page_needs_nothing_else(text):
    for tag, attributes in Elements(text).found:
        assert not any(name.startswith("on") or name in ("href", "srcset") for name in attributes)
        if tag == "img":
            assert attributes["src"].startswith("data:image/svg+xml;base64,") and attributes["alt"]
    assert "default-src 'none'" in text


def test_drawings(text):
    images = [base64.b64decode(data) for data in re.findall(r"base64,([^\"]+)", text)]
    assert len(images) == 8  # poses, jumps, lengths, classes, sizes, bones, jumps of joints, missing joints
    for image in images:
        assert {node.tag.split("}")[1] for node in ElementTree.fromstring(image).iter()}.isdisjoint({"script", "image"})


def test_the_same_survey_makes_the_same_page(tmp_path):
    made = survey_store(write(tmp_path / "s", people()))
    first = survey_page(made, "s", find_problems(made))
    assert first == survey_page(made, "s", find_problems(made)) and "No problem was found" in first


def test_nobody_two_dimensions_and_many_classes(tmp_path):
    topology = Topology.load("coco_17")
    with StoreWriter(tmp_path / "s", topology, [f"class {i}" for i in range(70)], units="px") as writer:
        for i in range(3):
            writer.add(np.random.default_rng(i).uniform(0, 100, (1, 9, 17, 2)), y=i, name=f"c{i}")
    made = survey_store(SkeletonStore.open(tmp_path / "s"))
    assert "unit px" in survey_page(made, "flat", find_problems(made))
    np.save(tmp_path / "s" / "present.npy", np.zeros(27, bool))
    empty = survey_store(SkeletonStore.open(tmp_path / "s"))
    assert "nobody is present" in survey_page(empty, "empty", find_problems(empty))
