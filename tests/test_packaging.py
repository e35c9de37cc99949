"""Files that repeat what pyproject.toml says, for tools that do not read it, say the same."""

from __future__ import annotations

import re

import yaml
from packaging.requirements import Requirement

import skgraph
from tests.documents import ROOT, broken_links

try:
    import tomllib
except ImportError:  # Python 3.10
    import tomli as tomllib

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
VERSIONS = [
    name.rpartition(" ")[2] for name in PROJECT["project"]["classifiers"] if re.search(r":: Python :: \d", name)
]
CONDA_NAMES = {"torch": "pytorch", "torch-geometric": "pytorch_geometric", "matplotlib": "matplotlib-base"}


def read(name: str) -> dict:
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


def test_the_workflow_runs_the_versions_of_the_classifiers():
    job = read(".github/workflows/checks.yml")["jobs"]["checks"]
    assert job["strategy"]["matrix"]["python"] == VERSIONS
    assert job["steps"][-1] == {"run": ".ci/run"} and (ROOT / ".ci" / "run").stat().st_mode & 0o100


def test_the_oldest_python_is_one():
    oldest = VERSIONS[0]
    assert PROJECT["project"]["requires-python"] == f">={oldest}"
    assert PROJECT["tool"]["mypy"]["python_version"] == oldest
    assert PROJECT["tool"]["ruff"]["target-version"] == f"py{oldest.replace('.', '')}"


def test_the_conda_environment_has_the_dependencies():
    *packages, _, _ = read("environment.yml")["dependencies"]  # pip, and what it installs
    wanted = [Requirement(text) for text in PROJECT["project"]["dependencies"]]
    python = f"python{PROJECT['project']['requires-python']}"
    assert packages == [python, *(CONDA_NAMES.get(each.name, each.name) + str(each.specifier) for each in wanted)]


def test_the_image_is_built_from_the_files_of_the_wheel():
    project, hatch = PROJECT["project"], PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]
    copied = re.findall(r"^COPY (.+) \S+$", (ROOT / "Dockerfile").read_text(encoding="utf-8"), flags=re.M)
    needed = {project["readme"], *project["license-files"], *hatch["packages"], *hatch["force-include"]}
    assert {name for line in copied for name in line.split()} == needed | {"pyproject.toml", "constraints.txt"}


def test_the_hooks_are_the_last_checks():
    (repository,) = read(".pre-commit-config.yaml")["repos"]
    checks = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()[-3:]
    assert [hook["entry"] for hook in repository["hooks"]] == [re.sub(r" --check| \.$", "", line) for line in checks]


def test_the_citation_is_of_this_version():
    citation = read("CITATION.cff")
    assert citation["version"] == skgraph.__version__ and citation["license"] == PROJECT["project"]["license"]
    assert citation["keywords"] == PROJECT["project"]["keywords"]


def test_every_dependency_is_pinned_and_within_its_range():
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [Requirement(line) for line in lines if not line.startswith("#")]
    assert all(re.fullmatch(r"==[\w.]+", str(pin.specifier)) for pin in pins)
    extras = PROJECT["project"]["optional-dependencies"]
    for text in [*PROJECT["project"]["dependencies"], *(text for extra in extras.values() for text in extra)]:
        wanted = Requirement(text)
        own = [pin for pin in pins if pin.name.lower() == wanted.name.lower()]
        assert own or wanted.name in {"skgraph", "torch-scatter", "hydra-submitit-launcher"}, f"{text} is not pinned"
        for pin in own:
            (version,) = pin.specifier
            assert version.version in wanted.specifier, f"{pin} is outside {text}"


def test_links_of_contributors_lead_somewhere():
    assert broken_links(ROOT / "CONTRIBUTING.md") == []


def test_types_are_declared():
    assert "Typing :: Typed" in PROJECT["project"]["classifiers"] and (ROOT / "skgraph" / "py.typed").exists()
