from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from skgraph.errors import ConfigError, DataError
from skgraph.evaluation.ensemble import (
    Scores,
    ensemble,
    ensemble_folder,
    ensemble_table,
    fuse,
    read_scores,
    save_ensemble,
    tuned_weights,
)
from tests.test_ensemble import LABELS, NAMES, made_up_scores, write_evaluation

STREAMS = ("joint", "bone", "motion")


@pytest.fixture
def folders(tmp_path) -> list[Path]:
    return [write_evaluation(tmp_path, stream) for stream in STREAMS]


def logits_of(folder: Path) -> np.ndarray:
    with np.load(folder / "scores.npz", allow_pickle=False) as archive:
        return archive["logits"].astype(np.float64)


def accuracy(logits: np.ndarray) -> float:
    return 100 * float((logits.argmax(axis=1) == LABELS).mean())


def rewrite(folder: Path, file: str = "scores.npz", **changes: np.ndarray) -> None:
    with np.load(folder / file, allow_pickle=False) as archive:
        arrays = dict(archive) | changes
    np.savez(folder / file, **{key: value for key, value in arrays.items() if value is not None})


def rewrite_card(folder: Path, change) -> None:
    card = json.loads((folder / "result.json").read_text())
    change(card)
    (folder / "result.json").write_text(json.dumps(card))


@pytest.mark.parametrize(
    ("weights", "numbers"),
    [("equal", (1, 1, 1)), ("mamp", (1, 1, 1)), ("aimclr", (0.6, 0.6, 0.4)), ("actclr", (0.4, 0.4, 0.4)),
     ([0.5, 0, 2], (0.5, 0, 2))],
)  # fmt: skip
def test_the_formula(folders, weights, numbers):
    found = ensemble(folders, weights)
    z = [logits_of(folder) for folder in folders]
    assert found.weights == list(numbers) and found.fused.name.tolist() == NAMES.tolist()
    np.testing.assert_allclose(found.fused.logits, numbers[0] * z[0] + numbers[1] * z[1] + numbers[2] * z[2])
    by_members = {row.members: row.top1 for row in found.rows}
    assert list(by_members) == [(0,), (1,), (2,), (0, 1), (0, 2), (1, 2), (0, 1, 2)]
    for i in range(3):
        assert by_members[i,] == accuracy(z[i])
    assert by_members[0, 2] == accuracy(numbers[0] * z[0] + numbers[2] * z[2])
    assert by_members[0, 1, 2] == accuracy(found.fused.logits)


def test_the_mean_ranks_as_the_sum(folders):
    z = [logits_of(folder) for folder in folders]
    np.testing.assert_array_equal(np.mean(z, axis=0).argmax(axis=1), fuse(z, [1, 1, 1]).argmax(axis=1))


def test_a_large_scale_has_much_to_say(tmp_path, folders):
    rewrite(folders[2], logits=1000 * logits_of(folders[2]))
    assert ensemble(folders).rows[-1].top1 == accuracy(logits_of(folders[2]))


def test_clips_are_joined_by_name(tmp_path, folders):
    straight = ensemble(folders, "aimclr")
    order = np.random.default_rng(0).permutation(len(NAMES))
    shuffled = [
        write_evaluation(tmp_path / "shuffled", stream, order=order if stream != "joint" else None)
        for stream in STREAMS
    ]
    found = ensemble(shuffled, "aimclr")
    np.testing.assert_array_equal(found.fused.logits, straight.fused.logits)
    assert found.rows == straight.rows


def test_weights_of_streams_find_theirs(folders):
    found = ensemble([folders[2], folders[0] / "scores.npz", folders[1]], "aimclr")
    assert found.weights == [0.4, 0.6, 0.6] and found.labels == ["motion", "joint", "bone"]


def test_the_table_says_what_was_fused(folders):
    found = ensemble(folders, "aimclr")
    lines = ensemble_table(found).splitlines()
    assert lines[2].split() == ["members", "weights", "top-1", "top-5"]
    assert lines[3].split() == ["joint", "0.6", f"{found.rows[0].top1:.2f}", "100.00"]
    assert lines[9].split()[:8] == ["joint", "+", "bone", "+", "motion", "0.6,", "0.6,", "0.4"]
    best = max(row.top1 for row in found.rows[:3])
    gain = found.rows[-1].top1 - best
    assert "at least as good as the best member" in lines[10] and f"{gain:+.2f} points" in lines[10]
    assert "publishes no fusion" in ensemble_table(ensemble(folders, "mamp"))


def test_a_fusion_may_be_worse_than_its_best_member(tmp_path):
    good = write_evaluation(tmp_path, "joint", logits=10 * np.eye(4, dtype=np.float32)[LABELS])
    bad = write_evaluation(tmp_path, "bone", logits=100 * np.eye(4, dtype=np.float32)[(LABELS + 1) % 4])
    assert "not as good as the best member, joint: -100.00 points" in ensemble_table(ensemble([good, bad]))


def test_two_members_have_one_pair(folders):
    assert [row.members for row in ensemble(folders[:2]).rows] == [(0,), (1,), (0, 1)]


def test_weights_of_nought(folders):
    found = ensemble(folders, [1, 0, 0])
    rows = {row.members: row.top1 for row in found.rows}
    assert rows[1, 2] is None and rows[1,] == accuracy(logits_of(folders[1])) and rows[0, 1, 2] == rows[0,]
    assert " 0, 0 " in ensemble_table(found)


def test_what_is_left_behind(tmp_path, folders):
    found = ensemble(folders, "aimclr")
    save_ensemble(found, tmp_path / "out")
    again = read_scores(tmp_path / "out" / "scores.npz")
    np.testing.assert_allclose(again.logits, found.fused.logits, rtol=1e-6)
    assert again.name.tolist() == NAMES.tolist() and again.label.tolist() == LABELS.tolist()
    card = json.loads((tmp_path / "out" / "result.json").read_text())
    assert card["weights"] == {"name": "aimclr", "values": {"joint": 0.6, "bone": 0.6, "motion": 0.4},
                               "source": "AimCLR, AAAI 2022; also MS-CLR and HiCLR"}  # fmt: skip
    assert [member["run"] for member in card["members"]] == list(STREAMS) and len(card["table"]) == 7
    assert card["top1"] == found.rows[-1].top1 and card["dataset"]["content_hash"] == "0123456789abcdef"
    assert card["protocol"] == "linear" and card["stream"] == "joint + bone + motion"
    assert {"versions", "date", "above_best_member", "best_member"} <= card.keys()
    with pytest.raises(DataError, match="is an ensemble itself: list its members"):
        ensemble([tmp_path / "out", folders[0]])


def test_other_members_and_weights_have_other_folders(folders):
    names = {ensemble_folder(ensemble(*arguments)) for arguments in
             [(folders,), (folders, "aimclr"), (folders[:2],), (folders, [1, 1, 2]), (folders, [1, 2, 1])]}  # fmt: skip
    assert len(names) == 5 and ensemble_folder(ensemble(folders)) in names


# Weights tuned on held-out training people.


def held_out(margins: tuple[float, ...], count: int = 200) -> list[np.ndarray]:
    return [made_up_scores(i, np.arange(count) % 4, margin) for i, margin in enumerate(margins)]


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
            rewrite(folder, label=labels)
        found = ensemble(folders, "tuned")
        assert "no test label" in ensemble_table(found)
        return found.weights

    honest = tuned("a", LABELS)
    assert honest[0] > honest[1]
    assert tuned("b", np.random.default_rng(0).permutation(LABELS)) == honest


def test_tuning_needs_held_out_people(tmp_path, folders):
    with pytest.raises(ConfigError, match=r"weights=tuned needs '.*validation_scores.npz'.*validation=0.2 of"):
        ensemble(folders, "tuned")


def test_held_out_clips_are_not_test_clips(tmp_path):
    folders = [write_evaluation(tmp_path, stream, validation=held_out((1.0,))[0]) for stream in STREAMS[:2]]
    for folder in folders:
        shutil.copy(folder / "scores.npz", folder / "validation_scores.npz")
    with pytest.raises(DataError, match="holds 40 clips of the test part.*'clip00', 'clip01', 'clip02' and 37 more"):
        ensemble(folders, "tuned")


def test_tuning_takes_few_members(tmp_path):
    with pytest.raises(ConfigError, match="at most 6 members, found 7"):
        ensemble([Path(str(i)) for i in range(7)], "tuned")


# What is refused.


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1, 2], "weights must be 3 numbers, one for each of scores, found 2"),
        ([1, -1, 1], "at least 0, finite and not all 0, found"),
        ([0, 0, 0], "not all 0"),
        ([1, 1, float("nan")], "finite"),
        ([1, 1, float("inf")], "finite"),
        ([1, 1, "a"], "a list of numbers"),
        ([1, 1, True], "a list of numbers"),
        ("even", "weights must be one of equal, mamp, aimclr, actclr, tuned or a list of numbers, found 'even'"),
        (0.5, "a list of numbers, found '0.5'"),
        (None, "a list of numbers, found 'None'"),
    ],
)
def test_bad_weights(folders, weights, message):
    with pytest.raises(ConfigError, match=message):
        ensemble(folders, weights)


def test_weights_of_streams_refuse_two_of_one_and_a_missing_one(tmp_path, folders):
    other = write_evaluation(tmp_path, "joint2")
    with pytest.raises(ConfigError, match=r"'.*joint/.*' and '.*joint2/.*' are both of stream 'joint'"):
        ensemble([folders[0], other, folders[1]], "aimclr")
    with pytest.raises(ConfigError, match="weights=actclr .* there is none of stream motion"):
        ensemble(folders[:2], "actclr")
    rewrite_card(folders[2], lambda card: card.update(stream="depth"))
    with pytest.raises(ConfigError, match="is of stream 'depth'"):
        ensemble(folders, "aimclr")


def test_two_of_one_stream_are_called_by_their_runs(tmp_path, folders):
    assert ensemble([folders[0], write_evaluation(tmp_path, "joint2")]).labels == ["joint", "joint2"]


def test_a_member_is_listed_once(folders):
    with pytest.raises(ConfigError, match="twice"):
        ensemble([folders[0], folders[0] / "scores.npz"])


def test_other_clips(folders):
    rewrite(folders[1], name=np.array([*NAMES[:35], *(f"other{i}" for i in range(5))]))
    with pytest.raises(DataError) as error:
        ensemble(folders)
    assert "only" in str(error.value) and "has 5 clips: 'clip35', 'clip36', 'clip37' and 2 more" in str(error.value)
    assert "has 5 clips: 'other0', 'other1', 'other2' and 2 more" in str(error.value)
    rewrite(folders[1], name=NAMES[:30], logits=logits_of(folders[1])[:30], label=LABELS[:30])
    with pytest.raises(DataError, match="only '.*joint.*' has 10 clips: 'clip30'"):
        ensemble(folders)


def test_other_labels(folders):
    labels = LABELS.copy()
    labels[[3, 7]] = 0
    rewrite(folders[2], label=labels)
    with pytest.raises(DataError, match=r"have other labels for 2 clips: 'clip03' \(3 and 0\), 'clip07' \(3 and 0\)$"):
        ensemble(folders)


def test_names_twice(folders):
    rewrite(folders[0], name=np.array(["a", "a", *NAMES[2:]]))
    with pytest.raises(DataError, match="name 1 clip more than once: 'a'"):
        ensemble(folders)


def test_other_number_of_classes(folders):
    rewrite(folders[1], logits=np.pad(logits_of(folders[1]), ((0, 0), (0, 1))).astype(np.float32))
    with pytest.raises(DataError, match="has 4 classes, .* has 5"):
        ensemble(folders)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"logits": None}, "lack the array logits"),
        ({"name": None, "label": None}, "lack the array name and label"),
        ({"logits": np.zeros((40, 4), np.float32) * np.nan}, "not finite, for 40 clips: 'clip00', 'clip01', 'clip02'"),
        ({"logits": np.zeros((39, 4), np.float32)}, r"must hold name \[n\] .* found name \[40\] <U6"),
        ({"logits": np.zeros(40, np.float32)}, r"logits \[40\] float32"),
        ({"logits": np.zeros((40, 1), np.float32)}, r"logits \[40, 1\] float32"),
        ({"logits": np.zeros((40, 4), np.int64)}, r"logits \[40, 4\] int64"),
        ({"label": LABELS[:, None]}, r"label \[40, 1\] int64"),
        ({"label": LABELS.astype(np.float32)}, r"label \[40\] float32"),
        ({"label": LABELS + 3}, r"labels outside 0 .. 3, for 30 clips: 'clip01'"),
        ({"name": np.arange(40)}, r"name \[40\] int64"),
        ({"name": np.array([list("ab")] * 20)}, r"name \[20, 2\] <U1"),
    ],
)
def test_arrays_that_do_not_fit(folders, changes, message):
    rewrite(folders[1], **changes)
    with pytest.raises(DataError, match=message) as error:
        ensemble(folders)
    assert "bone" in str(error.value) and "\n" not in str(error.value)


def test_pickled_objects_are_never_loaded(folders):
    class Trap:
        def __reduce__(self):
            return (Path.touch, (folders[1] / "made",))

    rewrite(folders[1], name=np.array([Trap(), *NAMES[1:]], dtype=object))
    with pytest.raises(DataError, match="hold pickled objects, which are never loaded"):
        ensemble(folders)
    assert not (folders[1] / "made").exists()


@pytest.mark.parametrize("damage", [lambda b: b[:-50], lambda b: b[:100], lambda b: b"", lambda b: b"no archive",
                                    lambda b: b[:200] + bytes(100) + b[300:]])  # fmt: skip
def test_damaged_files(folders, damage):
    path = folders[1] / "scores.npz"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DataError, match=r"bone.*(damaged or not an .npz file|pickled)") as error:
        ensemble(folders)
    assert "\n" not in str(error.value)


def test_a_plain_array_is_no_archive(folders):
    with open(folders[1] / "scores.npz", "wb") as file:
        np.save(file, np.zeros(3))
    with pytest.raises(DataError, match="damaged or not an .npz"):
        ensemble(folders)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda card: card["dataset"].update(content_hash="f"), 'content_hash is "0123456789abcdef" and "f"'),
        (lambda card: card["dataset"].update(split="xview"), 'dataset.split is "xsub" and "xview"'),
        (lambda card: card["dataset"].update(preprocessing="cm to m"), "dataset.preprocessing is"),
        (lambda card: card.update(protocol="knn"), 'protocol is "linear" and "knn"'),
        (lambda card: card.update(recipe="mamp"), 'recipe is "exact" and "mamp"'),
        (lambda card: card["options"].update(c=2.0), "options is"),
        (lambda card: card.update(bodies="padded"), 'bodies is "present" and "padded"'),
        (lambda card: card.update(crop=0.95), "crop is null and 0.95"),
        (lambda card: card.update(crops=10), "crops is 1 and 10"),
        (lambda card: card.update(validation=0.2), "validation is 0.0 and 0.2"),
        (lambda card: card["config"].update(frames=120), "config.frames is 64 and 120"),
        (lambda card: card["config"]["normalise"].update(center="frame"), 'center is "first" and "frame"'),
        (lambda card: card["config"]["normalise"].update(align="yaw"), 'align is null and "yaw"'),
    ],
)
def test_other_evaluations(folders, change, message):
    rewrite_card(folders[2], change)
    with pytest.raises(DataError, match="are not of the same evaluation") as error:
        ensemble(folders)
    assert message in str(error.value)


def test_the_scale_is_each_streams_own(folders):
    rewrite_card(folders[2], lambda card: card["config"]["normalise"].update(scale=0.01))
    rewrite_card(folders[1], lambda card: card.pop("joint_map"))  # a key that older cards lack
    assert len(ensemble(folders).rows) == 7


def test_cards_are_needed(tmp_path, folders):
    rewrite_card(folders[1], lambda card: card["config"].pop("frames"))
    with pytest.raises(DataError, match="bone.*is not the card of an evaluation: it lacks config.frames"):
        ensemble(folders)
    for text in ("{", "[]", "\udcff", "[" * 100_000):
        (folders[1] / "result.json").write_bytes(text.encode(errors="surrogateescape"))
        with pytest.raises(DataError, match="the result '.*bone.*result.json' (cannot be read|must hold)"):
            ensemble(folders)
    (folders[1] / "result.json").unlink()
    with pytest.raises(DataError, match="no result at '.*bone.*result.json'"):
        ensemble(folders)
    with pytest.raises(DataError, match="joint' is not the folder of an evaluation.*evaluations in it are '.*linear_"):
        ensemble([tmp_path / "joint", folders[1]])


def test_a_detection_has_no_clips(folders):
    rewrite_card(folders[0], lambda card: card.update(protocol="detection"))
    with pytest.raises(DataError, match="has no scores of whole clips"):
        ensemble(folders)
