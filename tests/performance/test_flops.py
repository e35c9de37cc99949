import pytest

from skgraph.performance.flops import benchmark_flops
from tests.performance.small import MAMP, small_pretraining
from tests.test_configs import composed

# GFP (ICCV 2025), Table 1: GFLOPs of a two-body clip, with tolerances.
PUBLISHED = {
    "gfp": {"encoder": (1.97, 0.05), "decoder": (1.57, 0.10), "target_network": (0.64, 0.10), "targets": (251, 0)},
    "mamp": {"encoder": (1.97, 0.05), "decoder": (17.70, 0.05), "targets": (750, 0), "inference": (28.32, 0.05)},
}


def count(config, bodies):
    measured = benchmark_flops(config, "ntu_rgbd", bodies, published={})
    return {key.removesuffix(" GFLOPs"): value for key, value in measured.items()}


@pytest.mark.parametrize("method", PUBLISHED)
def test_modules_cost_as_much_as_the_paper_says(method):
    depth = ["objective.decoder.depth=5"] * (method == "mamp")
    counted = count(composed(f"experiment={method}_ntu60_xsub", *depth), bodies=2)
    for component, (published, tolerance) in PUBLISHED[method].items():
        assert counted[component] == pytest.approx(published, rel=tolerance), component


def test_slim_computes_much_less_but_more_than_its_paper_says():
    config = composed("experiment=slim_ntu60_xsub", "objective.prototypes=8", "objective.hidden_dim=8")
    counted = count(config, bodies=2)
    tokens, dim, hidden = 205, 256, 688
    linear = tokens * (4 * dim * dim + 3 * dim * hidden)
    block = 2 * linear + 2 * 2 * tokens * tokens * dim
    whole = 2 * (8 * block + 2 * 200 * 24 * dim) / 1e9  # two bodies; the patch embedding
    assert counted["inference"] == pytest.approx(whole) == pytest.approx(5.88, abs=0.01)  # 3.59 in the paper
    assert counted["target_encoder"] == pytest.approx(2 * counted["inference"])  # two global crops
    shorter = sum(
        number * 8 * (2 * t * (linear / tokens) + 4 * t * t * dim) for number, t in ((1, 105), (2, 55), (1, 30))
    )
    patches = 2 * 24 * dim * (100 + 2 * 50 + 25)
    assert counted["encoder"] == pytest.approx(2 * counted["inference"] + 4 * (shorter + patches) / 1e9)


def test_a_linear_layer_costs_two_operations_per_weight():
    one, two = (count(small_pretraining(*MAMP), bodies) for bodies in (1, 2))
    assert two["encoder"] == pytest.approx(2 * one["encoder"]) and one["targets"] == 4 * 25
    assert one["total"] == pytest.approx(one["encoder"] + one["decoder"])
    tokens, dim, patch = 10, 16, 12  # visible tokens, width, coordinates of a token; one block
    layers = 2 * tokens * (patch * dim + 4 * dim * dim + 8 * dim * dim)
    attention = 2 * 2 * tokens * tokens * dim
    assert one["encoder"] * 1e9 == layers + attention


def test_published_counts_stand_beside_ours():
    measured = benchmark_flops(small_pretraining(*MAMP), "ntu_rgbd", bodies=1, published={"targets": 200})
    assert measured["targets"] == 100 and measured["targets, published"] == 200
    assert measured["targets, ours over published"] == 0.5 and measured["encoder GFLOPs"] > 0
