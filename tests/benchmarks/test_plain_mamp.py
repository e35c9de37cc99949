import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.plain_mamp import PlainMAMP, benchmark_plain_mamp, plain_batch, random_clips
from skgraph.performance.training_step import TrainingStep, build_method, random_walks
from tests.performance.small import MAMP, small_pretraining
from tests.test_configs import composed


def test_the_plain_mathematics_is_the_same(topology):
    """PlainMAMP has as many operations and parameters per body as MAMP of the same sizes."""
    config = composed("experiment=mamp_ntu60_xsub", "objective.decoder.depth=5") | {"device": "cpu"}
    objective, views = build_method(config, topology)
    ours = TrainingStep(objective, lambda: views(random_walks(2, 120, topology)), torch.device("cpu"), "fp32").flops()
    plain = PlainMAMP(120, 4, 25, 3, dim=256, depth=8, heads=8, decoder_depth=5)
    with FlopCounterMode(display=False) as counter:
        plain(plain_batch(random_clips(1, 25, 3), 120)).backward()
    assert counter.get_total_flops() == pytest.approx(ours, rel=0.02)
    sizes = [sum(p.numel() for p in module.parameters()) for module in (plain, objective)]
    assert sizes[0] == pytest.approx(sizes[1], rel=0.02)


def test_batches():
    batch = plain_batch(random_clips(3, 25, 3), 120)
    assert batch.shape == (3, 2, 120, 25, 3) and not batch[1, 1].any() and batch[0, 1].any()
    assert PlainMAMP(120, 4, 25, 3, 16, 1, 2, 1)(batch).item() == pytest.approx(1, abs=0.3)  # of unit variance


def test_the_ratio():
    sizes = dict(bodies=2, repeats=1, reference="mamp", plain_clips=1)
    measured = benchmark_plain_mamp({"mamp": small_pretraining(*MAMP)}, "ntu_rgbd", **sizes)
    assert measured["mamp over plain_mamp"] == pytest.approx(measured["mamp clips/s"] / measured["plain_mamp clips/s"])
