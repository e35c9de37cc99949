import numpy as np
import pytest

from skgraph.datasets.preparation.published_splits import ntu_split_name, pair_subsets
from skgraph.errors import DataError, StoreError

NAMES = ["a", "b", "c", "d"]


def splits(**members):
    subsets = {name: np.isin(NAMES, list(letters)) for name, letters in members.items()}
    return pair_subsets(subsets, NAMES)


def described(found):
    return [(s.name, "".join(np.array(NAMES)[s.train]), "".join(np.array(NAMES)[s.tests]), s.how) for s in found]


def test_pairs():
    found, alone = splits(xsub_train="ab", xsub_val="c", xview_train="acd", xview_val="b", extra="a", xset_train="a")
    assert described(found) == [
        ("xsub", "ab", "c", "as the dataset gives it: 'xsub_train' trains, 'xsub_val' tests"),
        ("xview", "acd", "b", "as the dataset gives it: 'xview_train' trains, 'xview_val' tests"),
    ]
    assert alone == ["parts that belong to no split: extra, xset_train"]


def test_bare_and_numbered():
    assert [s[:3] for s in described(splits(train="a", val="b")[0])] == [("given", "a", "b")]
    found, _ = splits(train1="ab", test1="c", train2="cd", test2="a", my_split_Train2="b", my_split_Test2="d")
    assert [s[:3] for s in described(found)] == [
        ("split1", "ab", "c"),
        ("split2", "cd", "a"),
        ("my_split2", "b", "d"),
    ]


def test_test_goes_before_val():
    found, alone = splits(train="ab", val="c", test="d")
    assert [s[:3] for s in described(found)] == [("given", "ab", "d"), ("given_val", "ab", "c")]
    assert alone == []
    assert splits(val="a", test="b") == ([], ["parts that belong to no split: val, test"])


@pytest.mark.parametrize(
    "subsets, error, message",
    [
        ({"train": "abc", "val": "bc"}, DataError, "2 clips are in both 'train' and 'val', .*: 'b' first"),
        ({"train": "a", "Train": "b"}, DataError, "subsets 'train' and 'Train' are both of split 'given'"),
        ({"a/b_train": "a", "a/b_val": "b"}, StoreError, "a split's name may hold letters, .* found 'a/b'"),
        (
            {"x_train": "a", "x_val": "b", "x_test": "c", "x_val_train": "a", "x_val_test": "b"},
            DataError,
            "two splits of the dataset are called 'x_val'",
        ),
    ],
)
def test_bad_subsets(subsets, error, message):
    with pytest.raises(error, match=message):
        splits(**subsets)


@pytest.mark.parametrize(
    "text, name",
    [
        ("NTU60_CS", "xsub"),
        ("NTU60_CV", "xview"),
        ("NTU120_CSub", "xsub"),
        ("NTU120_CSet", "xset"),
        ("xsetup", "xset"),
        ("ntu-xview-2", "xview"),
        ("mine", "given"),
        ("xsub_xview", "given"),
        ("discs", "given"),
    ],
)
def test_ntu_split_name(text, name):
    assert ntu_split_name(text) == name
