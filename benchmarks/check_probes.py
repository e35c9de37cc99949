"""Agreement of the probes with scikit-learn's on the features of a run, or on random features without arguments.

pip install scikit-learn -c constraints.txt
python -m benchmarks.check_probes runs/NAME
"""

import sys

import torch
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler, normalize

from skgraph import SkeletonDataset
from skgraph.build import open_store
from skgraph.evaluation import Features, PretrainedRun, clip_features, knn_scores, linear_scores, retrieve, top_k

if len(sys.argv) > 1:
    run = PretrainedRun.open(sys.argv[1])
    store, split = open_store(run.config["dataset"], write=False)
    datasets = [SkeletonDataset(store, split, side, frames=run.config["frames"]) for side in ("train", "test")]
    encoder, views = run.encoder(), run.views(store.topology)
    train, test = (clip_features(encoder, clips, views, torch.device("cpu")) for clips in datasets)
    classes = len(store.class_names)
else:
    torch.manual_seed(0)
    y, classes = torch.arange(600) % 8, 8
    features = Features(torch.randn(600, 16) + 2 * torch.eye(8, 16)[y], y, torch.arange(600))
    train, test = features[:400], features[400:]

(logits,) = linear_scores(train.x, train.y, [test.x], classes)
scaler = StandardScaler().fit(train.x)
theirs = LogisticRegression(max_iter=5000, tol=1e-8).fit(scaler.transform(train.x), train.y)
accuracy = 100 * theirs.score(scaler.transform(test.x), test.y)
print(f"linear      {top_k(logits, test.y):6.2f}    scikit-learn {accuracy:6.2f}")

for k in (1, 5, 10, 20):
    votes = knn_scores(train.x, train.y, test.x, classes, k)
    neighbours = KNeighborsClassifier(k, metric="cosine").fit(normalize(train.x), train.y)
    predicted = torch.from_numpy(neighbours.predict(normalize(test.x)))
    accuracy = 100 * float((predicted == test.y).float().mean())
    same = int((votes.argmax(dim=1) == predicted).sum())
    print(
        f"kNN, k {k:<3}  {top_k(votes, test.y):6.2f}    scikit-learn {accuracy:6.2f}    "
        f"the same label for {same} of {len(predicted)} clips"
    )

_, metrics = retrieve(train.x, train.y, test.x, test.y, classes)
similarity = torch.nn.functional.normalize(test.x, dim=1) @ torch.nn.functional.normalize(train.x, dim=1).T
average = [average_precision_score(train.y == y, row) for y, row in zip(test.y, similarity, strict=True)]
print(f"mAP         {metrics['map']:6.2f}    scikit-learn {100 * sum(average) / len(average):6.2f}")
