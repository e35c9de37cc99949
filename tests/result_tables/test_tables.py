from __future__ import annotations

import pytest

from skgraph.evaluation.ensemble.fusion import fuse_results, save_ensemble
from skgraph.result_tables.collection import collect
from skgraph.result_tables.published import read_published
from skgraph.result_tables.tables import Table, arrange_results
from tests.made_up_evaluations import KNN, LINEAR_MAMP, SEMI, made_up_result, made_up_results

PUBLISHED = read_published()


def rows_of(table: Table) -> list[dict[str, str]]:
    """The table's own rows, by header."""
    return [dict(zip(table.header, row, strict=True)) for row in table.rows]


def test_one_run_by_several_protocols_is_one_row():
    (table,) = arrange_results(made_up_results({"run": "a"}, {"run": "a", **KNN}, {"run": "a", **LINEAR_MAMP}), [])
    assert table.title == "ntu60, split xsub" and table.conditions.startswith("400 training clips, 40 test clips; ")
    assert "bodies: present; crop: the protocol's own; content 0123456789ab" in table.conditions
    assert rows_of(table) == [
        {
            "Method": "S-JEPA",
            "Encoder": "TransformerEncoder",
            "Stream": "joint",
            "Run": "a",
            "Seed": "0",
            "Step": "100",
            "Date": "2026-05-01",
            "linear exact": "80.0 (50.0)",
            "linear mamp": "80.0 (50.0)",
            "kNN": "80.0 (50.0)",
        }
    ]


def test_seeds_are_a_mean_with_their_deviation_and_number():
    changes = [
        {
            "run": f"a_seed{s}",
            "seed": s,
            "config__seed": s,
            "config__name": f"a_seed{s}",
            "top1": top1,
            "random_init__top1": 50.0 + s,
            "config__normalise__scale": 0.3 + s,
            "date": f"2026-05-0{s + 1}",
        }
        for s, top1 in enumerate((80.0, 82.0, 84.0))
    ]
    (table,) = arrange_results(made_up_results(*changes, {"run": "a_seed1", "seed": 1, "config__seed": 1, **KNN}), [])
    (row,) = rows_of(table)
    assert row["linear exact"] == "82.0 ± 2.0 (51.0 ± 1.0), n 3" and row["kNN"] == "80.0 (50.0)"
    assert row["Seed"] == "0, 1, 2" and row["Run"] == "a_seed*" and row["Date"] == "2026-05-03"


def test_the_same_seed_twice_is_no_mean():
    (table,) = arrange_results(
        made_up_results({"run": "a"}, {"run": "b", "config__name": "b"}, {"run": "b", **KNN}), []
    )
    assert [(row["Run"], row["linear exact"], row["kNN"]) for row in rows_of(table)] == [
        ("a", "80.0 (50.0)", ""),
        ("b", "80.0 (50.0)", "80.0 (50.0)"),
    ]
    assert any("where a seed occurs twice" in note for note in table.notes)


def test_a_result_may_lie_in_the_current_folder():
    paths = ("result.json", "b/result.json")
    (table,) = arrange_results([made_up_result(path) for path in paths], [])
    assert [row["linear exact"] for row in rows_of(table)] == ["80.0 (50.0)"] * 2


@pytest.mark.parametrize(
    "other",
    [
        {"config__trainer__lr": 0.1},
        {"config__frames": 120},
        {"config__normalise__center": "frame"},
        {"step": 50},
        {"stream": "bone"},
        {"objective": "skgraph.objectives.GFP"},
        {"encoder": "skgraph.encoders.STGCNEncoder"},
        {"pretrained_on__content_hash": "another"},
    ],
)
def test_other_methods_have_other_rows(other):
    (table,) = arrange_results(made_up_results({"run": "a"}, {"run": "b", "seed": 1, **other}), [])
    assert len(table.rows) == 2


@pytest.mark.parametrize(
    "other",
    [
        {"dataset__content_hash": "fedcba9876543210"},
        {"dataset__preprocessing": "cm to m"},
        {"bodies": "padded"},
        {"crop": 0.95},
        {"crops": 10},
        {"validation": 0.2},
        {"joint_map": "auto"},
    ],
)
def test_other_evaluations_have_other_tables(other):
    made = arrange_results(made_up_results({"run": "a"}, {"run": "b", "seed": 1, **other}), [])
    assert [table.title for table in made] == ["ntu60, split xsub"] * 2 and all(len(t.rows) == 1 for t in made)
    (key,) = (key.removeprefix("dataset__") for key in other)
    assert all(f"which differ in {key}" in table.notes[1] for table in made)
    assert made[0].conditions != made[1].conditions or key == "validation"


def test_a_table_for_each_dataset_and_split():
    made = arrange_results(
        made_up_results({"run": "a"}, {"run": "a", "dataset__split": "xview"}, {"run": "a", "dataset__name": "mine"}),
        PUBLISHED,
    )
    assert [table.title for table in made] == ["mine, split xsub", "ntu60, split xsub", "ntu60, split xview"]
    assert made[0].published == [] and made[1].published and made[2].published
    assert not any("apart from other results" in note for table in made for note in table.notes)


def test_names_of_methods():
    changes = [
        {"run": "a", "objective": "skgraph.objectives.GFP"},
        {"run": "b", "objective": "skgraph.objectives.MaskedRegression", "config__objective": {"target": "motion"}},
        {"run": "c", "objective": "skgraph.objectives.MaskedRegression", "config__objective": {"target": "joint"}},
        {"run": "d", "objective": "custom_objective.PredictSpeed"},
        {"run": "e", "pretrained_on__content_hash": "x", "config__dataset__name": "ntu120"},
        {"run": "f", "encoder": "skgraph.encoders.PyGEncoder", "config__encoder": {"conv": "GATv2Conv"}},
    ]
    (table,) = arrange_results(made_up_results(*changes), [])
    assert [row["Method"] for row in sorted(rows_of(table), key=lambda row: row["Run"])] == [
        "GFP",
        "MAMP",
        "SkeletonMAE",
        "PredictSpeed",
        "S-JEPA, pre-trained on ntu120",
        "S-JEPA",
    ]
    assert "PyGEncoder GATv2Conv" in {row["Encoder"] for row in rows_of(table)}


def test_the_best_epoch_has_a_column_of_its_own():
    best = {"epoch": 90, "top1": 81.5, "chosen_on": "test"}
    held = {"epoch": 80, "top1": 80.5, "chosen_on": "validation"}
    (table,) = arrange_results(made_up_results({"run": "a", **LINEAR_MAMP, "best": best}), PUBLISHED)
    assert table.header[7:] == ["linear mamp", "linear mamp, best epoch on the test clips"]
    assert table.rows[0][7:] == ["80.0 (50.0)", "81.5"] and all(row[8] == "" for row in table.published)
    (table,) = arrange_results(made_up_results({"run": "a", **SEMI, "best": [held, held]}), [])
    assert table.header[8] == "semi mamp 1 %, best epoch on held-out people" and table.rows[0][8] == "80.5"


def test_labelled_subsets_have_a_deviation():
    figures = {"top1": 68.0, "top1_std": 1.25, "top1_seeds": [67, 68, 69, 68, 68]}
    semi = {"run": "a", **SEMI, **figures}
    (table,) = arrange_results(made_up_results({**semi, "random_init": figures | {"top1": 30.0}}), [])
    assert table.rows[0][7] == "68.0 ± 1.2 (30.0 ± 1.2), n 5"
    (table,) = arrange_results(made_up_results({**semi, "top1_std": None, "random_init": None}), [])
    assert table.rows[0][7] == "68.0"
    changes = [{"run": str(s), "seed": s, **SEMI, **figures, "top1": 68.0 + s} for s in range(2)]
    (table,) = arrange_results(made_up_results(*changes), [])
    assert table.rows[0][7] == "68.5 ± 0.7 (50.0 ± 0.0), n 2"


def test_a_detection_is_not_called_top1():
    changes = {
        "run": "a",
        "protocol": "detection",
        "recipe": None,
        "options": {},
        "map_at_0.5": 33.3,
        "random_init": None,
    }
    (table,) = arrange_results(made_up_results(changes), PUBLISHED)
    assert table.header[7:] == ["detection"] and table.rows[0][7] == "33.3" and table.published == []
    assert "detection: mAP (%) at an overlap of 0.5" in table.notes


def test_a_stream_of_ones_own():
    (table,) = arrange_results(made_up_results({"run": "a", "stream": None}), [])
    assert rows_of(table)[0]["Stream"] == "custom"


def test_an_ensemble_has_three_stream_rows_beneath(tmp_path, folders):
    save_ensemble(fuse_results(folders, "aimclr"), tmp_path / "ensemble" / "x")
    save_ensemble(fuse_results(folders[:2], [3, 1]), tmp_path / "ensemble" / "y")
    found, warnings = collect([tmp_path])
    (table,) = arrange_results(found, PUBLISHED)
    streams = [row["Stream"] for row in rows_of(table)]
    assert warnings == [] and streams == [
        "bone",
        "joint",
        "joint + bone (3.0, 1.0)",
        "joint + bone + motion (aimclr)",
        "motion",
    ]
    assert rows_of(table)[3]["Run"] == "joint + bone + motion" and rows_of(table)[3]["Method"] == "S-JEPA"
    assert ["3s-USDRL (DSTE) (AAAI 2025)", "", "joint + bone + motion"] in [row[:3] for row in table.published]
    found, _ = collect([tmp_path / "ensemble" / "x"])
    (alone,) = arrange_results(found, PUBLISHED)
    assert alone.published and all(row[0].startswith("3s-") for row in alone.published)
    found, _ = collect([tmp_path / "ensemble" / "y"])
    assert arrange_results(found, PUBLISHED)[0].published == []  # nobody publishes two streams
