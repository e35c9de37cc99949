"""Published rows, as they stand in tables."""

from __future__ import annotations

from skgraph.result_tables.published import read_published
from skgraph.result_tables.tables import Table, tables
from tests.made_up_evaluations import KNN, SEMI, made_up_results

PUBLISHED = read_published()


def published_of(table: Table, method: str) -> list[dict[str, str]]:
    return [dict(zip(table.header, row, strict=True)) for row in table.published if row[0] == method]


def test_published_rows_are_of_the_tables_own_protocols():
    (table,) = tables(made_up_results({"run": "a"}), PUBLISHED)
    assert [row["linear exact"].split(" [")[0] for row in published_of(table, "GFP (ICCV 2025)")] == ["85.9"]
    assert [row["linear exact"].split(" [")[0] for row in published_of(table, "MAMP (ICCV 2023)")] == ["84.9", "85.0"]
    assert all(row[3] == "published" and row[2] == "joint" and row[7] for row in table.published)
    assert not published_of(table, "LongT GAN (AAAI 2018)")  # its retrieval only is known
    (table,) = tables(made_up_results({"run": "a", **KNN}), PUBLISHED)
    assert [row["kNN"].split(" [")[0] for row in published_of(table, "UmURL (MM 2023)")] == ["72.0", "71.3"]
    assert any("nearest neighbour by cosine" in note for note in table.notes)
    (table,) = tables(made_up_results({"run": "a", **KNN, "options": {"k": 20}}), PUBLISHED)
    assert table.published == []


def test_published_numbers_name_their_sources_and_caveats():
    (table,) = tables(made_up_results({"run": "a"}), PUBLISHED)
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
    (table,) = tables(made_up_results(*changes), PUBLISHED)
    (row,) = published_of(table, "GFP (ICCV 2025)")
    assert [row[f"semi mamp {share} %"].split(" [")[0] for share in (1, 5, 10)] == ["71.8", "", "88.7"]
    transfer = {"protocol": "transfer", "recipe": "mamp", "options": {}, "dataset__name": "pku2"}
    (table,) = tables(made_up_results({"run": "a", **transfer, "config__dataset__name": "ntu120"}), PUBLISHED)
    assert published_of(table, "S-JEPA (ECCV 2024)")[0]["transfer mamp from ntu120"].startswith("74.2 [")


def test_a_doubtful_number_is_shown_when_somebody_asks():
    (table,) = tables(made_up_results({"run": "a"}), PUBLISHED)
    assert len(published_of(table, "S-JEPA (ECCV 2024)")) == 1
    assert table.notes[-1] == "7 doubtful published numbers are left out; doubtful=true shows them"
    (table,) = tables(made_up_results({"run": "a"}), PUBLISHED, doubtful=True)
    second = published_of(table, "S-JEPA (ECCV 2024)")[1]["linear exact"]
    mark = second.removesuffix("]").rpartition(", ")[2]
    assert second.startswith("77.2 [") and any(note.startswith(f"[{mark}] second hand") for note in table.notes)
