from skgraph.performance.timing import call_seconds, median_seconds


def test_the_first_call_is_not_timed():
    calls = []
    assert len(call_seconds(lambda: calls.append(1), repeats=3)) == 3
    assert len(calls) == 4


def test_median_seconds():
    assert 0 <= median_seconds(lambda: None, repeats=3) < 1
