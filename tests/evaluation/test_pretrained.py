from __future__ import annotations

import pytest
import torch

from skgraph.errors import CheckpointError, ConfigError, TopologyError
from skgraph.evaluation import PretrainedRun
from skgraph.evaluation.pretrained import preprocessing_note
from skgraph.topology import Topology
from skgraph.transforms import MapJoints


def test_trained_and_random_weights(run_folder):
    run = PretrainedRun.open(run_folder)
    trained, random = run.encoder(), run.encoder(trained=False)
    assert torch.equal(trained.embed.weight, run.weights["embed.weight"])
    assert not torch.equal(trained.embed.weight, random.embed.weight)
    assert torch.equal(random.embed.weight, run.encoder(trained=False).embed.weight)


def test_options_of_a_protocol(run_folder):
    encoder = PretrainedRun.open(run_folder).encoder(drop_path=0.4)
    assert encoder.blocks[1].drop_path.p == pytest.approx(0.4)
    with pytest.raises(ConfigError, match=r"TransformerEncoder has no droppath: say protocol.droppath=0"):
        PretrainedRun.open(run_folder).encoder(droppath=0.4)


def test_another_topology_needs_a_joint_map(run_folder):
    run, uiprmd = PretrainedRun.open(run_folder), Topology.load("uiprmd_22")
    with pytest.raises(
        CheckpointError, match=r"'ntu_rgbd' \(25 joints\), the recordings have 'uiprmd_22' \(22 joints\)"
    ):
        run.views(uiprmd)
    with pytest.raises(CheckpointError, match="joint_map=auto .* joint_map=FILE .* dataset=store .* topology_map=ntu"):
        run.views(uiprmd)
    with pytest.raises(CheckpointError, match=r"'coco_17' \(17 joints\): no joint map makes 3D of 2D"):
        run.views(Topology.load("coco_17"))
    with pytest.raises(TopologyError, match="'coco_17' is 2D and 'ntu_rgbd' is 3D: .* depth is not known"):
        run.views(Topology.load("coco_17"), "auto")
    assert run.views(Topology.load("coco_3d"), "auto").normalise.transforms[0].target == run.topology
    assert isinstance(run.views(uiprmd, "auto").normalise.transforms[0], MapJoints)
    assert not any(isinstance(m, MapJoints) for m in run.views(run.topology, "auto").modules())


def test_no_run(tmp_path):
    with pytest.raises(CheckpointError, match="nowhere"):
        PretrainedRun.open(tmp_path / "nowhere")
    (tmp_path / "model.onnx").write_bytes(b"")
    with pytest.raises(ConfigError, match="run must be the folder of a run, found '.*model.onnx'"):
        PretrainedRun.open(tmp_path / "model.onnx")


@pytest.mark.parametrize(
    ("trained", "here"),
    [
        ("none", "none"),
        (None, "preset mamp"),
        ("none", "mm to m"),
        ("preset skgraph, one_based labels", "preset skgraph, whole recordings"),
        ("preset skgraph, one_based labels", "preset skgraph"),
    ],
)
def test_same_preprocessing(trained, here):
    assert preprocessing_note(trained, here) is None


@pytest.mark.parametrize(
    ("trained", "here"),
    [("none", "preset mamp"), ("preset skgraph", "preset agcn"), ("mm to m", "y negated; mm to m")],
)
def test_other_preprocessing(trained, here):
    note = preprocessing_note(trained, here)
    assert note == f"note: pre-trained on coordinates prepared as '{trained}', these are prepared as '{here}'"
