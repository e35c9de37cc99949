from __future__ import annotations

from collections import Counter
from dataclasses import fields, replace

import pytest
import yaml

from skgraph.errors import DataError
from skgraph.result_tables.published import PROTOCOLS, SPLITS, Published, read_published

PUBLISHED = read_published()


def find(method: str, dataset: str, split: str, protocol: str = "linear", **more) -> list[float]:
    wanted = {"stream": "joint", "fraction": None, "pretrained_on": None} | more
    return [
        entry.top1
        for entry in PUBLISHED
        if (entry.method, entry.dataset, entry.split, entry.protocol) == (method, dataset, split, protocol)
        and not entry.doubtful
        and all(getattr(entry, key) == value for key, value in wanted.items())
    ]


def test_every_number_is_of_something_known_and_has_a_source():
    assert len(PUBLISHED) > 300
    for entry in PUBLISHED:
        assert entry.split in SPLITS[entry.dataset] and entry.protocol in PROTOCOLS and entry.method
        assert 0 < entry.top1 <= 100 and entry.stream in ("joint", "three")
        assert entry.sources and all(len(source) > 3 for source in entry.sources)
        assert (entry.fraction is not None) == (entry.protocol == "semi")
        assert (entry.pretrained_on is not None) == (entry.protocol == "transfer")


def test_a_number_stands_there_once_and_a_source_says_one_number():
    keys = Counter(replace(entry, sources=(), caveats=()) for entry in PUBLISHED)
    assert keys.most_common(1)[0][1] == 1
    # But for the numbers that DiMoP's authors measured again and those that they copied.
    again = [entry for entry in PUBLISHED if not any("again" in caveat for caveat in entry.caveats)]
    said = Counter(
        (replace(entry, top1=0.0, sources=(), caveats=()), source) for entry in again for source in entry.sources
    )
    assert said.most_common(1)[0][1] == 1


@pytest.mark.parametrize(
    ("numbers", "where"),
    [
        ([85.9], ("GFP", "ntu60", "xsub")),
        ([92.0], ("GFP", "ntu60", "xview")),
        ([56.2], ("GFP", "pku2", "xsub")),
        ([85.3], ("S-JEPA", "ntu60", "xsub")),
        ([79.9], ("S-JEPA", "ntu120", "xset")),
        ([92.2], ("S-JEPA", "pku1", "xsub")),
        ([84.9, 85.0], ("MAMP", "ntu60", "xsub")),
        ([85.2, 78.6], ("ISC", "ntu60", "xview")),
        ([], ("SLiM", "ntu120", "xsub")),
        ([], ("AMR", "ntu60", "xsub")),
        ([97.6], ("S-JEPA", "ntu60", "xview", "finetune")),
        ([93.1, 93.0], ("MAMP", "ntu60", "xsub", "finetune")),
        ([70.9], ("GFP", "ntu60", "xsub", "retrieval")),
        ([70.0], ("MAMP", "ntu60", "xview", "retrieval")),
        ([67.6], ("STARS", "ntu120", "xsub", "knn")),
    ],
)
def test_numbers_of_one_stream(numbers, where):
    assert find(*where) == numbers


def test_numbers_of_three_streams():
    assert find("3s-USDRL (DSTE)", "ntu60", "xsub", stream="three") == [87.1]
    assert find("3s-HiCLR", "ntu120", "xsub", stream="three") == [70.0, 68.2]
    assert find("3s-AimCLR", "ntu60", "xview", stream="three") == [83.8, 84.02]


def test_numbers_of_few_labels_and_of_transfer():
    assert find("GFP", "ntu60", "xsub", "semi", fraction=0.01) == [71.8]
    assert find("GFP", "ntu60", "xview", "semi", fraction=0.1) == [92.1]
    assert find("ASSL", "ntu60", "xsub", "semi", fraction=0.01) == []
    assert find("MacDiff", "ntu60", "xview", "semi", fraction=0.01) == [77.3, 70.9]
    assert find("S-JEPA", "pku2", "xsub", "transfer", pretrained_on="ntu120") == [74.2]


def test_equal_numbers_of_several_tables_are_one_with_all_sources():
    (entry,) = (e for e in PUBLISHED if (e.method, e.top1, e.protocol) == ("S-JEPA", 85.3, "linear"))
    assert entry.sources == (
        "a community table",
        "DiMoP (2026), tables",
        "SLiM (arXiv, March 2026), table",
        "GFP (ICCV 2025), Table 1",
    )
    (mamp,) = (e for e in PUBLISHED if (e.method, e.top1, e.protocol) == ("MAMP", 84.9, "linear"))
    assert mamp.caveats == ("best epoch on the test set",) and len(mamp.sources) == 4


def test_the_overview_is_doubtful():
    doubtful = [entry for entry in PUBLISHED if entry.doubtful]
    assert {entry.sources for entry in doubtful} == {("an overview page about S-JEPA",)}
    assert [e.top1 for e in doubtful if (e.method, e.dataset, e.protocol) == ("S-JEPA", "ntu60", "linear")] == [
        77.2,
        84.6,
    ]


def test_an_entry_is_plain():
    assert [field.name for field in fields(Published)][:4] == ["dataset", "split", "protocol", "stream"]


GOOD = {
    "sources": {"X": {"name": "some table"}},
    "caveats": {"odd": "is odd"},
    "groups": [
        {
            "protocol": "linear",
            "stream": "joint",
            "columns": ["ntu60 xsub", "ntu60 xview"],
            "rows": [{"method": "A", "venue": "B 2024", "top1": [50.0, None], "sources": ["X"], "caveat": "odd"}],
        }
    ],
}


def test_a_file_of_ones_own(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump(GOOD))
    assert read_published(path) == [
        Published("ntu60", "xsub", "linear", "joint", "A", "B 2024", 50.0, ("some table",), caveats=("is odd",))
    ]


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (("groups", 0, "protocol"), "linaer", "group 1: expected a protocol of linear, .*found linaer"),
        (("groups", 0, "stream"), "bone", "stream joint or three, found bone"),
        (("groups", 0, "columns"), ["ntu60 xset", "ntu60 xsub"], "a column such as 'ntu60 xsub', found ntu60 xset"),
        (("groups", 0, "columns"), ["ntu60 xsub"], "1 values of A, found"),
        (("groups", 0, "fraction"), 0.1, "a fraction for semi only"),
        (("groups", 0, "pretrained_on"), "ntu60", "pretrained_on for transfer only"),
        (("groups", 0, "colour"), "red", "a mapping of columns"),
        (("groups", 0, "rows", 0, "top1"), [101.0, None], "a per cent of A, found 101.0"),
        (("groups", 0, "rows", 0, "top1"), ["?", None], "a per cent of A, found ?"),
        (("groups", 0, "rows", 0, "sources"), ["Y"], "sources of A among X, found"),
        (("groups", 0, "rows", 0, "sources"), [], "sources of A among X, found"),
        (("groups", 0, "rows", 0, "caveat"), "even", "a caveat of A among odd, found even"),
        (("groups", 0, "rows", 0, "method"), "", "a method, found"),
        (("groups", 0, "rows"), GOOD["groups"][0]["rows"] * 2, "A 50.0 of some table is there already"),
        (("sources",), None, "must hold mappings of sources and caveats, and a list of groups"),
        (("sources", "X"), {"title": "some table"}, "source X must have a name"),
    ],
)
def test_what_does_not_fit_is_named(tmp_path, place, value, message):
    content = yaml.safe_load(yaml.safe_dump(GOOD))
    *path, last = place
    inner = content
    for key in path:
        inner = inner[key]
    inner[last] = value
    if value is None:
        del inner[last]
    file = tmp_path / "mine.yaml"
    file.write_text(yaml.safe_dump(content))
    with pytest.raises(DataError, match=message):
        read_published(file)


@pytest.mark.parametrize("text", ["[", "- a", ""])
def test_a_file_that_is_something_else(tmp_path, text):
    (tmp_path / "x.yaml").write_text(text)
    with pytest.raises(DataError, match="published accuracies '.*x.yaml'"):
        read_published(tmp_path / "x.yaml")
