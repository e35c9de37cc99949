import pytest
import torch

from skgraph.errors import DataError
from skgraph.evaluation import knn_scores, linear_scores, retrieve

X, Y = torch.randn(5, 3), torch.tensor([0, 1, 0, 1, 0])


@pytest.mark.parametrize(
    "x, y, unseen, message",
    [
        (X, Y, torch.randn(4, 2), r"\[5, 3\], \[5\], \[4, 2\]"),
        (X, Y[:4], X, r"\[5, 3\], \[4\], \[5, 3\]"),
        (X[:0], Y[:0], X, r"\[0, 3\]"),
        (X, Y + 1, X, "labels must be in 0 to 1, found 1 to 2"),
    ],
)
def test_classifiers_refuse_what_does_not_fit(x, y, unseen, message):
    with pytest.raises(DataError, match=message):
        knn_scores(x, y, unseen, 2)
    with pytest.raises(DataError, match=message):
        linear_scores(x, y, [unseen], 2)
    with pytest.raises(DataError, match=message):
        retrieve(x, y, unseen, torch.zeros(len(unseen), dtype=torch.long), 2)
