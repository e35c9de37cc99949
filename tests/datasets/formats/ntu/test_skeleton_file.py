import numpy as np
import pytest

from benchmarks.raw_files.ntu import skeleton_text
from skgraph.datasets.formats.ntu import skeleton_file
from skgraph.datasets.formats.ntu.skeleton_file import parse_skeleton
from skgraph.errors import DataError

RNG = np.random.default_rng(0)


def scene(bodies=1, frames=4):
    """Random joints and everybody there."""
    return np.round(RNG.normal(size=(bodies, frames, 25, 3)), 6), np.ones((bodies, frames), bool)


def reference(text):
    """The same by a plain reading of the lines: (frame, id) -> joints and states."""
    lines = iter(text.splitlines())
    found = {}
    for frame in range(int(next(lines))):
        for _ in range(int(next(lines))):
            name = next(lines).split()[0]
            rows = [next(lines).split() for _ in range(int(next(lines)))]
            found[frame, name] = [[float(x) for x in row[:3]] for row in rows], [int(row[11]) for row in rows]
    return found


def test_one_body():
    joints, there = scene()
    recording = parse_skeleton(skeleton_text(joints, there).encode())
    (track,) = recording.tracks
    assert recording.frames == 4 and track.frame.tolist() == [0, 1, 2, 3]
    np.testing.assert_allclose(track.joints, joints[0], rtol=5e-7, atol=1e-12)
    assert (track.confidence == 1).all()


def test_it_reads_what_a_plain_reading_of_the_lines_reads():
    joints, there = scene(bodies=3, frames=30)
    there = RNG.random(there.shape) < 0.6
    confidence = RNG.choice([0, 0.5, 1], joints.shape[:3])
    text = skeleton_text(joints, there, confidence, ids=[7, 8, 99])
    recording = parse_skeleton(text.encode())
    expected = reference(text)
    ids = list(dict.fromkeys(name for _, name in expected))
    assert len(recording.tracks) == 3 and sum(map(len, recording.tracks)) == len(expected)
    for name, track in zip(ids, recording.tracks, strict=True):
        for frame, own, sure in zip(track.frame, track.joints, track.confidence, strict=True):
            positions, states = expected[frame, name]
            assert own.tolist() == positions
            assert (2 * sure).tolist() == states


def test_positions_are_those_of_float():
    words = [f"{value:.{digits}g}" for value in RNG.normal(size=30) for digits in (1, 3, 7, 9, 15, 17)]
    words += [f"{value:.{digits}f}" for value in RNG.uniform(-99, 99, 30) for digits in (0, 1, 7, 8, 13, 14, 20)]
    words += "0 -0 7 -0.0 0. -.5 .5 1e-05 -1.234567E-05 +0.5 123456789012345678 1E+300 4.9e-324".split()
    words += ["0.0"] * (-len(words) % 75)
    lines = [" ".join(words[i : i + 3]) + " 0 0 0 0 0 0 0 0 2" for i in range(0, len(words), 3)]
    bodies = ["\n".join(["1", "7 0 1 1 1 1 0 0 0 2", "25", *lines[i : i + 25]]) for i in range(0, len(lines), 25)]
    (track,) = parse_skeleton("\n".join([str(len(bodies)), *bodies]).encode()).tracks
    assert track.joints.tobytes() == np.array([float(word) for word in words]).tobytes()


def test_every_byte_that_is_no_digit_is_seen():
    text = edited(6, "0.1 WORD 0.3 0 0 0 0 0 0 0 0 2").encode()
    for byte in set(range(33, 256)) - {*b"0123456789_"}:
        for before, after in ((b"0.1", b"3"), (b"", b".123"), (b"0.123", b""), (b"-", b".1"), (b"0", b"123")):
            word = before + bytes([byte]) + after
            try:
                expected = float(word)
            except ValueError:
                with pytest.raises(DataError, match="line 6: expected a number, found b"):
                    parse_skeleton(text.replace(b"WORD", word))
            else:
                assert parse_skeleton(text.replace(b"WORD", word)).tracks[0].joints[0, 1, 1] == expected


def test_bodies_that_vanish_and_return_and_frames_with_nobody():
    joints, there = scene(bodies=2, frames=8)
    there[:] = [[0, 1, 1, 0, 0, 0, 1, 0], [0, 0, 1, 0, 1, 0, 1, 1]]
    recording = parse_skeleton(skeleton_text(joints, there).encode())
    assert recording.frames == 8
    assert [track.frame.tolist() for track in recording.tracks] == [[1, 2, 6], [2, 4, 6, 7]]
    assert [track.slot.tolist() for track in recording.tracks] == [[0, 0, 0], [1, 0, 1, 0]]


@pytest.mark.parametrize("bodies", [0, 1, 2, 9, 12])
def test_as_many_bodies_in_every_frame(bodies):
    joints, there = scene(bodies=bodies, frames=3)
    recording = parse_skeleton(skeleton_text(joints, there).encode())
    assert recording.frames == 3 and len(recording.tracks) == bodies
    for slot, track in enumerate(recording.tracks):
        assert track.frame.tolist() == [0, 1, 2] and track.slot.tolist() == [slot] * 3
        np.testing.assert_allclose(track.joints, joints[slot], rtol=5e-7, atol=1e-12)


def test_no_frames_and_four_bodies():
    assert parse_skeleton(b"0\n") == parse_skeleton(b"0")
    joints, there = scene(bodies=4)
    assert len(parse_skeleton(skeleton_text(joints, there).encode()).tracks) == 4


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.rstrip("\n"),
        lambda text: text + "\n\n",
        lambda text: text.replace(" ", "  "),
        lambda text: text.replace("\n", " \n"),
        lambda text: text.replace(" ", "\t"),
    ],
)
def test_line_ends_and_spaces_do_not_matter(change):
    text = skeleton_text(*scene(bodies=2))
    plain, changed = parse_skeleton(text.encode()), parse_skeleton(change(text).encode())
    for one, other in zip(plain.tracks, changed.tracks, strict=True):
        assert (one.joints == other.joints).all() and (one.frame == other.frame).all()


def edited(line, words):
    """A file of one body whose line of this number, from 1, is another."""
    lines = skeleton_text(*scene()).splitlines()
    lines[line - 1] = words
    return "\n".join(lines) + "\n"


JOINT = "0.1 0.2 0.3 0 0 0 0 0 0 0 0 2"


@pytest.mark.parametrize(
    "text, message",
    [
        ("", "line 1: expected the number of frames, found nothing"),
        ("\n", "line 1: expected the number of frames"),
        ("many\n", "line 1: expected the number of frames, found many"),
        ("-3\n", "line 1: expected the number of frames, found -3"),
        ("999999999\n", "line 1: expected at most 100000 frames, found 999999999"),
        ("3\n", "the file ends in line 1, after 0 of 3 frames"),
        ("1 2\n", "line 1: expected the number of frames, found 2 words"),
        ("2\n1\n", "the file ends in line 2, in frame 0 of 2, which has 1 bodies"),
        ("1\n2.0\n", "line 2: expected the number of bodies, found 2.0"),
        ("1\n888888888\n", "in frame 0 of 1, which has 888888888 bodies"),
        (edited(3, "1 2 3"), "line 3: expected 10 words for a body, found 3"),
        (edited(4, "24"), "line 4: expected 25 as the number of joints, found '24'"),
        (edited(4, "250"), "line 4: expected 25 as the number of joints, found '250'"),
        (edited(5, "0.1 0.2 0.3"), "line 5: expected 12 words for a joint, found 3"),
        (edited(5, JOINT + " 2"), "line 5: expected 12 words for a joint, found 13"),
        (edited(5, JOINT[:-1] + "7"), "line 5: expected 0, 1 or 2 as a tracking state at its end, found '7'"),
        (edited(5, JOINT[:-1] + "12"), "line 5: expected 0, 1 or 2 as a tracking state at its end, found '12'"),
        (edited(6, JOINT.replace("0.2", "NaN")), "line 6: the position of a joint is not finite"),
        (edited(6, JOINT.replace("0.3", "1e999")), "line 6: the position of a joint is not finite"),
        (edited(6, JOINT.replace("0.3", "left")), "line 6: expected a number, found b'left'"),
        (edited(6, JOINT.replace("0.3", "1_0")), "line 6: expected a number, found b'1_0'"),
        (edited(6, JOINT.replace("0.3", "0.1.2")), "line 6: expected a number, found b'0.1.2'"),
        (edited(6, JOINT.replace("0.3", "0.3\0")), "line 6: expected 12 words for a joint, found 13"),
        (skeleton_text(*scene()) + "1\n", "line 114: expected the end of the file after 4 frames, found more"),
        (skeleton_text(*scene(bodies=2), ids=[5, 5]), "frame 0 holds the body 5 twice"),
        (skeleton_text(*scene())[:-3], "line 113: expected 12 words for a joint, found 11"),
        (skeleton_text(*scene()).rsplit("\n", 2)[0], "the file ends in line 112, in frame 3 of 4, which has 1 bodies"),
        ("PK\x03\x04", "line 1: expected the number of frames"),
        ("\x00" * 50, "line 1: expected the number of frames"),
    ],
)
def test_what_is_wrong_with_a_file(text, message):
    with pytest.raises(DataError, match=message):
        parse_skeleton(text.encode())


@pytest.mark.parametrize("start", [b"", b"1\n"])
def test_more_lines_than_there_can_be(start, monkeypatch):
    """Before memory is taken for each: 24 million lines are in a file of 48 MB, and in an archive of 48 KB."""
    data = start + b"\n" * 5_000_000
    monkeypatch.setattr(skeleton_file, "_Lines", None)  # which takes it
    with pytest.raises(DataError, match=f"the file has {data.count(10)} lines, which no recording has in {len(data)}"):
        parse_skeleton(data)
