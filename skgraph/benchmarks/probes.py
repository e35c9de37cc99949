"""How long the probes take on features that are already there."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch
from torch.nn import functional as F

from skgraph.evaluation import build_protocol, knn_scores, linear_scores, retrieve
from skgraph.evaluation.features import Features
from skgraph.evaluation.protocols import Supervised


def benchmark_probes(clips: int, queries: int, dim: int, classes: int, epochs: int) -> dict[str, float]:
    """Probe random features whose classes overlap, as many as NTU-60 X-sub has.

    Args:
        clips: training clips.
        queries: test clips.
        dim: width of the features.
        classes: labels.
        epochs: of the linear probe by gradient descent, MAMP's with fixed features.

    Returns:
        seconds of each probe, and by how much the process grows at most in nearest neighbours and retrieval, in MiB.
    """
    generator = torch.Generator().manual_seed(0)
    train = _features(clips, dim, classes, generator)
    test = _features(queries, dim, classes, generator)
    recipe = build_protocol("linear_mamp")
    assert isinstance(recipe, Supervised)
    recipe = replace(recipe, epochs=epochs, score_every=epochs)
    linear = _seconds(lambda: recipe.fit_head(train, [test], classes, torch.device("cpu"), seed=0))
    exact = _seconds(lambda: linear_scores(train.x, train.y, [test.x], classes))
    with _Growth() as knn_memory:
        knn = _seconds(lambda: knn_scores(train.x, train.y, test.x, classes, k=20))
    with _Growth() as retrieval_memory:
        retrieval = _seconds(lambda: retrieve(train.x, train.y, test.x, test.y, classes))
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


def _seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


class _Growth:
    """By how much the resident memory of the process grows at most inside a block, in MiB, looked at every 10 ms."""

    def __enter__(self) -> _Growth:
        self._before, self.mib, self._ends = _resident_mib(), 0.0, threading.Event()
        self._watch = threading.Thread(target=self._look, daemon=True)
        self._watch.start()
        return self

    def _look(self) -> None:
        while not self._ends.wait(0.01):
            self.mib = max(self.mib, _resident_mib() - self._before)

    def __exit__(self, *_: object) -> None:
        self._ends.set()
        self._watch.join()


def _resident_mib() -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return float("nan")
