from __future__ import annotations

import numpy as np
import pytest
import torch

from skgraph.data import SkeletonDataset
from skgraph.errors import ConfigError
from skgraph.evaluation.features.windows import sliding_windows, window_label, window_starts


@pytest.mark.parametrize(
    ("length", "width", "stride", "starts"),
    [
        (10, 4, 2, [0, 2, 4, 6]),
        (10, 4, 4, [0, 4, 6]),  # the last one moves on by 2
        (10, 4, 3, [0, 3, 6]),
        (11, 4, 3, [0, 3, 6, 7]),
        (4, 4, 1, [0]),
        (3, 4, 2, [0]),  # shorter than a window
        (1, 1, 1, [0]),
    ],
)
def test_window_starts(length, width, stride, starts):
    assert window_starts(length, width, stride).tolist() == starts


def test_windows_cover_every_frame():
    for length in range(1, 30):
        for width in range(1, 12):
            for stride in range(1, width + 1):
                starts = window_starts(length, width, stride)
                covered = {frame for start in starts.tolist() for frame in range(start, start + width)}
                assert set(range(length)) <= covered
                assert length < width or int(starts[-1]) + width == length
                assert (starts.diff() > 0).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0, 4, 2), "at least 1 frame, found 0 and 4"),
        ((5, 0, 1), "at least 1 frame, found 5 and 0"),
        ((5, 4, 5), "stride must be 1 to 4, the width, so that no frame is left out; found 5"),
        ((5, 4, 0), "stride must be 1 to 4.*found 0"),
    ],
)
def test_bad_windows(arguments, message):
    with pytest.raises(ConfigError, match=message):
        window_starts(*arguments)


def test_window_label_is_the_majority():
    labels = torch.tensor([-1, -1, 2, 2, 2, 0, 0, 0, -1, -1])
    # Background and 2 tie; 2 by 3 to 1; 2 and 0 tie; 0 by 3 to 1; 0 and background tie.
    assert window_label(labels, torch.tensor([0, 1, 3, 4, 6]), 4).tolist() == [-1, 2, 0, 0, -1]
    assert window_label(labels[:3], torch.tensor([0]), 4).tolist() == [-1]  # reaches beyond the end
    assert window_label(torch.full((5,), -1), torch.tensor([0, 1]), 4).tolist() == [-1, -1]


def test_window_label_counts_as_a_loop_does():
    rng = np.random.default_rng(0)
    labels = torch.from_numpy(np.repeat(rng.integers(-1, 4, 60), rng.integers(1, 9, 60)))
    starts = window_starts(len(labels), 11, 3)
    for start, label in zip(starts.tolist(), window_label(labels, starts, 11).tolist(), strict=True):
        window = labels[start : start + 11].tolist()
        assert label == max(sorted(set(window)), key=window.count)


def test_windows_of_a_dataset(store):
    test = SkeletonDataset(store, "xsub", "test", frames=16)[3:5]
    windows = sliding_windows(test, 8, 4)
    lengths = store.length[test.clips].tolist()
    assert windows.count == [len(window_starts(length, 8, 4)) for length in lengths]
    assert windows.row.unique().tolist() == list(test.indices()) and (windows.width == 8).all()
    whole = sliding_windows(test, None)
    assert whole.width.tolist() == lengths and whole.start.tolist() == [0, 0] and whole.count == [1, 1]
    assert sliding_windows(test, 10**6, 1).width.tolist() == lengths
