"""The code blocks of a Markdown file, run one after the other as a reader would; what cannot run at least composes."""

from __future__ import annotations

import importlib
import itertools
import re
import shlex
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple
from unittest import mock

from hydra import compose, initialize_config_dir
from omegaconf import DictConfig

from skgraph._internal.command import quoted, words_as_list
from skgraph._internal.data_dir import data_dir

ROOT = Path(__file__).resolve().parents[1]
# What the plain words of a command line stand for, by command.
_WORDS = {"report": "runs", "inspect": "source", "view": "source", "benchmark": "benchmark"}

# Commands of the pages that no test runs, by a pattern of the command, and why. Those of skgraph are composed instead.
NOT_RUN = {
    r"^pip install": "changes the environment that the tests run in",
    r"^python examples/video_to_label": "a video and a model; tests/test_examples.py runs the file without",
    r"^torchrun": "wants several GPUs; tests/training runs the same with processes on a CPU",
    r"push_to=": "wants an account of the Hugging Face Hub; tests/evaluation/test_hub.py has a stand-in",
    r"hydra/launcher=submitit_slurm": "wants a SLURM cluster",
    r"(ntu60|ntu120|pku1|pku2|PKUMMD)": "downloads, and days of a GPU; tests/datasets reads such files",
    r"^python (examples/small_results|-m benchmarks\.(timeline_accuracy|small_evaluations|sjepa_study))": "other data",
    r"^python examples/raw_coordinates\.py data/irds": "data that does not ship; tests/test_examples.py runs the file",
    r"(irds|uiprmd|hdm05|runs/study)": "data that does not ship",
    r"viewer_frame_rate": "wants a browser; tests/benchmarks/test_scripts.py runs it where there is one",
    r"three_streams\.sh": "minutes; the commands in it are those of docs/protocols.md",
    r"(skgraph\.benchmark|benchmarks) ": "minutes each; tests/performance and tests/benchmarks run them at small sizes",
    r"dataset=(ctrgcn|pyskl|stgcn|kinetics_skeleton|nw_ucla|utd_mhad|msr_action3d)": "downloads; tests/datasets",
    r"dataset=(asf_amc|c3d|trc)": "downloads, or files of a laboratory; tests/datasets makes some up",
    r"(dataset=(openpose|coco_keypoints|mediapipe|yolo)|data/coco)": "files of a detector; tests/datasets makes some",
}

# Protocols that train, and so have epochs.
_TRAINED = {"linear_mamp", "linear_cmd", "linear_aimclr", "attentive", "finetune", "semi", "transfer", "scratch"}
_SMALL = {
    "transformer": ("encoder.dim=16", "encoder.depth=1", "encoder.heads=2"),
    "stgcn": ("encoder.widths=[16,16]",),
    "pyg": ("encoder.dim=16", "encoder.depth=1"),
    "gfp": (
        "objective.decoder.hidden_dim=16",
        "objective.decoder.global_dim=16",
        "objective.target_network.hidden_dim=16",
        "objective.target_network.global_dim=16",
    ),
}


class Block(NamedTuple):
    """A code block, in the section with the heading ``section``."""

    section: str
    language: str
    text: str

    @property
    def lines(self) -> list[list[str]]:
        """The words of each command of a shell block."""
        if self.language != "bash":
            return []
        lines = self.text.replace("\\\n", " ").splitlines()
        commands = [shlex.split(part, comments=True) for line in lines for part in line.split("&&")]
        return [words for words in commands if words]

    @property
    def commands(self) -> list[list[str]]:
        """The words of each ``python -m skgraph.COMMAND ...``: the command, and its arguments; under torchrun, too."""
        return [command for words in self.lines if (command := of_skgraph(words))]


def of_skgraph(words: Sequence[str]) -> list[str]:
    """A command and its arguments, from the words of a shell command; nothing of another program."""
    for i, (option, module) in enumerate(itertools.pairwise(words)):
        if option == "-m" and (module == "benchmarks" or module.startswith("skgraph.")):
            return [module.removeprefix("skgraph."), *words[i + 2 :]]
    return []


def blocks(path: Path) -> list[Block]:
    """All code blocks of a file, in order."""
    found, section = [], ""
    pattern = r"^## (?P<heading>[^\n]*)$|^```(?P<language>\w*)\n(?P<text>.*?)^```$"
    for match in re.finditer(pattern, path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL):
        if match["heading"] is not None:
            section = match["heading"]
        else:
            found.append(Block(section, match["language"], match["text"]))
    return found


def arguments_for_hydra(command: str, arguments: list[str]) -> list[str]:
    """The arguments of a command with its plain words as the option that they stand for."""
    if command == "benchmark":
        return [f"benchmark={arguments[0]}", *map(quoted, arguments[1:])]
    return words_as_list(arguments, _WORDS[command]) if command in _WORDS else list(map(quoted, arguments))


def check_composes(command: str, arguments: list[str]) -> None:
    """Compose the configuration of a command; of a sweep (`-m`) with the first of its values.

    Raises:
        HydraException: an option or a value that does not exist.
    """
    if command == "benchmarks":
        compose_benchmark(arguments)
        return
    folder = data_dir("configs") / "prepare" if command == "prepare" else data_dir("configs")
    # A launcher is a plugin of Hydra's.
    overrides = [word for word in arguments_for_hydra(command, arguments) if not word.startswith(("-", "hydra"))]
    if "-m" in arguments:
        overrides = [word.split(",")[0] for word in overrides]
    with initialize_config_dir(str(folder), version_base="1.3"):
        compose(command, overrides=overrides)


def compose_benchmark(arguments: list[str]) -> DictConfig:
    """Compose the configuration of ``python -m benchmarks NAME ...``."""
    folder = f"hydra.searchpath=['file://{ROOT / 'benchmarks' / 'configs'}']"
    with initialize_config_dir(str(data_dir("configs")), version_base="1.3"):
        return compose("benchmark", overrides=[f"benchmark={arguments[0]}", *arguments[1:], folder])


def why_not_run(words: Sequence[str]) -> str | None:
    """The pattern in :data:`NOT_RUN` that keeps a command from being run."""
    return next((pattern for pattern in NOT_RUN if re.search(pattern, " ".join(words))), None)


def tiny(command: str, arguments: Sequence[str]) -> list[str]:
    """What makes a command of a page small, and is added to it."""
    said = dict(word.split("=", 1) for word in arguments if "=" in word)
    if command == "pretrain":
        budget = ["epochs=1", "steps=null", "warmup_epochs=0", "warmup=null", "batch_size=8", "progress=false"]
        short = [f"trainer.{option}" for option in budget]
        parts = [said.get("encoder", "transformer"), said.get("objective", "sjepa")]
        short += [] if "evaluate" in said else ["evaluate=[knn]"]
        return [*short, *(word for part in parts for word in _SMALL.get(part, ()))]
    if command == "evaluate" and (protocol := said.get("protocol", "linear")) in _TRAINED:
        short = ["protocol.epochs=1", "protocol.warmup_epochs=0", "protocol.milestones=[]"]
        return [*short, *(["protocol.subsets=1"] if protocol == "semi" else [])]
    if command == "prepare" and said["dataset"] == "synthetic":
        return ["subjects=2", "repetitions=1"]
    return []


def run(command: str, arguments: Sequence[str]) -> None:
    """A command of a page in this process, made small."""
    # --help and --cfg only show a configuration.
    more = [] if any(word in arguments for word in ("--help", "--cfg")) else tiny(command, arguments)
    argv = [command, *arguments_for_hydra(command, list(arguments)), *more]
    with mock.patch.object(sys, "argv", argv):
        try:
            importlib.import_module(f"skgraph.{command}").main()
        except SystemExit as end:
            assert not end.code, f"python -m skgraph.{' '.join(argv)}"


def follow(found: Iterable[Block], values: dict | None = None) -> Iterator[tuple[Block, bool]]:
    """Do what blocks say, in the folder one is in, and yield each one that was done.

    Python runs in one namespace. A block that begins with ``# NAME.py`` or ``# NAME.yaml`` is a file to be saved.

    Yields:
        the block, and whether all of it ran; otherwise some of it is in :data:`NOT_RUN`.
    """
    values = {"__name__": "__main__"} if values is None else values
    for block in found:
        ran = True
        if file := re.match(r"# (\w+\.(?:py|yaml))\n", block.text):
            Path(file[1]).write_text(block.text)
            importlib.invalidate_caches()
        elif block.language == "python":
            exec(compile(block.text, block.section, "exec"), values)
        for words in block.lines:
            command = of_skgraph(words)
            if why_not_run(words):
                ran = False
                if command:
                    check_composes(command[0], command[1:])
            else:
                assert command, f"no test knows how to run {' '.join(words)}"
                run(command[0], command[1:])
        yield block, ran


def broken_links(path: Path) -> list[str]:
    """Links of a file to files and headings that are not there."""
    text = re.sub(r"^```.*?^```$", "", path.read_text(encoding="utf-8"), flags=re.M | re.S)
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        file, _, anchor = target.partition("#")
        place = path.parent / file if file else path
        if "://" not in target and (not place.exists() or (anchor and anchor not in _anchors(place))):
            broken.append(target)
    return broken


def _anchors(path: Path) -> set[str]:
    """GitHub's anchors of a file's headings: lower case, spaces as hyphens, no punctuation."""
    text = re.sub(r"^```.*?^```$", "", path.read_text(encoding="utf-8"), flags=re.M | re.S)
    return {
        re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^#+ (.*)$", text, flags=re.M)
    }
