import tracemalloc

import numpy as np
import pytest

from benchmarks.raw_files.pku import label_text, pku_text, split_text
from skgraph.datasets.formats.pku_files import as_recording, parse_pku, read_labels, read_split
from skgraph.errors import ConfigError, DataError

LINE = " ".join(["0.5"] * 150) + "\n"


def test_a_recording_comes_back():
    rng = np.random.default_rng(0)
    joints = np.round(rng.normal(size=(2, 9, 25, 3)), 6)
    there = rng.random((2, 9)) < 0.6
    found = parse_pku(pku_text(joints, there).encode())
    np.testing.assert_allclose(found, np.where(there[..., None, None], joints, 0).swapaxes(0, 1), atol=5e-10)
    recording = as_recording(found)
    assert recording.frames == 9
    assert [track.frame.tolist() for track in recording.tracks] == [np.flatnonzero(own).tolist() for own in there]


def test_an_empty_place_is_nobody():
    joints = np.ones((1, 4, 25, 3))
    assert len(as_recording(parse_pku(pku_text(joints, np.ones((1, 4), bool)).encode())).tracks) == 1
    assert as_recording(np.zeros((4, 2, 25, 3))).tracks == []


@pytest.mark.parametrize(
    "text, message",
    [
        ("", "the file is empty: expected a line of 150 numbers a frame"),
        (" \n\n", "the file is empty"),
        (LINE + "0.5 0.5\n", "line 2: expected 150 numbers, found 2"),
        (LINE + LINE[:-1] + " 0.5\n", "line 2: expected 150 numbers, found more"),
        (LINE + LINE[:-5] + "\n", "line 2: expected 150 numbers, found 149"),
        (LINE + LINE.replace("0.5", "nan", 1), "line 2: a number is not finite"),
        (LINE + LINE.replace("0.5", "left", 1), "line 2: expected a number, found b'left'"),
    ],
)
def test_what_is_wrong_with_a_file(text, message):
    with pytest.raises(DataError, match=message):
        parse_pku(text.encode())


def test_both_ways_to_count_frames(tmp_path):
    (tmp_path / "a.txt").write_text("3,1,10,2\n51,20,35,1\n")
    assert read_labels(tmp_path / "a.txt", "one_based").tolist() == [[2, 0, 10], [50, 19, 35]]
    assert read_labels(tmp_path / "a.txt", "zero_based").tolist() == [[2, 1, 10], [50, 20, 35]]
    with pytest.raises(ConfigError, match="label_indexing must be one of one_based, zero_based, found 'two'"):
        read_labels(tmp_path / "a.txt", "two")


def test_labels_come_back_and_one_line_is_enough(tmp_path):
    for segments in ([[2, 0, 10]], [[2, 0, 10], [50, 19, 35]]):
        (tmp_path / "a.txt").write_text(label_text(np.array(segments)))
        assert read_labels(tmp_path / "a.txt", "one_based").tolist() == segments


@pytest.mark.parametrize(
    "line",
    ["0,1,9,1", "52,1,9,1", "1,9,9,1", "1,-1,9,1", "1,2", "a,1,2,3", "1,2,3,4,5", "1,2,1e9,1", "1_0,2,3,1", "٣,2,3,1"],
)
def test_lines_that_are_no_label(tmp_path, line):
    (tmp_path / "a.txt").write_text(f"1,1,9,1\n{line}\n")
    with pytest.raises(DataError, match=f"a.txt', line 2: expected label,start,end,confidence .*found '{line}'"):
        read_labels(tmp_path / "a.txt", "one_based")


def test_label_files_that_are_none(tmp_path):
    (tmp_path / "a.txt").write_text("\n")
    with pytest.raises(DataError, match="has no label"):
        read_labels(tmp_path / "a.txt", "one_based")
    with pytest.raises(DataError, match="cannot be read"):
        read_labels(tmp_path / "b.txt", "one_based")


def test_splits(tmp_path):
    path = tmp_path / "cross-view.txt"
    path.write_text(split_text(["0001-L", "0002-L"], ["0003-L"]))
    assert read_split(path) == ({"0001-L", "0002-L"}, {"0003-L"})
    path.write_text("Training videos:\nA01N01-L, A01N02-L, \nValidation videos:\nA02N01-L,\n")  # as they are published
    assert read_split(path) == ({"A01N01-L", "A01N02-L"}, {"A02N01-L"})
    path.write_text(split_text(["a", "b"], ["b"]))
    with pytest.raises(DataError, match="has 1 recordings on both sides, 'b' first"):
        read_split(path)
    path.write_text("a, b\n")
    with pytest.raises(DataError, match="expected four lines, the second with .* found 1"):
        read_split(path)


def test_more_lines_than_there_can_be():
    data = b"1\n" * 2**22
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match="line 1: expected 150 numbers, found 1"):
            parse_pku(data)
        assert tracemalloc.get_traced_memory()[1] < 4 * len(data)
    finally:
        tracemalloc.stop()


def test_a_tab_is_white_space_and_no_other_byte_is():
    row = b" ".join([b"0.5"] * 150)
    assert parse_pku(row.replace(b" ", b"\t", 1)).shape == (1, 2, 25, 3)
    with pytest.raises(DataError, match="line 1: expected 150 numbers, found 149"):
        parse_pku(row.replace(b" ", b"\0", 1))
