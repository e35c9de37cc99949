"""`docs/sjepa.md` shows the study's own results, and what it names is there."""

from __future__ import annotations

import json
import re

from benchmarks.sjepa_study import format_results
from skgraph._internal.data_dir import data_dir
from tests.documents import ROOT

PATH = ROOT / "docs" / "sjepa.md"
TEXT = PATH.read_text(encoding="utf-8")
RECORD = ROOT / "examples" / "results" / "sjepa_study.json"


def test_the_table_is_the_record_s():
    results = json.loads(RECORD.read_text())["results"]
    assert len(results) > 15 and format_results(results).strip() in TEXT


def test_every_row_that_the_text_names_was_measured():
    measured = {result["row"].partition("/")[2] for result in json.loads(RECORD.read_text())["results"]}
    named = set(re.findall(r"`((?:input|views|epochs|tokens|mask|target)/[a-z0-9_]+)`", TEXT))
    assert named and named <= measured


def test_recipes_are_there():
    recipes = set(re.findall(r"experiment=([a-z0-9_]+)", TEXT))
    assert recipes <= {path.stem for path in (data_dir("configs") / "experiment").glob("*.yaml")}
