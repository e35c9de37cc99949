from __future__ import annotations

import shutil
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from skgraph.data import SkeletonData
from skgraph.errors import ConfigError
from skgraph.evaluation import PretrainedRun, Settings, compare
from skgraph.evaluation.robustness import COLUMNS, DEFECTS, PROTOCOLS, robustness
from skgraph.topology import Topology
from skgraph.transforms import RandomRotate

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def folder(run_folder, tmp_path_factory):
    return shutil.copytree(run_folder, tmp_path_factory.mktemp("robustness") / "r")


@pytest.fixture(scope="module")
def found(folder, store):
    return robustness(PretrainedRun.open(folder), store, "xsub", CPU, "fp32")


def test_every_defect_at_three_strengths_after_none(found):
    assert [(row.defect, row.strength) for row in found] == [
        (None, 0),
        *((defect, strength) for defect in DEFECTS for strength in defect.strengths),
    ]
    assert all(row.top1.keys() == {(p, c) for p in PROTOCOLS for c in COLUMNS} for row in found)
    assert all(list(defect.strengths) == sorted(defect.strengths) for defect in DEFECTS)


def test_without_a_defect_it_is_the_usual_evaluation(found, folder, store):
    for result in compare(folder, store, "xsub", PROTOCOLS, CPU, "fp32", Settings(), progress=False):
        expected = [result.metrics["top1"], *(result.baselines[x]["top1"] for x in ("random_init", "raw_coordinates"))]
        assert [found[0].top1[result.protocol, column] for column in COLUMNS] == pytest.approx(expected)


def test_what_a_column_cannot_see_changes_nothing(found):
    turned = [row for row in found if row.defect and row.defect.name == "turned camera"]
    for protocol in PROTOCOLS:  # raw coordinates face +z
        raw = {row.top1[protocol, "raw coordinates"] for row in (found[0], *turned)}
        assert max(raw) - min(raw) < 5
    (strongest,) = (row for row in found if row.defect and row.defect.name == "jitter" and row.strength == 2)
    assert strongest.top1["linear", "raw coordinates"] < found[0].top1["linear", "raw coordinates"]


def test_the_seed_decides(found, folder, store):
    again, other = (robustness(PretrainedRun.open(folder), store, "xsub", CPU, "fp32", seed=s) for s in (0, 1))
    assert again == found and other[0] == found[0] and other != found


@pytest.mark.parametrize("name", ["ntu_rgbd", "coco_17", "hand_21"])
def test_defects_of_any_topology(name, store):
    topology = Topology.load(name)
    other: Any = SimpleNamespace(topology=topology)
    data = SkeletonData.from_joints(torch.randn(4, 1, 40, topology.num_joints, topology.dim))
    for defect in DEFECTS[:-1]:  # the camera turns about the axis that the people of a real store stand along
        for strength in defect.strengths:
            out = defect.transform(other, strength)(data, torch.Generator().manual_seed(0))
            assert not torch.equal(out.x, data.x) or (defect.name == "swapped sides" and name == "hand_21")
    turn = DEFECTS[-1].transform(other if topology.dim == 2 else store, 90)
    assert isinstance(turn, RandomRotate) and max(turn.x, turn.y, turn.z) == pytest.approx(torch.pi / 2)
    assert turn.z if topology.dim == 2 else not turn.z


def test_what_cannot_be_evaluated_is_refused(folder, store, monkeypatch):
    run = PretrainedRun.open(folder)
    with pytest.raises(ConfigError, match="robustness: seed must be at least 0, found -1"):
        robustness(run, store, "xsub", CPU, seed=-1)
    with pytest.raises(ConfigError, match="pool must be 'mean' or"):
        robustness(run, store, "xsub", CPU, pool="max")
    monkeypatch.setattr(type(store), "split", lambda *_: torch.arange(0))
    with pytest.raises(ConfigError, match="split 'xsub' of '.*' has no test clips"):
        robustness(run, store, "xsub", CPU)
