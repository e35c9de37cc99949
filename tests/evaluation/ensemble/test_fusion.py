from __future__ import annotations

import json

import numpy as np
import pytest

from skgraph.errors import ConfigError, DataError
from skgraph.evaluation.ensemble.fusion import Ensemble, ensemble_folder, format_ensemble, fuse_results, save_ensemble
from skgraph.evaluation.results.scores import read_scores
from tests.made_up_evaluations import (
    LABELS,
    NAMES,
    STREAMS,
    logits_of,
    rewrite_result,
    rewrite_scores,
    write_evaluation,
)


def accuracy(logits: np.ndarray) -> float:
    return 100 * float((logits.argmax(axis=1) == LABELS).mean())


def accuracies(found: Ensemble) -> dict[tuple[int, ...], float]:
    """Top-1 by the indices of the fused members."""
    names = list(found.result.weights["values"])
    return {tuple(map(names.index, row["members"])): row["top1"] for row in found.result.table}


@pytest.mark.parametrize(
    ("weights", "numbers"),
    [
        ("equal", (1, 1, 1)),
        ("mamp", (1, 1, 1)),
        ("aimclr", (0.6, 0.6, 0.4)),
        ("actclr", (0.4, 0.4, 0.4)),
        ([0.5, 0, 2], (0.5, 0, 2)),
    ],
)
def test_the_formula(folders, weights, numbers):
    found = fuse_results(folders, weights)
    z = [logits_of(folder) for folder in folders]
    assert (
        list(found.result.weights["values"].values()) == list(numbers) and found.fused.name.tolist() == NAMES.tolist()
    )
    np.testing.assert_allclose(found.fused.logits, numbers[0] * z[0] + numbers[1] * z[1] + numbers[2] * z[2])
    by_members = accuracies(found)
    assert list(by_members) == [(0,), (1,), (2,), (0, 1), (0, 2), (1, 2), (0, 1, 2)]
    for i in range(3):
        assert by_members[i,] == accuracy(z[i])
    assert by_members[0, 2] == accuracy(numbers[0] * z[0] + numbers[2] * z[2])
    assert by_members[0, 1, 2] == accuracy(found.fused.logits)


def test_a_large_scale_has_much_to_say(folders):
    rewrite_scores(folders[2], logits=1000 * logits_of(folders[2]))
    assert fuse_results(folders).result.metrics["top1"] == accuracy(logits_of(folders[2]))


def test_clips_are_joined_by_name(tmp_path, folders):
    straight = fuse_results(folders, "aimclr")
    order = np.random.default_rng(0).permutation(len(NAMES))
    shuffled = [
        write_evaluation(tmp_path / "shuffled", stream, order=order if stream != "joint" else None)
        for stream in STREAMS
    ]
    found = fuse_results(shuffled, "aimclr")
    np.testing.assert_array_equal(found.fused.logits, straight.fused.logits)
    assert found.result.table == straight.result.table


def test_the_table_says_what_was_fused(folders):
    found = fuse_results(folders, "aimclr")
    lines = format_ensemble(found).splitlines()
    assert lines[2].split() == ["members", "weights", "top-1", "top-5"]
    assert lines[3].split() == ["joint", "0.6", f"{accuracies(found)[0,]:.2f}", "100.00"]
    assert lines[9].split()[:8] == ["joint", "+", "bone", "+", "motion", "0.6,", "0.6,", "0.4"]
    *alone, _, _, _, together = accuracies(found).values()
    gain = together - max(alone)
    assert "at least as good as the best member" in lines[10] and f"{gain:+.2f} points" in lines[10]
    assert "publishes no fusion" in format_ensemble(fuse_results(folders, "mamp"))


def test_a_fusion_may_be_worse_than_its_best_member(tmp_path):
    good = write_evaluation(tmp_path, "joint", logits=10 * np.eye(4, dtype=np.float32)[LABELS])
    bad = write_evaluation(tmp_path, "bone", logits=100 * np.eye(4, dtype=np.float32)[(LABELS + 1) % 4])
    assert "not as good as the best member, joint: -100.00 points" in format_ensemble(fuse_results([good, bad]))


def test_two_members_have_one_pair(folders):
    assert list(accuracies(fuse_results(folders[:2]))) == [(0,), (1,), (0, 1)]


def test_weights_of_nought(folders):
    found = fuse_results(folders, [1, 0, 0])
    rows = accuracies(found)
    assert rows[1, 2] is None and rows[1,] == accuracy(logits_of(folders[1])) and rows[0, 1, 2] == rows[0,]
    assert " 0, 0 " in format_ensemble(found)


def test_what_is_left_behind(tmp_path, folders):
    found = fuse_results(folders, "aimclr")
    save_ensemble(found, tmp_path / "out")
    again = read_scores(tmp_path / "out" / "scores.npz")
    np.testing.assert_allclose(again.logits, found.fused.logits, rtol=1e-6)
    assert again.name.tolist() == NAMES.tolist() and again.label.tolist() == LABELS.tolist()
    card = json.loads((tmp_path / "out" / "result.json").read_text())
    assert card["weights"] == {
        "name": "aimclr",
        "values": {"joint": 0.6, "bone": 0.6, "motion": 0.4},
        "source": "AimCLR, AAAI 2022; also MS-CLR and HiCLR",
    }
    assert [member["run"] for member in card["members"]] == list(STREAMS) and len(card["table"]) == 7
    assert card["top1"] == accuracies(found)[0, 1, 2] and card["dataset"]["content_hash"] == "0123456789abcdef"
    assert card["protocol"] == "linear" and card["stream"] == "joint + bone + motion"
    assert {"versions", "date", "above_best_member", "best_member"} <= card.keys()
    with pytest.raises(DataError, match="is an ensemble itself: list its members"):
        fuse_results([tmp_path / "out", folders[0]])


def test_other_members_and_weights_have_other_folders(folders):
    names = {
        ensemble_folder(fuse_results(*arguments))
        for arguments in [(folders,), (folders, "aimclr"), (folders[:2],), (folders, [1, 1, 2]), (folders, [1, 2, 1])]
    }
    assert len(names) == 5 and ensemble_folder(fuse_results(folders)) in names


def test_two_of_one_stream_are_called_by_their_runs(tmp_path, folders):
    found = fuse_results([folders[0], write_evaluation(tmp_path, "joint2")])
    assert list(found.result.weights["values"]) == ["joint", "joint2"]


def test_a_member_is_listed_once(folders):
    with pytest.raises(ConfigError, match="twice"):
        fuse_results([folders[0], folders[0] / "scores.npz"])


def test_what_is_refused_by_its_parts(folders):
    with pytest.raises(ConfigError, match="weights must be 3 numbers"):
        fuse_results(folders, [1, 2])
    rewrite_scores(folders[2], name=np.array([*NAMES[:-1], "other"]))
    with pytest.raises(DataError, match="are not of the same clips"):
        fuse_results(folders)
    rewrite_result(folders[1], lambda content: content.update(crop=0.95))
    with pytest.raises(DataError, match="are not of the same evaluation: crop is null and 0.95"):
        fuse_results(folders)
