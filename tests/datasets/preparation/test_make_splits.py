from dataclasses import replace

import numpy as np
import pytest

from skgraph.datasets.preparation.make_splits import make_splits
from skgraph.datasets.preparation.published_splits import given_split
from skgraph.datasets.raw_dataset import RawDataset, Split
from skgraph.errors import ConfigError, DataError
from skgraph.topology import Topology


def raw(split=None, **columns):
    """Eight clips, four of each of two classes."""
    names = [f"clip{i}" for i in range(8)]
    return RawDataset(
        topology=Topology.load("ntu_rgbd"),
        class_names=["a", "b"],
        name=names,
        y=np.array([0, 0, 0, 0, 1, 1, 1, 1]),
        clips=lambda: iter(()),
        unit="m",
        fps=30.0,
        source="test",
        splits=[] if split is None else [given_split(split, names)],
        **{key: np.array(values) for key, values in columns.items()},
    )


def make_split(*args, **options):
    """The one split that comes of it."""
    (split,) = make_splits(*args, **options)
    return split


SUBJECTS = [9, 9, 2, 2, 5, 5, 30, 30]


def test_alternate_subjects_by_default():
    split = make_split(raw(subject=SUBJECTS))
    assert split.name == "xsub"
    assert split.train.tolist() == [True, True, True, True, False, False, False, False]  # 2 and 9 of 2, 5, 9, 30
    assert split.how == "subjects 2, 9 train"


@pytest.mark.parametrize("train", [[5, 30], (30, 5)])
def test_listed_subjects(train):
    split = make_split(raw(subject=SUBJECTS), train=train, name="mine")
    assert split.name == "mine"
    assert np.flatnonzero(split.train).tolist() == [4, 5, 6, 7]


def test_one_value_need_not_be_a_list():
    assert np.flatnonzero(make_split(raw(subject=SUBJECTS), train=2).train).tolist() == [2, 3]


def test_values_that_test():
    split = make_split(raw(subject=SUBJECTS), test=[5])
    assert (np.flatnonzero(split.tests).tolist(), split.how) == ([4, 5], "subjects 5 test")
    assert np.array_equal(split.train, ~split.tests)


def test_clips_in_neither_part():
    split = make_split(raw(subject=SUBJECTS), train=[2, 9], test=30)
    assert np.flatnonzero(split.train).tolist() == [0, 1, 2, 3]
    assert (np.flatnonzero(split.tests).tolist(), split.how) == ([6, 7], "subjects 2, 9 train, 30 test")


def test_text_subjects_and_numbers_from_the_command_line():
    split = make_split(raw(subject=list("11223344")), train=[1, 4])
    assert np.flatnonzero(split.train).tolist() == [0, 1, 6, 7]


@pytest.mark.parametrize("by, name", [("camera", "xview"), ("setup", "xset")])
def test_other_columns(by, name):
    split = make_split(raw(**{by: [1, 2, 3, 1, 2, 3, 1, 2], "subject": SUBJECTS}), by=by, train=[2, 3])
    assert (split.name, split.how) == (name, f"{by}s 2, 3 train")
    assert np.flatnonzero(split.train).tolist() == [1, 2, 4, 5, 7]


def test_random_is_stratified_and_repeatable():
    split = make_split(raw(), fraction=0.5, seed=3)
    assert split.name == "random"
    assert (split.train[:4].sum(), split.train[4:].sum()) == (2, 2)
    assert split.how == "0.5 of the clips of each class, at random (seed 3), train"
    assert np.array_equal(split.train, make_split(raw(), fraction=0.5, seed=3).train)
    drawn = {tuple(make_split(raw(), fraction=0.5, seed=seed).train) for seed in range(10)}
    assert len(drawn) > 5


def test_random_where_subjects_are_unknown_or_a_fraction_is_given():
    assert make_split(raw()).how.startswith("0.8 of")
    assert make_split(raw()).train.sum() == 6  # round(0.8 * 4) of each class
    assert make_split(raw(subject=SUBJECTS), fraction=0.9).train.sum() == 6  # a class keeps a test clip


def test_the_dataset_s_own_split():
    split = make_split(raw(split=["train"] * 3 + ["test"] * 5, subject=SUBJECTS))
    assert (split.name, split.train.sum()) == ("given", 3)


@pytest.mark.parametrize(
    "columns, options, error, message",
    [
        ({"subject": SUBJECTS}, {"train": [1, 2]}, ConfigError, "has the subjects 1; available are 2, 5, 9, 30"),
        ({"subject": SUBJECTS}, {"train": "some"}, ConfigError, "has the subjects some; available are 2"),
        ({"subject": SUBJECTS}, {"train": []}, DataError, "split 'xsub' leaves no training clips"),
        ({"subject": SUBJECTS}, {"train": [2, 5, 9, 30]}, DataError, "split 'xsub' leaves no test clips"),
        ({"subject": [1] * 8}, {}, DataError, "split 'xsub' leaves no test clips: subjects 1 train"),
        ({"subject": [1, -1, 2, 3, 4, 5, 6, -1]}, {}, DataError, "every clip, and 2 have none, 'clip1'"),
        ({"subject": ["P1", "", *"abcdef"]}, {}, DataError, "1 have none, 'clip1' first"),
        ({}, {"by": "camera"}, DataError, "split.by=camera needs the camera of every clip"),
        ({}, {"by": "given"}, DataError, "split.by=given needs a split in the dataset"),
        (
            {},
            {"by": "person"},
            ConfigError,
            "must be one of subject, camera, setup, random, given, none, found 'person'",
        ),
        ({}, {"fraction": 1.5}, ConfigError, "must be a number between 0 and 1, found 1.5"),
        ({}, {"fraction": "half"}, ConfigError, "must be a number between 0 and 1, found half"),
        ({}, {"seed": -1}, ConfigError, "split.seed must be a whole number, 0 or more, found -1"),
        ({}, {"seed": True}, ConfigError, "split.seed must be a whole number, 0 or more, found True"),
        ({"subject": SUBJECTS}, {"train": True}, ConfigError, "split.train must be subjects, found True"),
        ({"subject": list("11223344")}, {"train": [1, True]}, ConfigError, "split.train must be subjects, found 1, Tr"),
        ({}, {"name": ["a"]}, ConfigError, r"split.name must be one name, found \['a'\]"),
        ({}, {"name": True}, ConfigError, "split.name must be one name, found True"),
        ({}, {"name": "a/b"}, DataError, "split.name: a split's name may hold letters, digits and .*, found 'a/b'"),
        ({}, {"train": [1]}, ConfigError, r"split.train=\[1\] needs split.by=subject, camera or setup"),
        ({}, {"test": [1]}, ConfigError, r"split.test=\[1\] needs split.by=subject, camera or setup"),
        ({"subject": SUBJECTS}, {"test": [7]}, ConfigError, "split.test has the subjects 7; available are 2, 5, 9, 30"),
        ({"subject": SUBJECTS}, {"train": [2, 5], "test": [5]}, ConfigError, "split.test both have the subjects 5"),
        ({"subject": SUBJECTS}, {"by": "subject", "seed": 1}, ConfigError, "belong to split.by=random"),
        ({"split": ["train"] * 7 + ["val"]}, {}, DataError, "clip 'clip7' has split 'val', expected 'train' or 'test'"),
        ({"split": ["train"] * 8}, {}, DataError, "split 'given' leaves no test clips"),
    ],
)
def test_impossible_splits(columns, options, error, message):
    with pytest.raises(error, match=message):
        make_split(raw(**columns), **options)


@pytest.mark.parametrize("by", ["random", "subject", "given"])
def test_a_split_may_be_called_by_a_number(by):
    assert make_split(raw(["train", "test"] * 4, subject=SUBJECTS), name=2024, by=by).name == "2024"


def test_several_splits_of_the_dataset_s_own():
    first, second = np.arange(8) < 4, np.arange(8) % 2 == 0
    dataset = replace(raw(), splits=[Split("xsub", first, "a"), Split("xview", second, "b", test=first & ~second)])
    assert [split.name for split in make_splits(dataset)] == ["xsub", "xview"]
    assert np.flatnonzero(make_splits(dataset)[1].tests).tolist() == [1, 3]
    assert make_split(dataset, by="random").name == "random"
    with pytest.raises(ConfigError, match="the dataset comes with several: xsub, xview"):
        make_splits(dataset, name="mine")
    with pytest.raises(DataError, match=r"split 'xsub' must be one value per clip, \[8\], found \[3\]"):
        replace(raw(), splits=[Split("xsub", np.ones(3, bool), "")])


def test_a_split_of_some_of_the_clips():
    split = Split("xsub", np.array([True, False, False]), "the first", test=np.array([False, False, True]))
    assert split.problem() == ""
    assert split.of(np.array([0, 1])).problem() == "split 'xsub' leaves no test clips: the first"
    assert split.of(np.array([1, 2])).problem() == "split 'xsub' leaves no training clips: the first"


def test_no_split(tmp_path):
    (split,) = make_splits(raw(), by="none")
    assert split.name == "all" and split.train.all() and not split.tests.any() and not split.problem()
    (own,) = make_splits(replace(raw(), name=["a"], y=np.zeros(1, np.int64)))
    assert (own.name, own.has_test) == ("all", False)
    with pytest.raises(ConfigError, match=r"split.train=\[1\] needs split.by=subject"):
        make_splits(raw(), by="none", train=[1])
