import pytest

from skgraph.evaluation.store_preprocessing import preparation_note


@pytest.mark.parametrize(
    ("trained", "here"),
    [
        ("none", "none"),
        (None, "preset mamp"),
        ("none", "mm to m"),
        ("preset skgraph, one_based labels", "preset skgraph, whole recordings"),
        ("preset skgraph, one_based labels", "preset skgraph"),
    ],
)
def test_nothing_to_say(trained, here):
    assert preparation_note(trained, here) is None


@pytest.mark.parametrize(
    ("trained", "here"),
    [("none", "preset mamp"), ("preset skgraph", "preset agcn"), ("mm to m", "y negated; mm to m")],
)
def test_other_coordinates(trained, here):
    note = preparation_note(trained, here)
    assert note == f"note: pre-trained on coordinates prepared as '{trained}', these are prepared as '{here}'"
