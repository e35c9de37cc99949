from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from skgraph.errors import DataError
from skgraph.evaluation.results.scores import Scores, join_scores, read_scores, save_scores
from tests.made_up_evaluations import LABELS, NAMES, made_up_scores


def write(path: Path, **changes: np.ndarray | None) -> Path:
    """Scores of 40 clips with changed arrays; ``None`` takes one away."""
    arrays = {"name": NAMES, "logits": made_up_scores(0), "label": LABELS} | changes
    np.savez(path, **{key: value for key, value in arrays.items() if value is not None})
    return path


def joined(tmp_path: Path, **changes: np.ndarray) -> list[Scores]:
    """Scores ``a.npz`` and ``b.npz``, of which the second has changed arrays."""
    paths = [write(tmp_path / "a.npz"), write(tmp_path / "b.npz", **changes)]
    return join_scores([read_scores(path) for path in paths])


def test_scores_by_clip_name(tmp_path):
    path, logits = tmp_path / "scores.npz", torch.tensor([[1.0, 2.0], [3.0, 0.0], [0.0, 1.0]])
    save_scores(path, np.array(["b", "a", "c"]), logits, torch.tensor([1, 1, 0]))
    with np.load(path, allow_pickle=False) as archive:
        assert archive["logits"].tolist() == logits.tolist() and archive["logits"].dtype == np.float32
    scores = read_scores(path)
    assert scores.path == path and scores.name.tolist() == ["b", "a", "c"] and scores.label.tolist() == [1, 1, 0]
    assert scores.logits.tolist() == logits.tolist() and scores.logits.dtype == np.float64


def test_clips_are_joined_by_name(tmp_path):
    order = np.random.default_rng(0).permutation(40)
    first, second = joined(tmp_path, name=NAMES[order], logits=made_up_scores(0)[order], label=LABELS[order])
    assert first.name.tolist() == NAMES.tolist() == second.name.tolist()
    assert second.path == tmp_path / "b.npz" and second.label.tolist() == LABELS.tolist()
    np.testing.assert_array_equal(first.logits, second.logits)


def test_other_clips(tmp_path):
    with pytest.raises(DataError) as error:
        joined(tmp_path, name=np.array([*NAMES[:35], *(f"other{i}" for i in range(5))]))
    assert "a.npz' has 5 clips: 'clip35', 'clip36', 'clip37' and 2 more" in str(error.value)
    assert "b.npz' has 5 clips: 'other0', 'other1', 'other2' and 2 more" in str(error.value)
    with pytest.raises(DataError, match="not of the same clips; only '.*a.npz' has 10 clips: 'clip30'"):
        joined(tmp_path, name=NAMES[:30], logits=made_up_scores(0)[:30], label=LABELS[:30])


def test_other_labels(tmp_path):
    labels = LABELS.copy()
    labels[[3, 7]] = 0
    with pytest.raises(DataError, match=r"have other labels for 2 clips: 'clip03' \(3 and 0\), 'clip07' \(3 and 0\)$"):
        joined(tmp_path, label=labels)


def test_other_number_of_classes(tmp_path):
    with pytest.raises(DataError, match="a.npz' has 4 classes, '.*b.npz' has 5"):
        joined(tmp_path, logits=np.pad(made_up_scores(0), ((0, 0), (0, 1))))


def test_names_twice(tmp_path):
    with pytest.raises(DataError, match="name 1 clip more than once: 'a'"):
        read_scores(write(tmp_path / "a.npz", name=np.array(["a", "a", *NAMES[2:]])))


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
def test_arrays_that_do_not_fit(tmp_path, changes, message):
    path = write(tmp_path / "a.npz", **changes)
    with pytest.raises(DataError, match=message) as error:
        read_scores(path)
    assert str(path) in str(error.value) and "\n" not in str(error.value)


def test_pickled_objects_are_never_loaded(tmp_path):
    class Trap:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "made",))

    with pytest.raises(DataError, match="or holds pickled objects, which are never loaded"):
        read_scores(write(tmp_path / "a.npz", name=np.array([Trap(), *NAMES[1:]], dtype=object)))
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize(
    "damage",
    [
        lambda b: b[:-50],
        lambda b: b[:100],
        lambda b: b"",
        lambda b: b"no archive",
        lambda b: b[:200] + bytes(100) + b[300:],
    ],
)
def test_damaged_files(tmp_path, damage):
    path = write(tmp_path / "a.npz")
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DataError, match=r"a.npz.*(damaged or not an .npz file|pickled)") as error:
        read_scores(path)
    assert "\n" not in str(error.value)


def test_a_plain_array_is_no_archive(tmp_path):
    with open(tmp_path / "a.npz", "wb") as file:
        np.save(file, np.zeros(3))
    with pytest.raises(DataError, match="damaged or not an .npz"):
        read_scores(tmp_path / "a.npz")


def test_nothing_there(tmp_path):
    with pytest.raises(DataError, match="no scores at '.*a.npz'"):
        read_scores(tmp_path / "a.npz")
