from __future__ import annotations

import numpy as np
import pytest

from skgraph.data import SkeletonDataset
from skgraph.errors import ConfigError, DataError
from skgraph.evaluation.features.windows import sliding_windows
from skgraph.recognition import SkeletonStream


def test_a_whole_window_says_what_the_clip_says(recogniser, store):
    clip = store.clip(1)  # one body
    length = clip.joints.size(1)
    stream = SkeletonStream(recogniser, window=length, every=length)
    answers = [stream.push(frame) for frame in clip.joints[0].numpy()]
    assert answers[:-1] == [None] * (length - 1)
    dataset = SkeletonDataset(store, frames=16)[1:2]
    (wanted,) = recogniser.window_probabilities(dataset, sliding_windows(dataset, None), recogniser.views(store))
    assert answers[-1].probabilities == pytest.approx(wanted.numpy(), abs=1e-5)
    assert answers[-1].frame == length - 1 and answers[-1].label == recogniser.class_names[int(wanted.argmax())]
    assert answers[-1].probability == pytest.approx(float(wanted.max()), abs=1e-5)


def test_only_the_last_frames_count(recogniser, store):
    frames = store.clip(1).joints[0].numpy()
    long, short = SkeletonStream(recogniser, window=10), SkeletonStream(recogniser, window=10)
    for frame in np.random.default_rng(0).normal(size=(30, 25, 3)):
        long.push(frame)
    for frame in frames[:10]:
        a, b = long.push(frame), short.push(frame)
    assert a.probabilities == pytest.approx(b.probabilities, abs=1e-6) and (a.frame, b.frame) == (39, 9)
    long.reset()
    assert long.push(frames[0]).frame == 0


def test_two_bodies_one_of_which_is_away(recogniser, store):
    frames = store.clip(1).joints[0].numpy()[:12]
    alone, pair = SkeletonStream(recogniser, window=12), SkeletonStream(recogniser, window=12, bodies=2)
    for frame in frames:
        a = alone.push(frame)
        b = pair.push(np.stack([frame, np.full_like(frame, np.nan)]))
    assert a.probabilities == pytest.approx(b.probabilities, abs=1e-6)
    c = pair.push(np.stack([frames[0], frames[5] + 1]))
    assert np.abs(c.probabilities - b.probabilities).max() > 0


def test_answers_every_so_many_frames(recogniser):
    stream = SkeletonStream(recogniser, window=5, every=3)
    answered = [stream.push(np.ones((25, 3))) is not None for _ in range(9)]
    assert answered == [False, False, True] * 3


def test_a_frame_that_does_not_fit_is_refused_and_the_stream_goes_on(recogniser):
    stream = SkeletonStream(recogniser, window=5)
    half = np.ones((25, 3))
    half[3] = np.nan
    for frame, message in (
        (np.ones((20, 3)), r"frame 1 must be \[25, 3\].*found \[1, 20, 3\]: ntu_rgbd has 25 joints"),
        (np.ones((2, 25, 3)), r"up to 1 bodies of that, found \[2, 25, 3\]"),
        (half, "infinite numbers, or a body of which only some joints are given"),
        (np.full((25, 3), np.inf), "infinite"),
    ):
        stream.reset()
        stream.push(np.ones((25, 3)))
        with pytest.raises(DataError, match=message):
            stream.push(frame)
        assert stream.push(np.ones((25, 3))).frame == 1
    with pytest.raises(ConfigError, match="SkeletonStream: window must be at least 1, found 0"):
        SkeletonStream(recogniser, window=0)
