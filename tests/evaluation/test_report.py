from __future__ import annotations

import html.parser
import json
import math
from pathlib import Path

import pytest

from skgraph.errors import ConfigError, DataError
from skgraph.evaluation.ensemble import ensemble, save_ensemble
from skgraph.evaluation.published import Published, read_published
from skgraph.evaluation.report import Result, Table, collect, render, tables
from tests.test_ensemble import made_up_card, write_evaluation

PUBLISHED = read_published()
LINEAR_MAMP = {"label": "linear_mamp", "recipe": "mamp", "options": {"epochs": 100, "lr": 0.1}}
KNN = {"protocol": "knn", "label": "knn", "recipe": None, "options": {"k": 1}}
SEMI = {"protocol": "semi", "label": "semi", "recipe": "mamp", "options": {"fraction": 0.01, "subsets": 5}}


def results(*cards: dict) -> list[Result]:
    """Cards as if they were read from ``runs/<run>/evaluation/<i>/result.json``."""
    return [
        Result(Path(f"runs/{card['run']}/evaluation/{i}/result.json"), made_up_card(**card))
        for i, card in enumerate(cards)
    ]


def columns(table: Table) -> list[dict[str, str]]:
    return [dict(zip(table.header, row, strict=True)) for row in table.rows]


def published_of(table: Table, method: str) -> list[dict[str, str]]:
    return [dict(zip(table.header, row, strict=True)) for row in table.published if row[0] == method]


def test_one_run_by_several_protocols_is_one_row():
    (table,) = tables(results({"run": "a"}, {"run": "a", **KNN}, {"run": "a", **LINEAR_MAMP}), [])
    assert table.title == "ntu60, split xsub" and table.facts.startswith("400 training clips, 40 test clips; ")
    assert "bodies: present; crop: the protocol's own; content 0123456789ab" in table.facts
    assert columns(table) == [
        {"Method": "S-JEPA", "Encoder": "TransformerEncoder", "Stream": "joint", "Run": "a", "Seed": "0", "Step": "100",
         "Date": "2026-05-01", "linear exact": "80.0 (50.0)", "linear mamp": "80.0 (50.0)", "kNN": "80.0 (50.0)"}
    ]  # fmt: skip


def test_seeds_are_a_mean_with_their_deviation_and_number():
    cards = [
        {"run": f"a_seed{s}", "seed": s, "config__seed": s, "config__name": f"a_seed{s}", "top1": top1,
         "random_init__top1": 50.0 + s, "config__normalise__scale": 0.3 + s, "date": f"2026-05-0{s + 1}"}
        for s, top1 in enumerate((80.0, 82.0, 84.0))
    ]  # fmt: skip
    (table,) = tables(results(*cards, {"run": "a_seed1", "seed": 1, "config__seed": 1, **KNN}), [])
    (row,) = columns(table)
    assert row["linear exact"] == "82.0 ± 2.0 (51.0 ± 1.0), n 3" and row["kNN"] == "80.0 (50.0)"
    assert row["Seed"] == "0, 1, 2" and row["Run"] == "a_seed*" and row["Date"] == "2026-05-03"


def test_the_same_seed_twice_is_no_mean():
    (table,) = tables(results({"run": "a"}, {"run": "b", "config__name": "b"}, {"run": "b", **KNN}), [])
    assert [(row["Run"], row["linear exact"], row["kNN"]) for row in columns(table)] == [
        ("a", "80.0 (50.0)", ""), ("b", "80.0 (50.0)", "80.0 (50.0)"),
    ]  # fmt: skip
    assert any("where a seed occurs twice" in note for note in table.notes)


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
    (table,) = tables(results({"run": "a"}, {"run": "b", "seed": 1, **other}), [])
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
    made = tables(results({"run": "a"}, {"run": "b", "seed": 1, **other}), [])
    assert [table.title for table in made] == ["ntu60, split xsub"] * 2 and all(len(t.rows) == 1 for t in made)
    (key,) = (key.removeprefix("dataset__") for key in other)
    assert all(f"which differ in {key}" in table.notes[1] for table in made)
    assert made[0].facts != made[1].facts or key == "validation"


def test_a_table_for_each_dataset_and_split():
    made = tables(
        results({"run": "a"}, {"run": "a", "dataset__split": "xview"}, {"run": "a", "dataset__name": "mine"}), PUBLISHED
    )
    assert [table.title for table in made] == ["mine, split xsub", "ntu60, split xsub", "ntu60, split xview"]
    assert made[0].published == [] and made[1].published and made[2].published
    assert not any("kept apart" in note for table in made for note in table.notes)


def test_names_of_methods():
    cards = [
        {"run": "a", "objective": "skgraph.objectives.GFP"},
        {"run": "b", "objective": "skgraph.objectives.MaskedRegression", "config__objective": {"target": "motion"}},
        {"run": "c", "objective": "skgraph.objectives.MaskedRegression", "config__objective": {"target": "joint"}},
        {"run": "d", "objective": "custom_objective.PredictSpeed"},
        {"run": "e", "pretrained_on__content_hash": "x", "config__dataset__name": "ntu120"},
        {"run": "f", "encoder": "skgraph.encoders.PyGEncoder", "config__encoder": {"conv": "GATv2Conv"}},
    ]
    (table,) = tables(results(*cards), [])
    assert [row["Method"] for row in sorted(columns(table), key=lambda row: row["Run"])] == [
        "GFP", "MAMP", "SkeletonMAE", "PredictSpeed", "S-JEPA, pre-trained on ntu120", "S-JEPA",
    ]  # fmt: skip
    assert "PyGEncoder GATv2Conv" in {row["Encoder"] for row in columns(table)}


def test_headers_say_what_is_not_the_recipes_own():
    cards = [
        {"run": "a", **LINEAR_MAMP},
        {"run": "a", **LINEAR_MAMP, "options": {"epochs": 5, "lr": 0.1}},
        {"run": "a", **KNN, "options": {"k": 5}},
        {"run": "a", **SEMI},
        {"run": "a", **SEMI, "options": {"fraction": 0.1}},
        {"run": "a", "protocol": "transfer", "recipe": "mamp", "options": {}, "config__dataset__name": "ntu120"},
        {"run": "a", "protocol": "finetune", "recipe": "mamp", "options": {"train_crop": [0.7, 1.0]}},
        {"run": "a", "protocol": "own", "recipe": None, "options": {"seed": 3}},
    ]
    (table,) = tables(results(*cards), [])
    assert table.header[7:] == [
        "linear mamp", "linear mamp, epochs 5", "kNN, k 5", "fine-tune mamp, train_crop 0.7-1", "semi mamp 1 %",
        "semi mamp 10 %", "transfer mamp from ntu120", "own",
    ]  # fmt: skip


def test_options_that_are_the_files_own_are_no_other_column():
    (table,) = tables(results({"run": "a", "options": {}}, {"run": "b", "seed": 1}), [])
    assert table.header[7:] == ["linear exact"] and columns(table)[0]["linear exact"].endswith("n 2")


def test_the_best_epoch_has_a_column_of_its_own():
    best = {"epoch": 90, "top1": 81.5, "chosen_on": "test"}
    held = {"epoch": 80, "top1": 80.5, "chosen_on": "validation"}
    (table,) = tables(results({"run": "a", **LINEAR_MAMP, "best": best}), PUBLISHED)
    assert table.header[7:] == ["linear mamp", "linear mamp, best epoch on the test clips"]
    assert table.rows[0][7:] == ["80.0 (50.0)", "81.5"] and all(row[8] == "" for row in table.published)
    (table,) = tables(results({"run": "a", **SEMI, "best": [held, held]}), [])
    assert table.header[8] == "semi mamp 1 %, best epoch on held-out people" and table.rows[0][8] == "80.5"


def test_labelled_subsets_have_a_deviation():
    figures = {"top1": 68.0, "top1_std": 1.25, "top1_seeds": [67, 68, 69, 68, 68]}
    (table,) = tables(results({"run": "a", **SEMI, **figures, "random_init": figures | {"top1": 30.0}}), [])
    assert table.rows[0][7] == "68.0 ± 1.2 (30.0 ± 1.2), n 5"
    (table,) = tables(results({"run": "a", **SEMI, **figures, "top1_std": None, "random_init": None}), [])
    assert table.rows[0][7] == "68.0"
    cards = [{"run": str(s), "seed": s, **SEMI, **figures, "top1": 68.0 + s} for s in range(2)]
    (table,) = tables(results(*cards), [])
    assert table.rows[0][7] == "68.5 ± 0.7 (50.0 ± 0.0), n 2"


def test_a_detection_is_not_called_top1():
    card = {"run": "a", "protocol": "detection", "recipe": None, "options": {}, "map_at_0.5": 33.3, "random_init": None}
    (table,) = tables(results(card), PUBLISHED)
    assert table.header[7:] == ["detection"] and table.rows[0][7] == "33.3" and table.published == []
    assert "detection: mAP (%) at an overlap of 0.5" in table.notes


def test_a_stream_of_ones_own():
    (table,) = tables(results({"run": "a", "stream": None}), [])
    assert columns(table)[0]["Stream"] == "custom"


# Published rows.


def test_published_rows_are_of_the_tables_own_protocols():
    (table,) = tables(results({"run": "a"}), PUBLISHED)
    assert [row["linear exact"].split(" [")[0] for row in published_of(table, "GFP (ICCV 2025)")] == ["85.9"]
    assert [row["linear exact"].split(" [")[0] for row in published_of(table, "MAMP (ICCV 2023)")] == ["84.9", "85.0"]
    assert all(row[3] == "published" and row[2] == "joint" and row[7] for row in table.published)
    assert not published_of(table, "LongT GAN (AAAI 2018)")  # its retrieval only is known
    (table,) = tables(results({"run": "a", **KNN}), PUBLISHED)
    assert [row["kNN"].split(" [")[0] for row in published_of(table, "UmURL (MM 2023)")] == ["72.0", "71.3"]
    assert any("nearest neighbour by cosine" in note for note in table.notes)
    (table,) = tables(results({"run": "a", **KNN, "options": {"k": 20}}), PUBLISHED)
    assert table.published == []


def test_published_numbers_name_their_sources_and_caveats():
    (table,) = tables(results({"run": "a"}), PUBLISHED)
    number, marks = published_of(table, "SCD-Net (AAAI 2024)")[0]["linear exact"].removesuffix("]").split(" [")
    notes = dict(note.removeprefix("[").split("] ", 1) for note in table.notes if note.startswith("["))
    assert number == "86.6" and [notes[mark] for mark in marks.split(", ")] == [
        "a community table", "FoundSkelModel (TPAMI 2025), table",
        "best epoch on the test set: 86.57 in its log, where the last is 86.46",
    ]  # fmt: skip


def test_published_numbers_by_share_of_labels_and_by_source():
    cards = [
        {"run": "a", **SEMI},
        {"run": "a", **SEMI, "options": {"fraction": 0.05}},
        {"run": "a", **SEMI, "options": {"fraction": 0.1}},
    ]
    (table,) = tables(results(*cards), PUBLISHED)
    (row,) = published_of(table, "GFP (ICCV 2025)")
    assert [row[f"semi mamp {share} %"].split(" [")[0] for share in (1, 5, 10)] == ["71.8", "", "88.7"]
    transfer = {"protocol": "transfer", "recipe": "mamp", "options": {}, "dataset__name": "pku2"}
    (table,) = tables(results({"run": "a", **transfer, "config__dataset__name": "ntu120"}), PUBLISHED)
    assert published_of(table, "S-JEPA (ECCV 2024)")[0]["transfer mamp from ntu120"].startswith("74.2 [")


def test_a_doubtful_number_is_shown_when_somebody_asks():
    (table,) = tables(results({"run": "a"}), PUBLISHED)
    assert len(published_of(table, "S-JEPA (ECCV 2024)")) == 1
    assert table.notes[-1] == "7 doubtful published numbers are left out; doubtful=true shows them"
    (table,) = tables(results({"run": "a"}), PUBLISHED, doubtful=True)
    second = published_of(table, "S-JEPA (ECCV 2024)")[1]["linear exact"]
    mark = second.removesuffix("]").rpartition(", ")[2]
    assert second.startswith("77.2 [") and any(note.startswith(f"[{mark}] second hand") for note in table.notes)


def test_an_ensemble_has_three_stream_rows_beneath(tmp_path):
    folders = [write_evaluation(tmp_path / "runs", stream) for stream in ("joint", "bone", "motion")]
    save_ensemble(ensemble(folders, "aimclr"), tmp_path / "ensemble" / "x")
    save_ensemble(ensemble(folders[:2], [3, 1]), tmp_path / "ensemble" / "y")
    found, warnings = collect([tmp_path])
    (table,) = tables(found, PUBLISHED)
    streams = [row["Stream"] for row in columns(table)]
    assert warnings == [] and streams == [
        "bone", "joint", "joint + bone (3.0, 1.0)", "joint + bone + motion (aimclr)", "motion",
    ]  # fmt: skip
    assert columns(table)[3]["Run"] == "joint + bone + motion" and columns(table)[3]["Method"] == "S-JEPA"
    assert published_of(table, "3s-USDRL (DSTE) (AAAI 2025)")[0]["Stream"] == "joint + bone + motion"
    found, _ = collect([tmp_path / "ensemble" / "x"])
    (alone,) = tables(found, PUBLISHED)
    assert alone.published and all(row[0].startswith("3s-") for row in alone.published)
    found, _ = collect([tmp_path / "ensemble" / "y"])
    assert tables(found, PUBLISHED)[0].published == []  # nobody publishes two streams


# Reading.


def test_results_are_found_below_folders_and_once(tmp_path):
    a, b = (write_evaluation(tmp_path / "runs", run) for run in ("a", "b"))
    for paths in ([tmp_path], [tmp_path / "runs"], [a, b, a / "result.json"], [tmp_path / "runs" / "a", str(b)]):
        found, warnings = collect(paths)
        assert [result.card["run"] for result in found] == ["a", "b"] and warnings == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "cannot be read"),
        ("\x00", "cannot be read"),
        ("[1]", "must hold a JSON object, found list"),
        ("{}", "it has no protocol"),
        (json.dumps(made_up_card(dataset={})), "it has no dataset.name"),
        (json.dumps(made_up_card(objective=None)), "it has no objective"),
        (json.dumps(made_up_card(config=None)), "it has no config"),
        (json.dumps(made_up_card(top1=math.nan)), "it has no top1 in per cent"),
        (json.dumps(made_up_card(top1=101)), "it has no top1 in per cent"),
        (json.dumps(made_up_card(top1="80")), "it has no top1 in per cent"),
        (json.dumps(made_up_card(random_init={})), "it has no top1 in per cent"),
        (json.dumps(made_up_card(best="12")), "it has no top1 in per cent"),
        (json.dumps(made_up_card(recipe=[1])), "it has no recipe that is a word"),
        (json.dumps(made_up_card(options={"fraction": "a"})), "it has no fraction"),
        (json.dumps(made_up_card(members=[1])), "it has no objective"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_and_the_rest_reported(tmp_path, text, message):
    write_evaluation(tmp_path, "a")
    bad = write_evaluation(tmp_path, "b")
    (bad / "result.json").write_text(text)
    found, (warning,) = collect([tmp_path])
    assert [result.card["run"] for result in found] == ["a"]
    assert str(bad / "result.json") in warning and message in warning and "\n" not in warning
    with pytest.raises(DataError, match="1 cannot be used, the first: the result"):
        collect([bad])


def test_nothing_found(tmp_path):
    with pytest.raises(DataError, match=f"there is no result.json of an evaluation at or below '{tmp_path}'$"):
        collect([tmp_path])
    with pytest.raises(DataError, match=r"'.*/nowhere' does not exist"):
        collect([tmp_path / "nowhere"])
    with pytest.raises(DataError, match="no path at all"):
        collect([])


# Formats.

NASTY = r"a|b_c&d%e<script>{x}\y$z#~^*`[q] &lt;"


@pytest.fixture
def nasty() -> list[Table]:
    entry = Published("ntu60", "xsub", "linear", "joint", "M & N_1", "V 2024", 79.18, ("<source> 100 %",))
    return tables(results({"run": NASTY}, {"run": "two\nlines", "step": 1}), [entry])


def test_markdown(nasty):
    lines = render(nasty).splitlines()
    assert lines[0] == "## ntu60, split xsub" and lines[4].startswith("| Method ") and lines[5].startswith("|---")
    assert lines[5].rstrip("|").endswith(":")
    rows = [line for line in lines if line.startswith("| ")]
    assert len({len(row) for row in rows}) == 1  # aligned for people
    assert r"a\|b_c&d%e\<script>{x}\\y$z#~^\*\`[q] \&lt;" in "\n".join(lines) and "two lines" in "\n".join(lines)
    assert any(row.startswith("| M & N_1 (V 2024) ") and " 79.18 [1] " in row for row in rows)
    assert r"- [1] \<source> 100 %" in lines


def test_latex(nasty):
    text = render(nasty, "latex")
    assert text.startswith("% needs \\usepackage{booktabs}\n\\begin{table}\n")
    assert r"\begin{tabular}{lllllllr}" in text and text.count(r"\midrule") == 2 and r"\bottomrule" in text
    assert r"a|b\_c\&d\%e\textless{}script\textgreater{}\{x\}\textbackslash{}y\$z\#\textasciitilde{}" in text
    assert r"M \& N\_1 (V 2024) &  & joint & published &  &  &  & 79.18 {[}1{]} \\" in text
    rows = [line for line in text.splitlines() if line.endswith(r"\\")]
    assert {line.replace(r"\&", "").count("&") for line in rows} == {7}
    assert r"$\pm$: standard deviation" in text and "±" not in text


def test_html(nasty):
    text = render(nasty, "html")

    class Reader(html.parser.HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.open, self.cells, self.tags = [], [], set()

        def handle_starttag(self, tag, attrs):
            self.tags.add(tag)
            if tag != "meta":
                self.open.append(tag)

        def handle_endtag(self, tag):
            assert self.open.pop() == tag

        def handle_data(self, data):
            if self.open and self.open[-1] == "td":
                self.cells.append(data)

    reader = Reader()
    reader.feed(text)
    assert reader.open == [] and NASTY in reader.cells and "79.18 [1]" in reader.cells
    assert not reader.tags & {"script", "link", "img"} and "http" not in text
    assert "prefers-color-scheme: dark" in text and text.count("<tr class=published>") == 1


def test_another_format(nasty):
    with pytest.raises(ConfigError, match="format must be one of markdown, latex, html, found 'pdf'"):
        render(nasty, "pdf")
