"""`docs/training.md` says what is there."""

from __future__ import annotations

import re
import shlex

import pytest
from omegaconf import OmegaConf

from tests.documents import ROOT, blocks
from tests.test_configs import composed

PATH = ROOT / "docs" / "training.md"
LINES = [line for block in blocks(PATH) for line in block.text.splitlines() if "skgraph.pretrain" in line]


@pytest.mark.parametrize("line", LINES)
def test_commands_compose(line):
    words = shlex.split(line.partition("skgraph.pretrain ")[2])
    # A launcher is a plugin of Hydra's, and several values are a sweep.
    composed(*(w.partition(",")[0] for w in words if not w.startswith(("-", "hydra"))))


def test_options_in_the_text_exist():
    config = OmegaConf.create(composed("experiment=sjepa_ntu60_xsub"))
    options = set(re.findall(r"`((?:trainer|encoder)\.[a-z_]+)(?:=[a-z0-9]+)?`", PATH.read_text()))
    found = {option for option in options if OmegaConf.select(config, option) is not None}
    assert len(LINES) == 2 and len(found) > 5 and options == found
