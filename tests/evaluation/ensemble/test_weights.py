from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from skgraph.errors import ConfigError, DataError
from skgraph.evaluation.ensemble.fusion import format_ensemble, fuse_results
from skgraph.evaluation.ensemble.weights import check_weights, fuse, tuned_weights
from skgraph.evaluation.results.scores import Scores
from tests.made_up_evaluations import (
    LABELS,
    STREAMS,
    logits_of,
    made_up_scores,
    rewrite_result,
    rewrite_scores,
    write_evaluation,
)


def held_out(margins: tuple[float, ...], count: int = 200) -> list[np.ndarray]:
    """Logits of held-out people for each member; a larger margin is right more often."""
    return [made_up_scores(i, np.arange(count) % 4, margin) for i, margin in enumerate(margins)]


def test_the_mean_ranks_as_the_sum(folders):
    z = [logits_of(folder) for folder in folders]
    np.testing.assert_array_equal(np.mean(z, axis=0).argmax(axis=1), fuse(z, [1, 1, 1]).argmax(axis=1))


def test_weights_of_streams_find_theirs(folders):
    found = fuse_results([folders[2], folders[0] / "scores.npz", folders[1]], "aimclr")
    assert found.result.weights["values"] == {"motion": 0.4, "joint": 0.6, "bone": 0.6}


def test_weights_of_streams_refuse_two_of_one_and_a_missing_one(tmp_path, folders):
    other = write_evaluation(tmp_path, "joint2")
    with pytest.raises(ConfigError, match="'.*joint/.*' of stream 'joint', '.*joint2/.*' of stream 'joint'"):
        fuse_results([folders[0], other, folders[1]], "aimclr")
    with pytest.raises(ConfigError, match="weights=actclr need one evaluation of each of joint, bone, motion, found"):
        fuse_results(folders[:2], "actclr")
    rewrite_result(folders[2], lambda content: content.update(stream="depth"))
    with pytest.raises(ConfigError, match="of stream 'depth'$"):
        fuse_results(folders, "aimclr")


# Weights tuned on held-out training people.


def test_tuned_weights_are_the_best_of_the_grid():
    logits = [part.astype(np.float64) for part in held_out((2.0, 0.0, 1.0))]
    label = np.arange(200) % 4
    name = np.array([str(i) for i in range(200)])
    found = tuned_weights([Scores(Path(), name, part, label) for part in logits])
    assert sum(found) == pytest.approx(1)
    reached = {}
    for i in range(11):
        for j in range(11 - i):
            point = (i, j, 10 - i - j)
            fused = point[0] * logits[0] + point[1] * logits[1] + point[2] * logits[2]
            reached[point] = (fused.argmax(axis=1) == label).sum()
    mine = tuple(round(10 * weight) for weight in found)
    assert reached[mine] == max(reached.values())
    equally_good = [point for point in reached if reached[point] == reached[mine]]
    assert sum(tenths**2 for tenths in mine) == min(sum(tenths**2 for tenths in point) for point in equally_good)


def test_ties_go_to_the_most_even_weights():
    perfect = Scores(Path(), np.array(list("abcd")), np.eye(4), np.arange(4))
    assert tuned_weights([perfect, perfect]) == [0.5, 0.5]
    assert tuned_weights([perfect] * 3) == [0.4, 0.3, 0.3]


def test_tuning_never_looks_at_test_labels(tmp_path):
    def tuned(place: str, labels: np.ndarray) -> list[float]:
        folders = [
            write_evaluation(tmp_path / place, stream, validation=part)
            for stream, part in zip(STREAMS, held_out((2.0, 0.0, 1.0)), strict=True)
        ]
        for folder in folders:
            rewrite_scores(folder, label=labels)
        found = fuse_results(folders, "tuned")
        assert "no test label" in format_ensemble(found)
        return list(found.result.weights["values"].values())

    honest = tuned("a", LABELS)
    assert honest[0] > honest[1]
    assert tuned("b", np.random.default_rng(0).permutation(LABELS)) == honest


def test_tuning_needs_held_out_people(tmp_path, folders):
    with pytest.raises(ConfigError, match=r"weights=tuned needs '.*validation_scores.npz'.*validation=0.2 of"):
        fuse_results(folders, "tuned")


def test_held_out_clips_are_not_test_clips(tmp_path):
    folders = [write_evaluation(tmp_path, stream, validation=held_out((1.0,))[0]) for stream in STREAMS[:2]]
    for folder in folders:
        shutil.copy(folder / "scores.npz", folder / "validation_scores.npz")
    with pytest.raises(DataError, match="holds 40 clips of the test side.*'clip00', 'clip01', 'clip02' and 37 more"):
        fuse_results(folders, "tuned")


# What no members could have.


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1, 2], "weights must be 3 numbers, one for each of scores, found 2"),
        ([1, -1, 1], "from 0 to 1e.06 and not all 0, found"),
        ([0, 0, 0], "not all 0"),
        ([1, 1, float("nan")], "from 0 to"),
        ([1, 1, float("inf")], "from 0 to"),
        ([1, 1, "a"], "a list of numbers"),
        ([1, 1, True], "a list of numbers"),
        ("even", "weights must be one of equal, mamp, aimclr, actclr, tuned or a list of numbers, found 'even'"),
        (0.5, "a list of numbers, found '0.5'"),
        (None, "a list of numbers, found 'None'"),
    ],
)
def test_bad_weights(weights, message):
    with pytest.raises(ConfigError, match=message):
        check_weights(weights, 3)


def test_tuning_takes_few_members():
    check_weights("tuned", 6)
    with pytest.raises(ConfigError, match="at most 6 members, found 7"):
        check_weights("tuned", 7)
