from __future__ import annotations

import torch

from skgraph.data.temporal import centre_windows, extended_length, fold_positions, sample_positions, sample_windows


def test_positions_of_a_window_of_that_many_frames_are_its_frames():
    positions = sample_positions(torch.tensor([3]), torch.tensor([5]), 5)
    assert positions.tolist() == [[3, 4, 5, 6, 7]]


def test_positions_equal_torch_interpolation():
    x = torch.randn(1, 1, 17)
    expected = torch.nn.functional.interpolate(x, size=40, mode="linear", align_corners=False)[0, 0]
    at = sample_positions(torch.tensor([0]), torch.tensor([17]), 40)[0]
    low = at.floor().long()
    high = (low + 1).clamp(max=16)
    assert torch.allclose(torch.lerp(x[0, 0, low], x[0, 0, high], at - low), expected, atol=1e-5)


def test_a_single_frame_repeats():
    assert sample_positions(torch.tensor([2]), torch.tensor([1]), 4).tolist() == [[2, 2, 2, 2]]


def test_random_windows_lie_inside():
    length = torch.randint(1, 90, (2000,), generator=torch.Generator().manual_seed(0))
    start, width = sample_windows(length, 0.5, 1.0, torch.Generator().manual_seed(1), min_frames=16)
    assert (start >= 0).all() and (start + width <= length).all() and (width >= 1).all()
    assert (width >= torch.minimum(length, torch.tensor(16))).all()
    long = length > 40
    share = (width / length)[long]
    assert share.min() >= 0.48 and share.max() <= 1.0 and share.std() > 0.1


def test_random_windows_reach_both_ends():
    length = torch.full((3000,), 10)
    start, width = sample_windows(length, 0.5, 0.5, torch.Generator().manual_seed(0))
    assert width.unique().tolist() == [5] and start.unique().tolist() == [0, 1, 2, 3, 4, 5]


def test_centre_windows():
    start, width = centre_windows(torch.tensor([100, 7]), 0.9)
    assert start.tolist() == [4, 0] and width.tolist() == [92, 7]  # (1 - 0.9) * 100 / 2 is a little less than 5


def test_the_centre_has_the_frames_of_published_test_crops():
    """``data[margin : n - margin]`` with ``margin = int((1 - p) * n / 2)``, in double precision."""
    length = torch.arange(1, 301)
    for proportion in (0.5, 0.9, 0.95, 1.0):
        margins = [int((1 - proportion) * n / 2) for n in length.tolist()]
        start, width = centre_windows(length, proportion)
        assert start.tolist() == margins
        assert (start + width).tolist() == [n - margin for n, margin in zip(length.tolist(), margins, strict=True)]


def test_a_short_sequence_is_played_forwards_and_backwards():
    for frames in (1, 2, 7, 75, 149, 150, 200):
        sequence = torch.randn(frames)
        blocks, last = [sequence], sequence  # one copy after another, as in SLiM's own words
        while sum(map(len, blocks)) < 150:
            last = last.flip(0)
            blocks.append(last)
        extended, length = torch.cat(blocks), torch.tensor([frames])
        assert extended_length(length, 150).tolist() == [len(extended)]
        whole = fold_positions(torch.arange(len(extended))[None].float(), length)[0]
        assert torch.equal(sequence[whole.long()], extended)
        at = torch.rand(1, 50) * (len(extended) - 1)  # between two frames of the extended sequence
        low = at.floor().long()[0]
        expected = torch.lerp(extended[low], extended[(low + 1).clamp(max=len(extended) - 1)], at[0] - low)
        inside = fold_positions(at, length)[0]
        low = inside.floor().long()
        read = torch.lerp(sequence[low], sequence[(low + 1).clamp(max=frames - 1)], inside - low)
        assert torch.allclose(read, expected, atol=1e-4)
