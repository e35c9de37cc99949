from __future__ import annotations

from collections import Counter
from dataclasses import fields, replace
from pathlib import Path

import pytest
import yaml

from skgraph.result_tables import published
from skgraph.result_tables.published import Published, read_published
from skgraph.result_tables.tables import Table, arrange_results
from tests.made_up_evaluations import KNN, SEMI, made_up_results

PUBLISHED = read_published()
SPLITS = {"ntu60": ("xsub", "xview"), "ntu120": ("xsub", "xset"), "pku1": ("xsub",), "pku2": ("xsub",)}
PROTOCOLS = ("linear", "knn", "retrieval", "finetune", "semi", "transfer")


def find(method: str, dataset: str, split: str, protocol: str = "linear", **more) -> list[float]:
    wanted = {"stream": "joint", "fraction": None, "pretrained_on": None} | more
    return [
        entry.top1
        for entry in PUBLISHED
        if (entry.method, entry.dataset, entry.split, entry.protocol) == (method, dataset, split, protocol)
        and not entry.doubtful
        and all(getattr(entry, key) == value for key, value in wanted.items())
    ]


def test_the_file_has_only_known_keys():
    content = yaml.safe_load(Path(published.__file__).with_name("published.yaml").read_text(encoding="utf-8"))
    assert content.keys() == {"sources", "caveats", "groups"}
    assert all(source["name"] and source.keys() <= {"name", "doubtful"} for source in content["sources"].values())
    for group in content["groups"]:
        assert group.keys() <= {"protocol", "stream", "columns", "rows", "fraction", "pretrained_on"}
        for row in group["rows"]:
            assert row.keys() <= {"method", "venue", "top1", "sources", "caveat"} and row["sources"]


def test_every_number_is_of_something_known_and_has_a_source():
    assert len(PUBLISHED) > 300
    for entry in PUBLISHED:
        assert entry.split in SPLITS[entry.dataset] and entry.protocol in PROTOCOLS and entry.method
        assert 0 < entry.top1 <= 100 and entry.stream in ("joint", "three")
        assert entry.sources and all(len(source) > 3 for source in entry.sources)
        assert len(set(entry.sources)) == len(entry.sources)
        assert entry.fraction is None or 0 < entry.fraction <= 1
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


def published_of(table: Table, method: str) -> list[dict[str, str]]:
    return [dict(zip(table.header, row, strict=True)) for row in table.published if row[0] == method]


def test_published_rows_are_of_the_tables_own_protocols():
    (table,) = arrange_results(made_up_results({"run": "a"}), PUBLISHED)
    assert [row["linear exact"].split(" [")[0] for row in published_of(table, "GFP (ICCV 2025)")] == ["85.9"]
    assert [row["linear exact"].split(" [")[0] for row in published_of(table, "MAMP (ICCV 2023)")] == ["84.9", "85.0"]
    assert all(row[3] == "published" and row[2] == "joint" and row[7] for row in table.published)
    assert not published_of(table, "LongT GAN (AAAI 2018)")  # its retrieval only is known
    (table,) = arrange_results(made_up_results({"run": "a", **KNN}), PUBLISHED)
    assert [row["kNN"].split(" [")[0] for row in published_of(table, "UmURL (MM 2023)")] == ["72.0", "71.3"]
    assert any("nearest neighbour by cosine" in note for note in table.notes)
    (table,) = arrange_results(made_up_results({"run": "a", **KNN, "options": {"k": 20}}), PUBLISHED)
    assert table.published == []


def test_published_numbers_name_their_sources_and_caveats():
    (table,) = arrange_results(made_up_results({"run": "a"}), PUBLISHED)
    number, marks = published_of(table, "SCD-Net (AAAI 2024)")[0]["linear exact"].removesuffix("]").split(" [")
    notes = dict(note.removeprefix("[").split("] ", 1) for note in table.notes if note.startswith("["))
    assert number == "86.6" and [notes[mark] for mark in marks.split(", ")] == [
        "a community table",
        "FoundSkelModel (TPAMI 2025), table",
        "best epoch on the test set: 86.57 in its log, where the last is 86.46",
    ]


def test_published_numbers_by_share_of_labels_and_by_source():
    changes = [
        {"run": "a", **SEMI},
        {"run": "a", **SEMI, "options": {"fraction": 0.05}},
        {"run": "a", **SEMI, "options": {"fraction": 0.1}},
    ]
    (table,) = arrange_results(made_up_results(*changes), PUBLISHED)
    (row,) = published_of(table, "GFP (ICCV 2025)")
    assert [row[f"semi mamp {share} %"].split(" [")[0] for share in (1, 5, 10)] == ["71.8", "", "88.7"]
    transfer = {"protocol": "transfer", "recipe": "mamp", "options": {}, "dataset__name": "pku2"}
    (table,) = arrange_results(made_up_results({"run": "a", **transfer, "config__dataset__name": "ntu120"}), PUBLISHED)
    assert published_of(table, "S-JEPA (ECCV 2024)")[0]["transfer mamp from ntu120"].startswith("74.2 [")


def test_a_doubtful_number_is_shown_when_somebody_asks():
    (table,) = arrange_results(made_up_results({"run": "a"}), PUBLISHED)
    assert len(published_of(table, "S-JEPA (ECCV 2024)")) == 1
    assert table.notes[-1] == "7 doubtful published numbers are left out; doubtful=true shows them"
    (table,) = arrange_results(made_up_results({"run": "a"}), PUBLISHED, doubtful=True)
    second = published_of(table, "S-JEPA (ECCV 2024)")[1]["linear exact"]
    mark = second.removesuffix("]").rpartition(", ")[2]
    assert second.startswith("77.2 [") and any(note.startswith(f"[{mark}] second hand") for note in table.notes)
