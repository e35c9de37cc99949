from __future__ import annotations

import numpy as np

from skgraph.inspection.labels import count_labels
from skgraph.inspection.problems import find_problems
from skgraph.inspection.survey import survey_store
from tests.made_up_people import people, write


def test_counts_of_each_part(tmp_path):
    store = write(
        tmp_path / "s",
        people(),
        y=[0, 0, 0, 1, 0, 0, 0, 0],
        class_names=["wave", "sit", "jump"],
        split=([0, 1, 2, 3], [4, 5, 6]),
        subject=[1, 1, 2, 2, 2, 3, 3, -1],
    )
    labels = count_labels(store)
    (split,) = labels.splits
    assert labels.classes.tolist() == [7, 1, 0] and labels.ids == {"subject": {-1: 1, 1: 2, 2: 3, 3: 2}}
    assert split.train_classes.tolist() == [3, 1, 0] and split.test_classes.tolist() == [3, 0, 0]
    assert (split.train, split.test, split.neither, split.shared) == (4, 3, 1, {"subject": [2]})
    assert [str(problem) for problem in find_problems(survey_store(store))] == [
        "split xsub: 1 class without test clips: sit",
        "split xsub: 1 subject in training and test clips: 2",
        "1 class without any clips: jump",
    ]


def test_segments_are_counted_where_there_are_some(tmp_path):
    clips = people(4)
    segments = {name: [[0, 0, 5], [1, 5, 9]] for name in clips}
    segments["p1"] = []
    store = write(tmp_path / "s", clips, y=[-1] * 4, segments=segments)
    labels = count_labels(store)
    assert labels.what == "segments" and labels.classes.tolist() == [3, 3]
    assert labels.splits[0].train_classes.tolist() == [1, 1]
    assert np.array_equal(labels.splits[0].test_classes, [2, 2])
