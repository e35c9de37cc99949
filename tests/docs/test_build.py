"""The site builds without a warning, and its reference has every public symbol."""

from __future__ import annotations

import importlib
import os
import re
import subprocess
import sys
import zlib

import pytest

from tests.documents import ROOT

PACKAGES = "data transforms encoders objectives training evaluation diagnosis recognition viewer".split()


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    out = tmp_path_factory.mktemp("site")
    strictly = ["-W", "--keep-going", "-n", "-q", "-b", "html"]
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", *strictly, "-d", str(out / "doctrees"), str(ROOT / "docs"), str(out / "html")],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return out / "html"


def test_pages_are_there(site):
    written = {path.relative_to(site).with_suffix("") for path in site.rglob("*.html")}
    wanted = {path.relative_to(ROOT / "docs").with_suffix("") for path in (ROOT / "docs").rglob("*.md")}
    assert wanted <= written


def test_pages_show_equations_and_all_else_without_a_network(site):
    loaded = r"<(?:script|img|link)\b[^>]*?(?:src|href)=\"((?:https?:)?//[^\"]*)"
    assert [path.name for path in site.rglob("*.html") if re.search(loaded, path.read_text())] == []
    blocks = (ROOT / "docs" / "objectives.md").read_text().count("\n$$\n") / 2
    assert blocks and (site / "objectives.html").read_text().count('<math display="block"') == blocks


def test_the_reference_has_every_public_symbol(site):
    packed = (site / "objects.inv").read_bytes().split(b"\n", 4)[4]  # after four lines about the project
    documented = {line.split()[0] for line in zlib.decompress(packed).decode().splitlines()}
    for package in PACKAGES:
        public = importlib.import_module(f"skgraph.{package}").__all__
        assert {f"skgraph.{package}.{name}" for name in public} <= documented
    assert {"skgraph.topology.Topology", "skgraph.checks.check_encoder", "skgraph.errors.DataError"} <= documented
