import json

import numpy as np
import pytest

from skgraph.data import SkeletonStore
from skgraph.datasets.preparation.write_store import write_store
from skgraph.datasets.readers.kinetics_skeleton import read_kinetics_skeleton
from skgraph.errors import ConfigError, DataError


def person(x, score=0.8):
    """Somebody whose 18 joints stand one below the other, from y 0.1 to 0.44."""
    return {"pose": [value for v in range(18) for value in (x, 0.1 + 0.02 * v)], "score": [score] * 18}


def clip(label_index, *frames, first=1):
    data = [{"frame_index": i, "skeleton": people} for i, people in enumerate(frames, start=first)]
    return {"data": data, "label": "?", "label_index": label_index}


def save(folder, clips, labels):
    """`clips` by name; `labels` by name: label, label_index and has_skeleton."""
    folder.mkdir(exist_ok=True)
    for name, content in clips.items():
        content = content if isinstance(content, str) else json.dumps(content)
        (folder / f"{name}.json").write_text(content)
    keys = ("label", "label_index", "has_skeleton")
    table = {name: dict(zip(keys, values, strict=True)) for name, values in labels.items()}
    (folder.parent / f"{folder.name}_label.json").write_text(json.dumps(table))


@pytest.fixture
def root(tmp_path):
    """A training clip of two people in three frames, one without a skeleton, and a test clip."""
    walk = clip(1, [person(0.2), person(0.7)], [], [person(0.71, score=0.7), person(0.22)])
    walk["data"].reverse()
    train = {"a": ("zumba", 1, True), "-b": ("abseiling", 0, False)}
    save(tmp_path / "kinetics_train", {"a": walk, "-b": clip(0, [])}, train)
    save(tmp_path / "kinetics_val", {"c": clip(0, [person(0.5)], first=0)}, {"c": ("abseiling", 0, True)})
    return tmp_path


def test_reads(root):
    raw = read_kinetics_skeleton(root)
    assert (raw.name, raw.class_names, raw.y.tolist()) == (["-b", "a", "c"], ["abseiling", "zumba"], [0, 1, 0])
    assert (raw.units, raw.fps, raw.topology.name, raw.notes) == ("normalised", 30, "openpose_18", [])
    assert raw.splits[0].train.tolist() == [True, True, False]
    nobody, two, one = raw.clips()
    assert nobody.excluded == "no skeleton (has_skeleton is false)"
    assert two.frame_mask.tolist() == [[True, False, True]] * 2
    np.testing.assert_allclose(two.joints[:, [0, 2], 0, 0], [[0.2, 0.22], [0.7, 0.71]])
    np.testing.assert_allclose(two.confidence[:, :, 17], [[0.8, 0, 0.8], [0.8, 0, 0.7]])
    np.testing.assert_allclose(one.joints[0, 0, 17], [0.5, -0.44], rtol=1e-6)


def test_one_folder(root):
    raw = read_kinetics_skeleton(root / "kinetics_val")
    assert (raw.name, raw.class_names, list(raw.splits)) == (["c"], ["abseiling"], [])
    (root / "kinetics_val_label.json").rename(root / "kinetics_val" / "mine.json")  # beside the clips
    assert read_kinetics_skeleton(root / "kinetics_val", labels=root / "kinetics_val" / "mine.json").name == ["c"]
    with pytest.raises(DataError, match="no labels at '.*kinetics_val_label.json'"):
        read_kinetics_skeleton(root / "kinetics_val")
    (root / "kinetics_val" / "mine.json").unlink()
    raw = read_kinetics_skeleton(root / "kinetics_val", labelled=False)
    assert (raw.class_names, next(raw.clips()).joints.shape) == (["unlabelled"], (1, 1, 18, 2))


def test_one_clip(root):
    raw = read_kinetics_skeleton(root / "kinetics_train" / "a.json")
    assert (raw.name, raw.class_names, next(raw.clips()).joints.shape) == (["a"], ["unlabelled"], (2, 3, 18, 2))


def test_a_part_of_the_classes_is_renumbered(root):
    save(root / "kinetics_val", {"c": clip(7, [person(0.5)])}, {"c": ("juggling", 7, True)})
    raw = read_kinetics_skeleton(root)
    assert (raw.class_names, raw.y.tolist()) == (["abseiling", "zumba", "juggling"], [0, 1, 2])
    assert raw.notes == ["3 classes, renumbered from 0 in the order of label_index"]


def test_store(root, tmp_path):
    written = write_store(read_kinetics_skeleton(root), tmp_path / "store")
    assert written.excluded == {"no skeleton (has_skeleton is false)": ["-b"]}
    store = SkeletonStore.open(written.path)
    assert (store.meta["units"], store.name.tolist(), store.split("given", "test").tolist()) == (
        "normalised",
        ["a", "c"],
        [1],
    )
    np.testing.assert_allclose(store.clip(0).joints[1, 2, 0], [0.71, -0.1])


@pytest.mark.parametrize(
    "labels, message",
    [
        ({}, "1 clips of '.*kinetics_val' are not in '.*kinetics_val_label.json': c"),
        ({"c": ("x", 0, True), "d": ("x", 0, True)}, r"1 clips of '.*_label.json' have no .json file in '.*': d"),
        ({"c": ("x", "0", True)}, "'c': label_index must be a whole number, found the text '0'"),
        ({"c": (0, 0, True)}, "'c': label must be a text, found 0"),
        ({"c": ("x", 0, 1)}, "'c': has_skeleton must be true or false, found 1"),
        ({"c": ("x", 0, True), "d": ("y", 0, False)}, r"label_index 0 is 'x' and 'y' \(clip 'd'\)"),
    ],
)
def test_bad_labels(root, labels, message):
    save(root / "kinetics_val", {}, labels)
    with pytest.raises(DataError, match=message):
        read_kinetics_skeleton(root / "kinetics_val")


def wrong(**changes):
    return {"data": [{"frame_index": 1, "skeleton": [person(0.5) | changes]}], "label": "abseiling", "label_index": 0}


@pytest.mark.parametrize(
    "content, message",
    [
        ("{", "c.json' is not a complete JSON file"),
        ([], r"c.json' must be an object, found a list of 0"),
        ({"label": "abseiling"}, "c.json' lacks the key 'data'; it has 'label'"),
        (clip(5, []), r"has label_index 5, expected 0 \('abseiling'\) by the label file"),
        ({"data": [7], "label_index": 0}, "data 0 must be an object, found 7"),
        ({"data": [{"frame_index": "1"}], "label_index": 0}, "data 0: frame_index must be a whole number"),
        ({"data": [{"frame_index": 1, "skeleton": []}] * 2, "label_index": 0}, "c.json' has frame 1 twice"),
        ({"data": [{"frame_index": 1, "skeleton": 3}], "label_index": 0}, "data 0: skeleton must be a list, found 3"),
        (wrong(pose=[0.5] * 18), "frame 1, person 0: pose must have 36 numbers, found 18"),
        (wrong(score=[0.5] * 17), "frame 1, person 0: score must have 18 numbers, found 17"),
        (wrong(score=["high"] * 18), "frame 1, person 0: score: number 0 is the text 'high'"),
        (wrong(pose=[1e39] * 36), r"frame 1, person 0: joint 'Nose' is at \[1e\+39, 1e\+39\]"),
    ],
)
def test_bad_clips(root, content, message):
    save(root / "kinetics_val", {"c": content}, {"c": ("abseiling", 0, True)})
    with pytest.raises(DataError, match=message):
        list(read_kinetics_skeleton(root).clips())


def test_bad_options(root):
    with pytest.raises(DataError, match="no folder at '.*nowhere'"):
        read_kinetics_skeleton(root / "nowhere")
    with pytest.raises(DataError, match="no .json file in '.*empty'"):
        (root / "empty").mkdir()
        read_kinetics_skeleton(root / "empty")
    with pytest.raises(ConfigError, match="labels=x.json is of one folder"):
        read_kinetics_skeleton(root, labels="x.json")
