from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from skgraph.evaluation.features.windows import window_label, window_starts
from skgraph.evaluation.results.segments import detection_map, find_segments, frame_scores


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


def rows(*segments):
    return torch.tensor(segments, dtype=torch.long).reshape(-1, 3)


def detections(*rows_and_scores):
    """Predictions of a recording from (label, start, end, score)."""
    return rows(*(row[:3] for row in rows_and_scores)), torch.tensor([row[3] for row in rows_and_scores])


NOTHING = detections()


def test_average_precision_by_hand():
    """Right, wrong, right of 3 segments: precision 1, 1/2, 2/3 at recalls 1/3, 1/3, 2/3."""
    truth = [rows((0, 0, 10), (0, 20, 30), (0, 40, 50))]
    predictions = [detections((0, 0, 10, 0.9), (0, 60, 70, 0.8), (0, 21, 30, 0.7))]
    mean, average = detection_map(predictions, truth, 1, 0.5)
    assert mean == pytest.approx((1 + 2 / 3) / 3)
    assert average.dtype == torch.double and average.tolist() == [mean]


def test_interpolation_takes_the_best_precision_of_any_larger_recall():
    """Wrong, right, right, of 2 segments: precision 0, 1/2, 2/3, so 2/3 at both recalls."""
    truth = [rows((0, 0, 10), (0, 20, 30))]
    predictions = [detections((0, 60, 70, 0.9), (0, 0, 10, 0.8), (0, 20, 30, 0.7))]
    assert detection_map(predictions, truth, 1, 0.5)[0] == pytest.approx(2 / 3)


def test_classes_without_segments_are_left_out_of_the_mean():
    truth = [rows((0, 0, 10)), rows((2, 0, 10))]
    predictions = [detections((0, 0, 10, 0.5), (1, 0, 10, 0.9)), NOTHING]
    mean, average = detection_map(predictions, truth, 4, 0.5)
    assert mean == 0.5
    assert average[0] == 1 and average[2] == 0 and average[[1, 3]].isnan().all()


def test_right_label_in_the_wrong_recording_or_wrong_label():
    truth = [rows((0, 0, 10)), rows((1, 0, 10))]
    predictions = [detections((1, 0, 10, 0.9)), detections((0, 0, 10, 0.9))]
    assert detection_map(predictions, truth, 2, 0.1)[0] == 0


@pytest.mark.parametrize(
    ("iou", "start", "end"),
    [(0.5, 0, 5), (0.5, 0, 20), (0.3, 7, 10), (0.1, 9, 10), (1.0, 0, 10), (0.7, 0, 7), (0.6, 4, 10)],
)
def test_overlap_at_the_threshold_counts(iou, start, end):
    predictions, truth = [detections((0, start, end, 1.0))], [rows((0, 0, 10))]
    assert detection_map(predictions, truth, 1, iou)[0] == 1
    if iou < 1:
        assert detection_map(predictions, truth, 1, math.nextafter(iou, 1))[0] == 0


def test_thresholds_are_exact_for_every_length():
    for tenths in (1, 3, 5, 7):
        for length in range(10, 500, 10):
            predictions, truth = [detections((0, 0, length * tenths // 10, 1.0))], [rows((0, 0, length))]
            assert detection_map(predictions, truth, 1, tenths / 10)[0] == 1


def test_a_second_detection_is_wrong():
    truth = [rows((0, 0, 10), (0, 100, 110))]
    once = detections((0, 0, 10, 0.9), (0, 100, 110, 0.5))
    twice = detections((0, 0, 10, 0.9), (0, 0, 9, 0.8), (0, 100, 110, 0.5))
    assert detection_map([once], truth, 1, 0.5)[0] == 1
    assert detection_map([twice], truth, 1, 0.5)[0] == pytest.approx((1 + 2 / 3) / 2)


def test_a_prediction_takes_the_largest_overlap_that_is_free():
    truth = [rows((0, 0, 10), (0, 8, 18))]
    # The first overlaps the second segment more; the second one too, but must take the first segment.
    predictions = [detections((0, 5, 17, 0.9), (0, 5, 15, 0.8))]
    assert detection_map(predictions, truth, 1, 0.3)[0] == 1
    assert detection_map(predictions, truth, 1, 0.5)[0] == 0.5


def test_equal_scores_do_not_depend_on_the_order_given():
    truth = [rows((0, 0, 10)), rows((0, 0, 10))]
    given = [(0, 0, 10, 0.5), (0, 2, 10, 0.5), (0, 50, 60, 0.5), (0, 0, 8, 0.5)]
    results = [
        detection_map([detections(*order), detections((0, 1, 10, 0.5))], truth, 1, 0.5)[0]
        for order in (given, given[::-1], given[2:] + given[:2])
    ]
    # (0, 8) is right, (0, 10), (2, 10) and (50, 60) are not, and then the other recording's is.
    assert results == [pytest.approx((1 + 2 / 5) / 2)] * 3


def test_no_predictions():
    mean, average = detection_map([NOTHING, NOTHING], [rows((0, 0, 10)), rows((1, 5, 9))], 2, 0.5)
    assert mean == 0 and average.tolist() == [0, 0]


def test_no_truth():
    mean, average = detection_map([detections((0, 0, 10, 0.5)), NOTHING], [rows(), rows()], 3, 0.5)
    assert math.isnan(mean) and average.shape == (3,) and average.isnan().all()
    mean, average = detection_map([], [], 3, 0.5)
    assert math.isnan(mean) and average.isnan().all()


def overlap(one, other):
    """IoU of two lists of frames, by counting."""
    one, other = set(range(*one)), set(range(*other))
    return len(one & other) / len(one | other)


def slow_average_precision(found, true, iou):
    """`found`: (score, recording, start, end, label), `true`: (recording, label, start, end); one frame at a time."""
    ranked = sorted(found, key=lambda f: (-f[0], f[1], f[2], f[3], f[4]))
    free, right = list(true), []
    for _, recording, start, end, label in ranked:
        best = None
        for segment in free:
            if segment[:2] == (recording, label):
                shared = overlap((start, end), segment[2:])
                if shared >= iou and (best is None or shared > best[0]):
                    best = shared, segment
        right.append(best is not None)
        if best is not None:
            free.remove(best[1])
    points = [(sum(right[:n]) / len(true), sum(right[:n]) / n) for n in range(1, len(right) + 1)]
    area, recall = 0.0, 0.0
    for reached in sorted({r for r, _ in points if r > 0}):
        area += (reached - recall) * max(precision for r, precision in points if r >= reached)
        recall = reached
    return area


@pytest.mark.parametrize("iou", [0.1, 0.3, 0.5, 0.8])
@pytest.mark.parametrize("seed", range(3))
def test_against_a_slow_reference(seed, iou):
    """400 detections of 120 segments in 6 recordings; scores of one decimal, so that many are equal."""
    rng = np.random.default_rng(seed)
    classes, recordings = 5, 6
    true = [
        (
            int(rng.integers(recordings)),
            int(rng.integers(classes - 1)),
            s := int(rng.integers(200)),
            s + int(rng.integers(5, 40)),
        )
        for _ in range(120)
    ]
    found = []
    for _ in range(400):
        recording, label, start, end = true[rng.integers(len(true))]
        start = max(0, start + int(rng.integers(-6, 7)))
        end = max(start + 1, end + int(rng.integers(-6, 7)))
        label = int(rng.integers(classes)) if rng.random() < 0.3 else label
        found.append((round(float(rng.random()), 1), recording, start, end, label))
    truth = [rows(*(t[1:] for t in true if t[0] == r)) for r in range(recordings)]
    ordered = [t for r in range(recordings) for t in true if t[0] == r]
    predictions = [
        (
            rows(*((f[4], f[2], f[3]) for f in found if f[1] == r)),
            torch.tensor([f[0] for f in found if f[1] == r], dtype=torch.double),
        )
        for r in range(recordings)
    ]

    mean, average = detection_map(predictions, truth, classes, iou)
    expected = [
        slow_average_precision([f for f in found if f[4] == c], [t for t in ordered if t[1] == c], iou)
        for c in range(classes - 1)
    ]
    assert average[:-1].tolist() == pytest.approx(expected) and average[-1].isnan()  # no segment has the last label
    assert mean == pytest.approx(np.mean(expected)) and 0.05 < mean < 1
