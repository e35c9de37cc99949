"""Probes of `skgraph.evaluate` on raw coordinates, the baseline of every encoder.

    python raw_coordinates.py data/mine xsub

Without arguments, the synthetic dataset is used.
"""

import sys

import torch

from skgraph.build import open_store
from skgraph.data import SkeletonDataset
from skgraph.evaluation import knn_scores, linear_scores, top_k
from skgraph.transforms import AlignBody, Center, Compose

if len(sys.argv) > 1:
    dataset = {"root": sys.argv[1], "split": sys.argv[2] if len(sys.argv) > 2 else None}
else:  # written on first use
    dataset = {"root": "data/small_synthetic", "synthetic": {"subjects": 4, "repetitions": 1}}
store, split = open_store(dataset)
# Origin at the hips in every frame, facing forward in the first.
normalise = Compose([AlignBody(store.topology, yaw_only=True), Center(store.topology, mode="frame")])


def coordinates(side):
    """Return the main body of every clip as one vector of 32 frames, and the labels."""
    clips = SkeletonDataset(store, split, side, items="clips", frames=32, crop=(1.0, 1.0))
    graphs = normalise(clips.batch(torch.arange(len(clips))))
    return graphs.joints[:, 0].flatten(1), graphs.y


train_x, train_y = coordinates("train")
test_x, test_y = coordinates("test")
classes = len(store.class_names)
(logits,) = linear_scores(train_x, train_y, [test_x], classes)
for name, scores in (
    ("1-NN (cosine)", knn_scores(train_x, train_y, test_x, classes)),
    ("logistic regression", logits),
):
    print(f"{name:<20} {top_k(scores, test_y):5.1f} % of {len(test_y)} test clips")
