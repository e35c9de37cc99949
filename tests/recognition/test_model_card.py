from __future__ import annotations

from skgraph.evaluation import PretrainedRun, compare
from skgraph.evaluation.model_folder import Head
from skgraph.recognition.model_card import model_card


def test_what_a_card_says(run_folder, recogniser, store):
    (knn,) = compare(run_folder, store, "xsub", ["knn"], "cpu", "fp32", progress=False)
    run = PretrainedRun.open(run_folder)
    card = model_card(run, Head(recogniser.probe, recogniser.class_names, None))
    for text in (
        "| objective | SJEPA |",
        "| topology | ntu_rgbd, 25 joints, 3D |",
        "| classes | a, b, c, d |",
        run.content_hash[:16],
        f"| {knn.metrics['top1']:.1f} | {knn.random_init['top1']:.1f} |",
    ):
        assert text in card
    assert "classes" not in model_card(run)
