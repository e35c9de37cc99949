"""The benchmarks measure what they say; no time is asserted."""

from __future__ import annotations

import json
import re
import sys

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.raw_files.ntu import skeleton_text
from skgraph.benchmark import _name_first, main
from skgraph.benchmarks.data import benchmark_data
from skgraph.benchmarks.encode import benchmark_encode
from skgraph.benchmarks.flops import benchmark_flops, count_flops
from skgraph.benchmarks.losses import benchmark_losses
from skgraph.benchmarks.methods import build_method, random_walks
from skgraph.benchmarks.parse import _arrays, _dictionaries, benchmark_parse
from skgraph.benchmarks.plain_mamp import PlainMAMP, made_up_clips, plain_batch
from skgraph.benchmarks.probes import benchmark_probes
from skgraph.benchmarks.programs import benchmark_programs
from skgraph.benchmarks.scaling import benchmark_scaling
from skgraph.benchmarks.store import benchmark_store
from skgraph.benchmarks.timing import median_seconds
from skgraph.benchmarks.train import BODIES_PER_CLIP, TrainingStep, benchmark_train
from skgraph.datasets.formats.ntu.skeleton_file import parse_skeleton
from skgraph.errors import ConfigError
from skgraph.training import Trainer
from tests.test_configs import SMALL, composed


def test_median_of_calls_after_warm_up():
    calls = []
    assert median_seconds(lambda: calls.append(1), repeats=3, warmup=2) >= 0
    assert len(calls) == 5


def test_data_reports_times_and_their_ratios(store_path):
    config = composed("dataset=store", f"dataset.root={store_path}", "patch_length=4", *SMALL)
    measured = benchmark_data(config, batch_size=16, repeats=3)
    ratio = measured["graph_by_graph_ms"] / measured["data_path_ms"]
    assert measured["graph_by_graph_over_data_path"] == pytest.approx(ratio)
    assert measured["gather_ms"] < measured["data_path_ms"] and 0 < measured["data_path_share_of_step"] < 1


def test_probes_report_seconds_and_memory():
    measured = benchmark_probes(clips=200, queries=50, dim=8, classes=4, epochs=2)
    assert all(measured[f"{probe}_seconds"] > 0 for probe in ("linear_mamp", "linear_exact", "knn", "retrieval"))
    assert measured["knn_growth_mib"] >= 0 and measured["clips"] == 200


def test_store_reports_opening_and_memory():
    measured = benchmark_store(clips=50, frames=10, batch_size=8, repeats=3)
    assert measured["clips"] == 50 and measured["store_mib"] == pytest.approx(50 * 10 * 75 * 2 / 2**20)
    assert measured["open_seconds"] > 0 and measured["read_ms_per_batch"] > 0


def test_parse_reports_ratios_and_a_projection():
    measured = benchmark_parse(files=3, prepared=6, repeats=1)
    for name in ("dictionaries", "arrays"):
        ratio = measured["skgraph_files_per_s"] / measured[f"{name}_files_per_s"]
        assert measured[f"times_as_fast_as_{name}"] == pytest.approx(ratio)
    minutes = 114_480 / measured["prepare_2_processes_files_per_s"] / 60
    assert measured["files"] == 3 and measured["ntu120_minutes_with_2_processes"] == pytest.approx(minutes)


def test_the_usual_ways_read_the_same_positions(tmp_path):
    joints = np.random.default_rng(0).normal(size=(2, 6, 25, 3))
    path = tmp_path / "a.skeleton"
    path.write_text(skeleton_text(joints, np.ones((2, 6), bool), ids=[3, 4]))
    tracks = parse_skeleton(path.read_bytes()).tracks
    dictionaries, arrays = _dictionaries(path), _arrays(path)
    for body, track in enumerate(tracks):
        assert (dictionaries[:, body] == track.joints).all()
        assert (arrays[str(3 + body)].reshape(6, 25, 3) == track.joints.astype(np.float32)).all()


# GFP (ICCV 2025), Table 1: GFLOPs of a two-body clip.
PUBLISHED = {
    "gfp": {"encoder": (1.97, 0.05), "decoder": (1.57, 0.10), "target_network": (0.64, 0.10), "targets": (251, 0)},
    "mamp": {"encoder": (1.97, 0.05), "decoder": (17.70, 0.05), "targets": (750, 0)},
}


@pytest.mark.parametrize("method", PUBLISHED)
def test_modules_cost_what_the_paper_says(method, topology):
    depth = ["objective.decoder.depth=5"] * (method == "mamp")
    counted = count_flops(composed(f"experiment={method}_ntu60_xsub", *depth), topology, bodies=2)
    for part, (published, tolerance) in PUBLISHED[method].items():
        assert counted[part] == pytest.approx(published, rel=tolerance), part


def test_flops_of_a_linear_layer_are_two_for_each_weight(topology):
    config = composed("objective=mamp", "patch_length=4", *SMALL[:3], "frames=16", "objective.decoder.depth=1")
    one, two = (count_flops(config, topology, bodies) for bodies in (1, 2))
    assert two["encoder"] == pytest.approx(2 * one["encoder"]) and one["targets"] == 4 * 25
    assert one["total"] == pytest.approx(one["encoder"] + one["decoder"])
    tokens, dim, patch = 10, 16, 12  # visible tokens, width, coordinates of a token; one block
    layers = 2 * tokens * (patch * dim + 4 * dim * dim + 8 * dim * dim)
    attention = 2 * 2 * tokens * tokens * dim
    assert one["encoder"] * 1e9 == layers + attention


def test_published_figures_stand_beside_ours():
    config = composed("objective=mamp", "patch_length=4", *SMALL[:3], "frames=16", "objective.decoder.depth=1")
    measured = benchmark_flops({"small": config}, {"small": {"targets": 200}}, topology="ntu_rgbd", bodies=1)
    assert measured["small targets"] == 100 and measured["small targets, published"] == 200
    assert measured["small targets, ours over published"] == 0.5 and measured["small encoder GFLOPs"] > 0


SIZE = ("patch_length=4", "frames=16", *SMALL[:3])


def small(*overrides):
    return composed(*overrides, *SIZE) | {"device": "cpu"}


def test_train_compares_methods_in_one_run(tmp_path):
    configs = {
        "sjepa": small("objective=sjepa", "objective.predictor.depth=1"),
        "mamp": small("objective=mamp", "objective.decoder.depth=1"),
    }
    measured = benchmark_train(configs, "mamp", "ntu_rgbd", bodies=2, repeats=2, profiles=str(tmp_path))
    assert measured["mamp over mamp"] == 1
    assert measured["sjepa over mamp"] == pytest.approx(measured["sjepa bodies/s"] / measured["mamp bodies/s"])
    assert measured["sjepa clips/s"] == pytest.approx(measured["sjepa bodies/s"] / BODIES_PER_CLIP)
    assert measured["mamp over plain_mamp"] == pytest.approx(measured["mamp clips/s"] / measured["plain_mamp clips/s"])
    shares = [measured[f"mamp share of {part}"] for part in ("views", "forward", "backward", "update")]
    assert sum(shares) == pytest.approx(1)
    hours = configs["mamp"]["trainer"]["epochs"] * 40_091 / measured["mamp clips/s"] / 3600
    assert measured["mamp hours of its recipe"] == pytest.approx(hours)
    assert 0 < measured["mamp share of that product"]
    for name in configs:
        assert json.loads((tmp_path / f"profile_{name}.json").read_text())["traceEvents"]


def test_the_plain_way_does_the_same_mathematics(topology):
    """As many operations and parameters a body as MAMP here, at the same sizes."""
    config = composed("experiment=mamp_ntu60_xsub", "objective.decoder.depth=5") | {"device": "cpu"}
    objective, views = build_method(config, topology)
    own = TrainingStep(objective, lambda: views(random_walks(2, 120, topology)), torch.device("cpu"), "fp32").flops()
    plain = PlainMAMP(120, 4, 25, 3, dim=256, depth=8, heads=8, decoder_depth=5)
    with FlopCounterMode(display=False) as counter:
        plain(plain_batch(made_up_clips(1, 25, 3), 120)).backward()
    assert counter.get_total_flops() == pytest.approx(own, rel=0.02)
    sizes = [sum(p.numel() for p in module.parameters()) for module in (plain, objective)]
    assert sizes[0] == pytest.approx(sizes[1], rel=0.02)


def test_plain_batches():
    clips = made_up_clips(3, 25, 3)
    batch = plain_batch(clips, 120)
    assert batch.shape == (3, 2, 120, 25, 3) and not batch[1, 1].any() and batch[0, 1].any()
    assert PlainMAMP(120, 4, 25, 3, 16, 1, 2, 1)(batch).item() == pytest.approx(1, abs=0.3)  # of unit variance


def test_losses_of_a_fast_training_are_a_plain_ones(store_path):
    """Float32 leaves the order of additions, which bfloat16 is far above; both stay near the plain training."""
    own = small("objective=mamp", "objective.decoder.depth=1", "dataset=store", f"dataset.root={store_path}")
    own["trainer"] |= {"batch_size": 8}
    measured = benchmark_losses({"a": own | {"precision": "bf16"}, "b": own | {"precision": "fp32"}}, steps=3)
    assert measured["a largest difference, float32"] < 1e-5 < measured["a largest difference"] < 0.02
    assert measured["b largest difference"] == measured["b largest difference, float32"]
    for name in "ab":
        ratio = measured[f"{name} loss at the end"] / measured[f"{name} loss at the end, plain"]
        assert measured[f"{name} difference at the end"] == pytest.approx(abs(ratio - 1))
    with pytest.raises(ConfigError, match="steps must be at most the [0-9]+ of the recipe, found 100000"):
        benchmark_losses({"a": own}, steps=100_000)


def test_a_plain_training_neither_fuses_nor_uses_a_kernel_of_attention(store_path, monkeypatch):
    own = small("objective=mamp", "objective.decoder.depth=1", "dataset=store", f"dataset.root={store_path}")
    own["trainer"] |= {"batch_size": 8}
    seen = []

    def fit(trainer):
        flash = torch.backends.cuda.flash_sdp_enabled()
        seen.append((flash, trainer.precision, {group["fused"] for group in trainer.optimizer.param_groups}))
        return own_fit(trainer)

    own_fit = Trainer.fit
    monkeypatch.setattr(Trainer, "fit", fit)
    benchmark_losses({"a": own | {"precision": "bf16"}}, steps=1)
    assert seen == [(False, "fp32", {False}), (True, "fp32", {True}), (True, "bf16", {True})]


def test_programs_are_compared():
    measured = benchmark_programs({"a": small()}, "ntu_rgbd", bodies=3, repeats=1, latencies=1)
    assert measured["a largest difference"] < 1e-4
    for what in ("bodies/s", "single, ms"):
        assert all(measured[f"a {key} {what}"] > 0 for key in ("PyTorch", "onnxruntime"))
    rates = [measured[f"a {key} bodies/s"] for key in ("onnxruntime", "PyTorch")]
    assert measured["a onnxruntime over PyTorch, batch"] == pytest.approx(rates[0] / rates[1])


def test_encode_reports_speed_and_latency():
    measured = benchmark_encode({"a": small()}, "ntu_rgbd", bodies=4, repeats=2, latencies=5)
    assert measured["a bodies/s"] > 0
    for what in ("single", "streamed frame"):
        assert 0 < measured[f"a {what}, ms, p50"] <= measured[f"a {what}, ms, p99"]


def test_scaling_reports_every_point():
    config = small("objective=mamp", "objective.decoder.depth=1") | {"precision": "fp32"}  # no copies of weights
    sizes = dict(frames=[16, 32], batches=[2, 4], topologies=["sbu_15", "ntu_rgbd"])
    measured = benchmark_scaling({"mamp": config}, "ntu_rgbd", bodies=2, repeats=1, **sizes)
    points = ["frames 16", "frames 32", "bodies 2", "bodies 4", "joints 15", "joints 25"]
    expected = {f"mamp {point}, {unit}" for point in points for unit in ("ms", "MiB")}
    expected |= {f"mamp {point}, exponent{of}" for point in points[1::2] for of in ("", " of memory")}
    assert set(measured) == expected
    # Twice the bodies: twice the operations, and twice the activations.
    assert measured["mamp bodies 4, MiB"] == pytest.approx(2 * measured["mamp bodies 2, MiB"], rel=0.01)
    assert measured["mamp bodies 4, exponent of memory"] == pytest.approx(1, abs=0.01)


def test_bytes_that_a_forward_pass_keeps():
    """A linear layer keeps its input, a tanh its output; weights are not counted."""

    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = nn.Linear(8, 4)

        def forward(self, x):
            return self.linear(x).tanh().sum(), {}

    step = TrainingStep(Two(), lambda: (torch.randn(16, 8),), torch.device("cpu"), "fp32")
    assert step.kept_bytes() == 4 * 16 * (8 + 4)


def test_the_verb_prints_a_table_and_writes_json(tmp_path, monkeypatch, capsys):
    out = tmp_path / "store.json"
    arguments = ["store", "benchmark.sizes.clips=20", "benchmark.sizes.repeats=2", f"out={out}"]
    monkeypatch.setattr(sys, "argv", ["benchmark", *_name_first(arguments)])
    monkeypatch.chdir(tmp_path)
    main()
    assert "open_seconds" in capsys.readouterr().out
    record = json.loads(out.read_text())
    assert record["benchmark"] == "store" and record["measured"]["clips"] == 20 and record["sizes"]["clips"] == 20
    assert {"device", "versions", "command", "date"} <= record.keys() and record["command"].endswith(str(out))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["store", "benchmark.sizes.repeats=0"], "benchmark.sizes: repeats must be at least 1, found 0"),
        (["flops", "benchmark.sizes.bodies=a"], "benchmark.sizes.bodies must be a whole number, found 'a'"),
        (["flops", "+benchmark.sizes.foo=1"], "benchmark.sizes has no foo"),
        (["flops", "recipe=[3]"], "recipe must be a list of overrides"),
        (["flops", "recipe=abc"], "recipe must be a list of overrides"),
        (["train", "benchmark.sizes.reference=foo"], "benchmark.sizes.reference must be one of mamp, .*found 'foo'"),
        (
            ["store", "out=/nowhere/at/all.json"],
            "out must be a file that ends in .json, in a folder that exists, found '/nowhere/at/all.json'",
        ),
        (
            ["store", "benchmark.name=speed"],
            "benchmark must be one of data, .*, losses, found 'speed'",
        ),
    ],
)
def test_bad_options_are_refused_before_anything_is_measured(arguments, message, monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(sys, "argv", ["benchmark", *_name_first(arguments)])
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit):
        main()
    assert re.search(f"^error: .*{message}", capsys.readouterr().err)


def test_the_first_word_names_the_benchmark():
    assert _name_first(["data", "out=x"]) == ["benchmark=data", "out=x"]
    assert _name_first(["out=x"]) == ["out=x"] and _name_first(["--help"]) == ["--help"]
