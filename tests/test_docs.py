"""The guide to one's own data: four kinds of files become encoders as it says, and all its commands exist."""

from __future__ import annotations

import importlib
import re
import sys

import numpy as np
import pytest
from hydra import compose, initialize_config_dir

from skgraph.data_dir import data_dir
from skgraph.topology import Topology
from tests.documents import ROOT, arguments_for_hydra, blocks, broken_links, check_composes

GUIDE = ROOT / "docs" / "your_data.md"
TEXT = GUIDE.read_text(encoding="utf-8")
BLOCKS = blocks(GUIDE)
COMMANDS = [command for block in BLOCKS for command in block.commands]
FROM_FILE_TO_ENCODER = {
    "A ragged npz": ["features.npz"],
    "A folder of npy": [],
    "A folder of BVH": ["mocap.yaml"],
    "A skeleton of your own": ["walks.npz"],
}
DATASETS = [path.stem for path in (data_dir("configs") / "prepare" / "dataset").glob("*.yaml")]
TINY = ("trainer.epochs=1", "trainer.progress=false")


def run(command: list[str], monkeypatch) -> None:
    """A command of the guide in this process; training is short."""
    verb, *arguments = command
    arguments = [*arguments_for_hydra(verb, arguments), *(TINY if verb == "pretrain" else ())]
    monkeypatch.setattr(sys, "argv", [verb, *arguments])
    importlib.import_module(f"skgraph.{verb}").main()


def follow(section: str, monkeypatch, capsys) -> None:
    """Do all that a section says, in the folder one is in; what it shows as printed must be printed."""
    printed = ""
    for block in (block for block in BLOCKS if block.section == section):
        if block.language == "python":
            exec(compile(block.text, section, "exec"), {"__name__": "__main__"})
        elif block.language == "yaml":
            with open(re.match(r"# (\w+\.yaml)\n", block.text)[1], "w") as file:
                file.write(block.text)
        elif block.language == "bash":
            capsys.readouterr()
            for command in block.commands:
                run(command, monkeypatch)
            printed = capsys.readouterr().out
        else:
            for line in block.text.splitlines():
                assert line in printed.splitlines()


@pytest.mark.parametrize("section", FROM_FILE_TO_ENCODER)
def test_from_file_to_encoder(section, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    follow(section, monkeypatch, capsys)
    (run_folder,) = (tmp_path / "runs").iterdir()
    assert (run_folder / "checkpoint.pt").is_file()
    for name in FROM_FILE_TO_ENCODER[section]:
        assert (tmp_path / name).is_file()


def test_confidence(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (block,) = (block for block in BLOCKS if block.section == "2D keypoints with confidence" and "import" in block.text)
    exec(compile(block.text, "confidence", "exec"), {"__name__": "__main__"})
    assert "[0.9020, 0.9020, 0.0000, 0.0000, 0.9020, 0.9020]" in capsys.readouterr().out  # in steps of 1/255


def test_lost_joints(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for section in ("A folder of npy", "Lost joints"):
        text = "".join(block.text for block in BLOCKS if block.section == section and block.language == "python")
        values = {"__name__": "__main__"}
        exec(compile(text, section, "exec"), values)
    hand = values["clip"][0, 9:15, 5]  # on a straight line, in which steps are equal
    assert np.allclose(np.diff(hand, axis=0), (hand[5] - hand[0]) / 5) and values["there"].all()


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_commands_compose(command):
    check_composes(command[0], command[1:])


def test_options_in_the_text_exist():
    known = set()
    with initialize_config_dir(str(data_dir("configs") / "prepare"), version_base="1.3"):
        for dataset in DATASETS:
            cfg = compose("prepare", [f"dataset={dataset}"])
            known |= {*cfg, *(f"split.{key}" for key in cfg.get("split", {}))}
    of_prepare = TEXT.split("## NTU RGB+D 60 and 120")[0] + TEXT.split("## PKU-MMD")[1]
    options = set(re.findall(r"`'?([a-z_]+(?:\.[a-z_]+)?)=", of_prepare))
    of_other_verbs = {"evaluate", "augment", "name", "protocol", "dataset", "trainer.batch_size", "joint_map"}
    assert len(options & known) > 15 and options - known == of_other_verbs


def test_the_table_has_every_dataset_and_the_list_every_topology():
    table = TEXT.split("## Every dataset")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (`.*?) \|", table, flags=re.MULTILINE)
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row)} == set(DATASETS)
    assert set(Topology.available()) <= set(re.findall(r"`(\w+)`", TEXT.split("What ships:")[1].split("\n\n")[0]))


def test_links_lead_somewhere():
    assert broken_links(GUIDE) == []
