"""`docs/training.md` says what is there."""

from __future__ import annotations

import re

from omegaconf import OmegaConf

from tests.documents import ROOT
from tests.test_configs import composed

PATH = ROOT / "docs" / "training.md"


def test_options_in_the_text_exist():
    config = OmegaConf.create(composed("experiment=sjepa_ntu60_xsub"))
    options = set(re.findall(r"`((?:trainer|encoder)\.[a-z_]+)(?:=[a-z0-9]+)?`", PATH.read_text()))
    found = {option for option in options if OmegaConf.select(config, option) is not None}
    assert len(found) > 5 and options == found
