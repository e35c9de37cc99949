"""A few hundred inputs of the fuzz, and properties that hold for any input; `fuzz.py` is the long search."""

import io
import os
import pickle
import re
import sys
import zipfile

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from benchmarks.raw_files.ntu import skeleton_text
from skgraph.data import SkeletonStore
from skgraph.datasets.formats.ntu.skeleton_file import parse_skeleton
from skgraph.datasets.formats.pickle_file import read_pickle
from skgraph.datasets.formats.text_file import parse_numbers
from skgraph.datasets.preparation.write_store import write_store
from skgraph.datasets.readers.npz import read_npz
from skgraph.errors import DataError
from skgraph.topology import Topology
from tests.datasets.fuzz import fuzz
from tests.datasets.fuzzing import contract
from tests.datasets.fuzzing.contract import Contract
from tests.datasets.fuzzing.mutations import NUMBERS, Damaged
from tests.datasets.fuzzing.sources import SOURCES, Source

# The same inputs every time; a search that finds something new is for `fuzz.py`.
settings.register_profile(
    "here",
    derandomize=True,
    deadline=None,
    database=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.load_profile("here")

needs_signals = pytest.mark.skipif(sys.platform == "win32", reason="needs a timer that interrupts")


@needs_signals
@pytest.mark.parametrize("reader", SOURCES)
def test_readers_keep_their_contract(reader, tmp_path):
    for number, how, outcome in fuzz(reader, range(15), 0, tmp_path):
        assert not outcome.problem, f"{reader} {number}: {how}"


@needs_signals
def test_inputs_follow_from_the_seed(tmp_path):
    found = [list(fuzz("bvh", range(4), 7, tmp_path / name)) for name in "ab"]
    assert [how for _, how, _ in found[0]] == [how for _, how, _ in found[1]]
    assert [how for _, how, _ in fuzz("bvh", range(2, 4), 7, tmp_path / "c")] == [how for _, how, _ in found[0][2:]]


def _sound(read):
    source = SOURCES["npy"][0]()
    return Source(source.files, lambda at, parts: read(source, at, parts), source.clip_of)


@needs_signals
@pytest.mark.parametrize(
    "name, problem",
    [
        ("breaks", "ZeroDivisionError: division by zero"),
        ("hangs", "no end after"),
        ("nameless", "the message names no file: something is wrong"),
        ("litters", "left behind: .more"),
        ("unpickles", "it did pickle.find_class"),
        ("swells", "MiB of memory"),
        ("forgets", "clip 'b' changed, whose file did not"),
    ],
)
def test_what_breaks_the_contract_is_found(tmp_path, monkeypatch, name, problem):
    if name == "swells" and sys.platform != "linux":
        pytest.skip("memory is measured on Linux")
    contract.watch()
    monkeypatch.setattr(contract, "SECONDS", 0.2)
    monkeypatch.setattr(contract, "MEMORY", 2**25)
    wrong = []

    def read(source, at, parts):
        if wrong and name == "breaks":
            raise ZeroDivisionError("division by zero")
        if wrong and name == "hangs":
            while True:
                pass
        if wrong and name == "nameless":
            raise DataError("something is wrong")
        if wrong and name == "litters":
            (parts.parent / ".more").touch()
        if wrong and name == "unpickles":
            pickle.loads(pickle.dumps(os.getcwd))
        if wrong and name == "swells":
            np.ones(2**26, np.uint8)
        if wrong and name == "forgets":
            np.save(at / "b.npy", np.load(at / "b.npy") + 1)
        return source.read(at, parts)

    checked = Contract(_sound(read), tmp_path / "work")
    wrong.append(True)
    assert problem in checked.check(Damaged(checked.source.files, set(), "nothing")).problem


LITERAL = st.from_regex(r"[+-]?([0-9]{1,20}(\.[0-9]{0,20})?|\.[0-9]{1,20})([eE][+-]?[0-9]{1,3})?", fullmatch=True)
SENSOR = st.decimals(-10, 10, places=9, allow_nan=False).map("{:.9f}".format)


@given(st.lists(LITERAL | SENSOR, min_size=1, max_size=40))
def test_numbers_are_those_of_python(words):
    found = parse_numbers(" ".join(words).encode(), len(words))
    expected = np.array([float(word) for word in words])
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(np.signbit(found), np.signbit(expected))


WORDS = [word for word in NUMBERS if word and not re.search(rb"[\x00-\x20_\x85\xa0]", word[:200])]


@given(
    st.sampled_from(WORDS)
    | st.binary(min_size=1, max_size=24).filter(lambda word: not re.search(rb"[\x00-\x20_]", word))
)
def test_words_that_python_does_not_read_are_refused(word):
    try:
        expected = float(word)
    except ValueError:
        with pytest.raises(ValueError, match="expected a number, found"):
            parse_numbers(word, 1)
    else:
        np.testing.assert_array_equal(parse_numbers(word, 1), [expected])


@st.composite
def recordings(draw):
    """Joints in the seven digits that a file has, mask, tracking states and ids of a recording."""
    bodies, frames = draw(st.integers(1, 3)), draw(st.integers(1, 5))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    joints = rng.normal(scale=draw(st.sampled_from([1e-6, 1.0, 1e4])), size=(bodies, frames, 25, 3))
    joints = np.array([float(f"{x:.7g}") for x in joints.ravel()]).reshape(joints.shape)
    mask = draw(arrays.arrays(bool, (bodies, frames)))
    confidence = rng.choice([0.0, 0.5, 1.0], joints.shape[:3])
    ids = draw(st.lists(st.integers(0, 2**63), min_size=bodies, max_size=bodies, unique=True))
    return joints, mask, confidence, ids


@given(recordings())
def test_a_skeleton_file_comes_back(recording):
    joints, mask, confidence, ids = recording
    found = parse_skeleton(skeleton_text(joints, mask, confidence, ids).encode())
    assert found.frames == mask.shape[1]
    bodies = sorted(np.flatnonzero(mask.any(axis=1)), key=lambda body: (int(np.argmax(mask[body])), body))
    assert len(found.tracks) == len(bodies)
    for track, body in zip(found.tracks, bodies, strict=True):
        there = np.flatnonzero(mask[body])
        assert track.frame.tolist() == there.tolist()
        assert track.slot.tolist() == mask[:body, there].sum(axis=0).tolist()
        np.testing.assert_array_equal(track.joints, joints[body, there])
        np.testing.assert_array_equal(track.confidence, confidence[body, there])


NUMERIC = st.integers(-(2**61) + 2, 2**61 - 2) | st.floats(allow_nan=False)
KEYS = st.text(max_size=9) | st.binary(max_size=9) | NUMERIC | st.booleans() | st.none()
PLAIN = st.recursive(
    KEYS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.dictionaries(KEYS, inner, max_size=4)
        | st.frozensets(KEYS, max_size=4)
        | st.sets(KEYS, max_size=4)
    ),
    max_leaves=20,
)


@given(PLAIN, st.integers(0, 5))
def test_plain_data_come_back_from_a_pickle(tmp_path, value, protocol):
    (tmp_path / "a.pkl").write_bytes(pickle.dumps(value, protocol))
    found = read_pickle(tmp_path / "a.pkl")
    assert found == value and type(found) is type(value)


@given(
    arrays.arrays(
        st.sampled_from(["i1", "<i8", ">u4", "f2", "<f4", ">f8", "?", "U5", ">U3", "S4"]).map(np.dtype),
        arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
    ),
    st.integers(0, 5),
)
def test_arrays_come_back_from_a_pickle(tmp_path, value, protocol):
    (tmp_path / "a.pkl").write_bytes(pickle.dumps([value, value], protocol))
    first, second = read_pickle(tmp_path / "a.pkl")
    np.testing.assert_array_equal(first, value)
    assert first is second and first.shape == value.shape


STICK = Topology.from_dict(
    {
        "name": "stick",
        "dim": 3,
        "joints": {"a": None, "b": "a"},
        "mirror": {},
        "parts": {"all": ["a", "b"]},
        "center": "a",
    }
)


@given(st.lists(st.integers(0, 6), min_size=2, max_size=6), st.booleans(), st.sampled_from(["C", "F"]))
def test_clips_of_any_length_come_out_of_an_npz(tmp_path, lengths, compressed, order):
    frames = sum(lengths)
    x = np.zeros((frames, 1, 2, 3), np.float32, order)
    x[:, 0, 1, 1], x[:, 0, :, 0] = 1.7, np.arange(1, frames + 1)[:, None]
    names = [f"clip{i}" for i in range(len(lengths))]
    (np.savez_compressed if compressed else np.savez)(
        tmp_path / "a.npz",
        x=x,
        offsets=np.cumsum([0, *lengths]),
        y=np.zeros(len(lengths), int),
        name=names,
        class_names=["sit"],
        unit="m",
        fps=30,
    )
    raw = read_npz(tmp_path / "a.npz", STICK)
    clips = list(raw.clips())
    assert [clip.joints.shape[1] for clip in clips] == lengths
    np.testing.assert_array_equal(np.concatenate([clip.joints for clip in clips], axis=1), x.swapaxes(0, 1))
    if sum(map(bool, lengths)) < 2:  # a store has two parts
        return
    try:
        written = write_store(raw, tmp_path / "store", overwrite=True)
    except DataError as error:
        assert "leaves no" in str(error)
    else:
        store = SkeletonStore.open(written.path)
        assert store.length.tolist() == [length for length in lengths if length]


@given(st.lists(st.integers(-5, 12), max_size=6))
def test_offsets_that_are_none_are_refused(tmp_path, offsets):
    sound = len(offsets) == 3 and offsets[0] == 0 and offsets[2] == 6 and 0 <= offsets[1] <= 6
    np.savez(
        tmp_path / "a.npz",
        x=np.ones((6, 1, 2, 3)),
        offsets=np.array(offsets, int),
        y=[0, 0],
        name=["a", "b"],
        class_names=["sit"],
        unit="m",
        fps=30,
    )
    if sound:
        assert len(read_npz(tmp_path / "a.npz", STICK)) == 2
    else:
        with pytest.raises(DataError, match="a.npz': array 'offsets' must"):
            read_npz(tmp_path / "a.npz", STICK)


@given(st.binary(max_size=120), st.integers(1, 4))
def test_headers_of_arrays_may_be_anything(tmp_path, header, version):
    length = len(header).to_bytes(2 if version == 1 else 4, "little")
    content = b"\x93NUMPY" + bytes([version, 0]) + length + header
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for key in ("x", "offsets", "name", "y", "class_names"):
            archive.writestr(f"{key}.npy", content)
    (tmp_path / "a.npz").write_bytes(file.getvalue())
    with pytest.raises(DataError, match="a.npz': array"):
        read_npz(tmp_path / "a.npz", STICK)
