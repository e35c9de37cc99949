"""Imports run one way, as the diagram of the README says, and examples in docstrings run."""

from __future__ import annotations

import ast
import doctest
import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FILES = sorted((ROOT / "skgraph").rglob("*.py"))
# A room imports itself and rooms before it, at the top of a module and inside functions.
ORDER = (
    *("errors", "_internal", "topology", "data", "transforms", "encoders", "objectives", "datasets", "training"),
    *("checks", "build", "evaluation", "diagnosis", "recognition", "inspection", "viewer", "result_tables", "run_page"),
    *("performance", "api", "commands"),
)


def room(module: str) -> str:
    name = module.split(".")[1] if "." in module else "commands"
    return name if name in ORDER else "commands"


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imported(path: Path) -> set[str]:
    """Modules of the package that a file imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found |= {
                f"{node.module}.{alias.name}" if node.module == "skgraph" else node.module for alias in node.names
            }
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return {name for name in found if name.startswith("skgraph.") and name != "skgraph.__version__"}


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_a_module_imports_no_later_room(path):
    own = module_of(path)
    if own == "skgraph":  # hands out names of the core
        return
    later = {name for name in imported(path) if ORDER.index(room(name)) > ORDER.index(room(own))}
    assert not later, f"{own} imports {sorted(later)}"


def test_modules_of_a_room_import_each_other_without_a_circle():
    graph = {module_of(path): imported(path) for path in FILES}
    done: set[str] = set()

    def visit(module: str, path: tuple[str, ...]) -> None:
        assert module not in path, f"a circle: {' -> '.join([*path, module])}"
        if module in done or module not in graph or module == "skgraph":
            return
        for other in graph[module]:
            visit(other, (*path, module))
        done.add(module)

    for module in graph:
        visit(module, ())


@pytest.mark.parametrize("module", [module_of(path) for path in FILES if ">>> " in path.read_text(encoding="utf-8")])
def test_examples_in_docstrings(module):
    failed, attempted = doctest.testmod(importlib.import_module(module))
    assert attempted and not failed
