from __future__ import annotations

import pytest

from skgraph.api import evaluate
from skgraph.errors import ConfigError
from skgraph.evaluation import Settings, compare
from skgraph.evaluation.results.result import Result


def test_it_is_the_comparison(run_folder, store, store_path):
    found = evaluate(run_folder, {"name": "knn", "k": 5}, pool="joints", device="cpu", progress=False)
    (wanted,) = compare(run_folder, store, "xsub", [{"name": "knn", "k": 5}], "cpu", settings=Settings(pool="joints"))
    assert found.metrics == wanted.metrics and found.pool == "joints" and found.options == {"k": 5}
    assert Result.load(found.path).metrics == found.metrics and found.path == wanted.path
    for dataset in (store, store_path, {"root": store_path}):
        assert evaluate(run_folder, "knn", dataset, device="cpu", progress=False).dataset.split == "xsub"


def test_what_a_result_shows(run_folder):
    result = evaluate(run_folder, "knn", random_init=False, device="cpu", progress=False)
    top1 = result.metrics["top1"]
    assert repr(result) == f"Result(knn: top-1 accuracy {top1} %, tiny, split xsub)"
    assert f"<td>knn</td><td>{top1:.4g}</td><td>{result.raw_coordinates['top1']:.4g}</td>" in result._repr_html_()
    pytest.importorskip("pandas")
    frame = result.to_frame()
    assert frame.index.tolist() == ["trained", "raw_coordinates"] and frame.loc["trained", "top1"] == top1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"pol": "mean"}, "evaluate has no option 'pol': expected one of crop, crops, bodies, pool"),
        ({"protocol": "knnn"}, "protocol must be one of .*, found 'knnn'"),
        ({"split": "xview"}, "dataset.split must be one of xsub"),
        ({"dataset": "nowhere"}, "no store at 'nowhere'"),
    ],
)
def test_bad_options(run_folder, options, message):
    from skgraph.errors import DataError

    with pytest.raises(DataError, match=message):
        evaluate(run_folder, **options)
    assert issubclass(ConfigError, DataError)
