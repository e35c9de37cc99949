"""`docs/training.md` says what is there."""

from __future__ import annotations

import re

from omegaconf import OmegaConf

from skgraph._internal.data_dir import data_dir
from tests.documents import ROOT
from tests.test_configs import composed

PATH = ROOT / "docs" / "training.md"


def test_options_in_the_text_exist():
    config = OmegaConf.create(composed("experiment=sjepa_ntu60_xsub"))
    options = set(re.findall(r"`((?:trainer|encoder)\.[a-z_]+)(?:=[a-z0-9]+)?`", PATH.read_text()))
    found = {option for option in options if OmegaConf.select(config, option) is not None}
    assert len(found) > 5 and options == found


def test_options_of_loggers_exist():
    rows = re.findall(r"^\| `logger=(\w+)` \|(.*)$", PATH.read_text(), flags=re.M)
    assert {name for name, _ in rows} == {path.stem for path in (data_dir("configs") / "logger").glob("*.yaml")}
    for name, text in rows:
        options = re.findall(r"`(logger\.\w+=\w+)`", text)
        said = {option.partition("=")[0].removeprefix("logger.") for option in options}
        assert composed(f"logger={name}", *options)["logger"].keys() == said | {"_target_"}
