"""The guide to one's own data: four kinds of files become encoders as it says, and all its commands exist."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hydra import compose, initialize_config_dir

from skgraph._internal.data_dir import data_dir
from skgraph.topology import Topology
from tests.documents import ROOT, blocks, check_composes, follow, why_not_run

GUIDE = ROOT / "docs" / "your_data.md"
TEXT = GUIDE.read_text(encoding="utf-8")
BLOCKS = blocks(GUIDE)
COMMANDS = [command for block in BLOCKS for command in block.commands]
FROM_FILE_TO_ENCODER = {
    "A ragged npz": ["features.npz"],
    "A folder of npy": [],
    "A folder of BVH": ["mocap.yaml"],
    "A custom skeleton": ["walks.npz"],
}
# Sections that go on with the files of others.
GO_ON = [
    (["A ragged npz", "A folder of npy"], ["Onto another skeleton", "Several machines", "Inspect"]),
    (["A folder of BVH", "A custom skeleton"], ["One recording"]),
]
DATASETS = [path.stem for path in (data_dir("configs") / "prepare" / "dataset").glob("*.yaml")]


def of(section: str, *languages: str) -> list:
    """The blocks of a section, in some languages or all."""
    return [
        block for block in BLOCKS if block.section == section and block.language in (languages or (block.language,))
    ]


@pytest.mark.parametrize("section", FROM_FILE_TO_ENCODER)
def test_from_file_to_encoder(section, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    printed, values = "", {"__name__": "__main__"}
    for block in of(section):
        for _, ran in follow([block], values):
            assert ran
        if block.language:
            printed = capsys.readouterr().out
        else:  # what it shows as printed must be printed
            for line in block.text.splitlines():
                assert line in printed.splitlines()
    (run_folder,) = (tmp_path / "runs").iterdir()
    assert (run_folder / "checkpoint.pt").is_file()
    for name in FROM_FILE_TO_ENCODER[section]:
        assert (tmp_path / name).is_file()


@pytest.mark.parametrize(("first", "then"), GO_ON)
def test_what_goes_on_with_their_files(first, then, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for section in first:
        for block in of(section, "python", "bash", "yaml"):
            lines = [x for x in block.text.splitlines() if block.language != "bash" or "skgraph.prepare" in x]
            assert all(ran for _, ran in follow([block._replace(text="\n".join(lines))]))
    for section in then:
        assert all(ran for _, ran in follow(of(section, "bash")))
    assert list(tmp_path.glob("inspect_*.html"))


def test_what_is_not_run_has_a_reason():
    for block in BLOCKS:
        if block.section not in (*FROM_FILE_TO_ENCODER, *(section for _, then in GO_ON for section in then)):
            assert all(map(why_not_run, block.lines)), block.text


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
    assert np.allclose(np.diff(hand, axis=0), (hand[5] - hand[0]) / 5) and values["present"].all()


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
    options = {word.removeprefix("read.") for word in re.findall(r"`'?([a-z_]+(?:\.[a-z_]+)?)=", of_prepare)}
    of_other_commands = {"evaluate", "augment", "name", "protocol", "dataset", "trainer.batch_size", "joint_map"}
    assert len(options & known) > 15 and options - known == of_other_commands


def test_the_table_has_every_dataset_and_the_list_every_topology():
    table = TEXT.split("## Every dataset")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (`.*?) \|", table, flags=re.MULTILINE)
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row)} == set(DATASETS)
    assert set(Topology.available()) <= set(re.findall(r"`(\w+)`", TEXT.split("What ships:")[1].split("\n\n")[0]))
