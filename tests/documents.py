"""The code blocks of a Markdown file, and whether its commands are ones that exist."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import NamedTuple

from hydra import compose, initialize_config_dir

from skgraph.data_dir import data_dir
from skgraph.verb import words_as_list

ROOT = Path(__file__).resolve().parents[1]
# What the plain words of a command line are to a verb.
_WORDS = {"report": "runs", "inspect": "source", "view": "source", "benchmark": "benchmark"}


class Block(NamedTuple):
    """A code block, in the section with the heading ``section``."""

    section: str
    language: str
    text: str

    @property
    def commands(self) -> list[list[str]]:
        """The words of each ``python -m skgraph.VERB ...``: the verb, and its arguments."""
        if self.language != "bash":
            return []
        lines = self.text.replace("\\\n", " ").splitlines()
        commands = [shlex.split(part, comments=True) for line in lines for part in line.split("&&")]
        return [
            [words[2].removeprefix("skgraph."), *words[3:]]
            for words in commands if words[:2] == ["python", "-m"] and words[2].startswith("skgraph.")
        ]  # fmt: skip


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


def arguments_for_hydra(verb: str, arguments: list[str]) -> list[str]:
    """The arguments of a verb with its plain words as the option that they stand for."""
    if verb == "benchmark":
        return [f"benchmark={arguments[0]}", *arguments[1:]]
    return words_as_list(arguments, _WORDS[verb]) if verb in _WORDS else arguments


def check_composes(verb: str, arguments: list[str]) -> None:
    """Compose the configuration of a command; of a sweep (`-m`) with the first of its values.

    Raises:
        HydraException: an option or a value that does not exist.
    """
    folder = data_dir("configs") / "prepare" if verb == "prepare" else data_dir("configs")
    overrides = [word for word in arguments_for_hydra(verb, arguments) if word != "-m"]
    if "-m" in arguments:
        overrides = [word.split(",")[0] for word in overrides]
    with initialize_config_dir(str(folder), version_base="1.3"):
        compose(verb, overrides=overrides)


def broken_links(path: Path) -> list[str]:
    """Links of a file to files and headings that are not there."""
    text = path.read_text(encoding="utf-8")
    # GitHub's anchors: lower case, spaces as hyphens, no punctuation.
    headings = {
        re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^#+ (.*)$", re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S), flags=re.M)
    }
    return [
        target for target in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in target
        and (target[1:] not in headings if target[0] == "#" else not (path.parent / target.split("#")[0]).exists())
    ]  # fmt: skip
