"""Every page: its commands and its Python run, and its links lead somewhere."""

from __future__ import annotations

import sys

import pytest

from tests.documents import NOT_RUN, ROOT, blocks, broken_links, check_composes, follow, of_skgraph, why_not_run

PAGES = sorted((ROOT / "docs").rglob("*.md"))
# Followed from the first block to the last. docs/your_data.md is followed section by section, in test_your_data.py.
FOLLOWED = [
    "quick_start",
    "skeleton_graph",
    "pyg",
    "objectives",
    "recipes",
    "protocols",
    "extending",
    "any_skeleton",
    "python",
    "faq",
]
NOT_FOLLOWED = {path.stem for path in PAGES} - set(FOLLOWED) - {"your_data"}


@pytest.mark.parametrize("page", FOLLOWED)
def test_the_page_can_be_followed(page, folder):
    modules = set(sys.modules)
    done = list(follow(blocks(ROOT / "docs" / f"{page}.md")))
    assert sum(ran for _, ran in done) > len(done) / 2
    for name in set(sys.modules) - modules:
        if name.startswith("my_"):
            del sys.modules[name]


@pytest.mark.parametrize("page", sorted(NOT_FOLLOWED))
def test_what_is_not_run_has_a_reason_and_composes(page):
    for path in (path for path in PAGES if path.stem == page):
        for words in (words for block in blocks(path) for words in block.lines):
            assert why_not_run(words), f"run it, or say in NOT_RUN why not: {' '.join(words)}"
            if command := of_skgraph(words):
                check_composes(command[0], command[1:])


def test_every_reason_is_needed():
    lines = [words for path in PAGES for block in blocks(path) for words in block.lines]
    assert {why_not_run(words) for words in lines} - {None} == set(NOT_RUN)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT / "docs").as_posix())
def test_links_lead_somewhere(path):
    assert broken_links(path) == []
