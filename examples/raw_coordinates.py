"""Probes of `skgraph.evaluate` on raw coordinates, the baseline of every encoder.

    python raw_coordinates.py data/mine xsub

Without arguments, the synthetic dataset is used.
"""

import sys

from skgraph.build import open_store
from skgraph.data import SkeletonDataset
from skgraph.evaluation import knn_scores, linear_scores, raw_clip_features, top_k

if len(sys.argv) > 1:
    dataset = {"root": sys.argv[1], "split": sys.argv[2] if len(sys.argv) > 2 else None}
else:  # written on first use
    dataset = {"root": "data/small_synthetic", "synthetic": {"subjects": 4, "repetitions": 1}}
store, split = open_store(dataset)
train, test = (raw_clip_features(SkeletonDataset(store, split, side)) for side in ("train", "test"))
classes = len(store.class_names)
(logits,) = linear_scores(train.x, train.y, [test.x], classes)
for name, scores in (
    ("1-NN (cosine)", knn_scores(train.x, train.y, test.x, classes)),
    ("logistic regression", logits),
):
    print(f"{name:<20} {top_k(scores, test.y):5.1f} % of {len(test.y)} test clips")
