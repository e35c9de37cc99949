"""The folders that ship are found in a checkout and in a wheel; a missing one says where it was looked for."""

from __future__ import annotations

import pytest

from skgraph._internal import data_dir as module
from skgraph._internal.data_dir import data_dir
from skgraph.errors import DataError


@pytest.fixture
def package(tmp_path, monkeypatch):
    """An empty folder that stands for the installed package."""
    folder = tmp_path / "site-packages" / "skgraph"
    folder.mkdir(parents=True)
    monkeypatch.setattr(module, "__file__", str(folder / "_internal" / "data_dir.py"))
    return folder


def test_topologies_of_this_installation():
    assert (data_dir("topologies") / "ntu_rgbd.yaml").is_file()


def test_folder_beside_the_package_in_a_checkout(package):
    (package.parent / "topologies").mkdir()
    assert data_dir("topologies") == package.parent / "topologies"


def test_folder_inside_the_package_wins(package):
    """In a wheel's `site-packages` the neighbour belongs to another project."""
    (package.parent / "configs").mkdir()
    (package / "configs").mkdir()
    assert data_dir("configs") == package / "configs"


def test_missing_folder_names_both_places(package):
    with pytest.raises(DataError) as error:
        data_dir("configs")
    for part in ("'configs'", str(package / "configs"), str(package.parent / "configs")):
        assert part in str(error.value)
    assert "\n" not in str(error.value)
