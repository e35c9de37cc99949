from __future__ import annotations

import pytest
import torch

from skgraph.errors import ConfigError, DataError
from skgraph.evaluation.subsets import hold_out_subjects, labelled_subset

Y = torch.arange(1000) % 7


def test_per_class_counts():
    chosen = labelled_subset(Y, 0.05, "per_class", 0)
    assert Y[chosen].bincount().tolist() == [round(0.05 * int((Y == c).sum())) for c in range(7)]
    assert labelled_subset(Y, 0.0001, "per_class", 0).shape == (7,)  # at least one of each class


def test_global_counts():
    assert len(labelled_subset(Y, 0.019, "global", 0)) == 19
    with pytest.raises(ConfigError, match=r"fraction 0.0001 of 1000 training clips is none"):
        labelled_subset(Y, 0.0001, "global", 0)


@pytest.mark.parametrize("sampling", ["per_class", "global"])
def test_seeds_differ_and_repeat(sampling):
    first, again, other = (labelled_subset(Y, 0.1, sampling, seed) for seed in (0, 0, 1))
    assert torch.equal(first, again) and not torch.equal(first, other)
    assert torch.equal(first, first.unique())


def test_bad_fractions_and_samplings():
    for fraction in (0.0, -1.0, 1.5, float("nan")):
        with pytest.raises(ConfigError, match=r"fraction must be in \(0, 1\]"):
            labelled_subset(Y, fraction, "global", 0)
    with pytest.raises(ConfigError, match="'per_class' or 'global', found 'all'"):
        labelled_subset(Y, 0.5, "all", 0)


def test_whole_people_are_held_out():
    subject = torch.tensor([3] * 10 + [5] * 20 + [8] * 5 + [9] * 7)
    held = hold_out_subjects(subject, 0.5, 0)
    out, kept = subject[held].unique(), subject[~held].unique()
    assert len(out) == len(kept) == 2 and not set(out.tolist()) & set(kept.tolist())
    assert torch.equal(held, hold_out_subjects(subject, 0.5, 0))
    assert len(subject[hold_out_subjects(subject, 0.01, 0)].unique()) == 1
    assert len(subject[~hold_out_subjects(subject, 0.99, 0)].unique()) == 1


def test_unknown_people_cannot_be_held_out():
    with pytest.raises(DataError, match=r"at least 2 of them, found \[4\] and unknown ones"):
        hold_out_subjects(torch.tensor([4, -1, 4]), 0.2, 0)
    with pytest.raises(DataError, match=r"found \[4\]$"):
        hold_out_subjects(torch.tensor([4, 4]), 0.2, 0)
