from __future__ import annotations

import json

import numpy as np
import torch

from skgraph.evaluation import save_result


def test_card_and_scores(tmp_path):
    folder = tmp_path / "linear"
    save_result(
        folder, {"top1": 50.0}, np.array(["b", "a"]), torch.tensor([[1.0, 2.0], [3.0, 0.0]]), torch.tensor([1, 1])
    )
    assert json.loads((folder / "result.json").read_text()) == {"top1": 50.0}
    with np.load(folder / "scores.npz", allow_pickle=False) as scores:
        assert scores["name"].tolist() == ["b", "a"] and scores["label"].tolist() == [1, 1]
        assert scores["logits"].tolist() == [[1.0, 2.0], [3.0, 0.0]]
    assert sorted(p.name for p in folder.iterdir()) == ["result.json", "scores.npz"]
