"""Time and memory of the probes on precomputed features."""

from __future__ import annotations

import threading
from dataclasses import replace

import torch
from torch.nn import functional as F

from benchmarks.process import memory_mib, wall_seconds
from skgraph.evaluation import build_protocol, knn_scores, linear_scores, retrieve
from skgraph.evaluation.features.clip_features import Features
from skgraph.evaluation.protocols.supervised import Supervised


def benchmark_probes(clips: int, queries: int, dim: int, classes: int, epochs: int) -> dict[str, float]:
    """Probe random features of overlapping classes.

    Args:
        clips: training clips.
        queries: test clips.
        dim: width of the features.
        classes: number of classes.
        epochs: epochs of the linear probe by gradient descent, MAMP's with fixed features.

    Returns:
        Seconds of each probe, and the peak growth of memory in nearest neighbours and retrieval, in MiB.
    """
    generator = torch.Generator().manual_seed(0)
    train = _features(clips, dim, classes, generator)
    test = _features(queries, dim, classes, generator)
    recipe = build_protocol("linear_mamp")
    assert isinstance(recipe, Supervised)
    recipe = replace(recipe, epochs=epochs, score_every=epochs)
    linear = wall_seconds(lambda: recipe.fit_head(train, [test], classes, torch.device("cpu"), seed=0))
    exact = wall_seconds(lambda: linear_scores(train.x, train.y, [test.x], classes))
    with _MemoryGrowth() as knn_memory:
        knn = wall_seconds(lambda: knn_scores(train.x, train.y, test.x, classes, k=20))
    with _MemoryGrowth() as retrieval_memory:
        retrieval = wall_seconds(lambda: retrieve(train.x, train.y, test.x, test.y, classes))
    return {
        "clips": clips,
        "queries": queries,
        "dim": dim,
        "classes": classes,
        "epochs": epochs,
        "linear_mamp_seconds": linear,
        "linear_exact_seconds": exact,
        "knn_seconds": knn,
        "knn_growth_mib": knn_memory.mib,
        "retrieval_seconds": retrieval,
        "retrieval_growth_mib": retrieval_memory.mib,
    }


def _features(clips: int, dim: int, classes: int, generator: torch.Generator) -> Features:
    y = torch.randint(classes, (clips,), generator=generator)
    x = torch.randn(clips, dim, generator=generator) + 2 * F.one_hot(y, dim).float()
    return Features(x, y, torch.arange(clips))


class _MemoryGrowth:
    """Measure the peak growth of the process's resident memory inside a block, in MiB, sampled every 10 ms."""

    def __enter__(self) -> _MemoryGrowth:
        self._before, self.mib, self._end = memory_mib("VmRSS"), 0.0, threading.Event()
        self._sampler = threading.Thread(target=self._sample, daemon=True)
        self._sampler.start()
        return self

    def _sample(self) -> None:
        while not self._end.wait(0.01):
            self.mib = max(self.mib, memory_mib("VmRSS") - self._before)

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._sampler.join()
