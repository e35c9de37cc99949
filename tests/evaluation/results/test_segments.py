from __future__ import annotations

import pytest
import torch

from skgraph.evaluation.features.windows import window_label, window_starts
from skgraph.evaluation.results.detection_map import detection_map
from skgraph.evaluation.results.segments import find_segments, frame_scores


def test_frame_scores_are_means_of_windows():
    starts = window_starts(7, 4, 2)  # 0, 2, 3
    scores = torch.tensor([[1.0, 0.0], [4.0, 2.0], [7.0, -2.0]])
    expected = [[1, 0], [1, 0], [2.5, 1], [4, 0], [5.5, 0], [5.5, 0], [7, -2]]
    assert torch.equal(frame_scores(scores, starts, 4, 7), torch.tensor(expected))
    assert torch.equal(frame_scores(scores[:1], torch.tensor([0]), 4, 2), scores[:1].expand(2, 2))


def test_frame_scores_against_a_loop():
    generator = torch.Generator().manual_seed(0)
    for length, width, stride in ((50, 8, 3), (20, 20, 5), (9, 16, 4), (31, 5, 1)):
        starts = window_starts(length, width, stride)
        scores = torch.randn(len(starts), 4, generator=generator, dtype=torch.double)
        expected = [
            scores[[i for i, start in enumerate(starts.tolist()) if start <= frame < start + width]].mean(dim=0)
            for frame in range(length)
        ]
        torch.testing.assert_close(frame_scores(scores, starts, width, length), torch.stack(expected))


def test_find_segments():
    # best columns: 0 0 2 2 2 1 0 0, where 2 is background
    scores = torch.tensor(
        [[3, 0, 1], [5, 0, 1], [0, 0, 1], [0, 1, 2], [0, 0, 9], [0, 4, 1], [2, 1, 0], [8, 0, 7]], dtype=torch.float
    )
    segments, score = find_segments(scores, background=2)
    assert segments.tolist() == [[0, 0, 2], [1, 5, 6], [0, 6, 8]]
    assert score.tolist() == [4, 4, 5]
    segments, score = find_segments(scores, background=2, min_length=2)
    assert segments.tolist() == [[0, 0, 2], [0, 6, 8]] and score.tolist() == [4, 5]
    segments, _ = find_segments(scores, background=0)
    assert segments.tolist() == [[2, 2, 5], [1, 5, 6]]
    segments, score = find_segments(scores[2:5], background=2)
    assert segments.shape == (0, 3) and segments.dtype == torch.long and score.shape == (0,)


def test_smoothing_closes_a_gap_and_averages_within_the_recording():
    scores = torch.tensor([[1.0, 0], [1, 0], [0, 1.2], [1, 0], [1, 0]])
    assert find_segments(scores, background=1)[0].tolist() == [[0, 0, 2], [0, 3, 5]]
    segments, score = find_segments(scores, background=1, smooth=3)
    assert segments.tolist() == [[0, 0, 5]]
    assert score.item() == pytest.approx((1 + 2 / 3 + 2 / 3 + 2 / 3 + 1) / 5)  # the ends have two frames
    segments, score = find_segments(scores[:2], background=1, smooth=101)
    assert segments.tolist() == [[0, 0, 2]] and score.item() == pytest.approx(1)


def test_what_windows_saw_is_found_again():
    """From true labels to windows, to scores that are right, and back to segments."""
    truth = torch.tensor([[0, 20, 60], [2, 90, 130], [0, 170, 230]])
    labels = torch.full((260,), -1)
    for label, start, end in truth.tolist():
        labels[start:end] = label
    starts = window_starts(260, 15, 2)
    seen = window_label(labels, starts, 15)
    scores = torch.nn.functional.one_hot(torch.where(seen < 0, 3, seen), 4).float()
    found = find_segments(frame_scores(scores, starts, 15, 260), background=3, min_length=5, smooth=3)
    assert (found[0] - truth).abs().max() <= 2
    assert detection_map([found], [truth], 3, 0.5)[0] == 1
