from __future__ import annotations

from skgraph.result_tables.columns import Column, columns_of
from tests.made_up_evaluations import KNN, LINEAR_MAMP, SEMI, made_up_result


def columns(*changes: dict) -> list[Column]:
    """The columns of made-up results, in the order of a table."""
    return sorted(
        {c for each in changes for c in columns_of(made_up_result(**each))}, key=lambda column: column.sort_key
    )


def test_headers_say_what_is_not_the_recipes_own():
    changes = [
        LINEAR_MAMP,
        {**LINEAR_MAMP, "options": {"epochs": 5, "lr": 0.1}},
        {**KNN, "options": {"k": 5}},
        SEMI,
        {**SEMI, "options": {"fraction": 0.1}},
        {"protocol": "transfer", "recipe": "mamp", "options": {}, "config__dataset__name": "ntu120"},
        {"protocol": "finetune", "recipe": "mamp", "options": {"train_crop": [0.7, 1.0]}},
        {"protocol": "own", "recipe": None, "options": {"seed": 3}},
    ]
    assert [column.header for column in columns(*changes)] == [
        "linear mamp",
        "linear mamp, epochs 5",
        "kNN, k 5",
        "fine-tune mamp, train_crop 0.7-1",
        "semi mamp 1 %",
        "semi mamp 10 %",
        "transfer mamp from ntu120",
        "own",
    ]


def test_options_that_are_the_files_own_are_no_other_column():
    (column,) = columns({"options": {}}, {"seed": 1})
    assert column == Column("linear", "exact", "{}") and column.header == "linear exact"


def test_the_best_epoch_has_a_column_of_its_own():
    best = {"epoch": 90, "top1": 81.5, "chosen_on": "test"}
    held_out = {"epoch": 80, "top1": 80.5, "chosen_on": "validation"}
    assert [column.header for column in columns({**LINEAR_MAMP, "best": best}, {**SEMI, "best": [held_out] * 2})] == [
        "linear mamp",
        "linear mamp, best epoch on the test clips",
        "semi mamp 1 %",
        "semi mamp 1 %, best epoch on held-out people",
    ]


def test_a_protocol_is_no_path():
    assert columns({"protocol": "../evaluate", "options": {"run": None}})[0].options == '{"run": null}'
