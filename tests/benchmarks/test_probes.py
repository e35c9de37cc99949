from benchmarks.probes import benchmark_probes


def test_seconds_and_memory():
    measured = benchmark_probes(clips=200, queries=50, dim=8, classes=4, epochs=2)
    assert all(measured[f"{probe}_seconds"] > 0 for probe in ("linear_mamp", "linear_exact", "knn", "retrieval"))
    assert measured["knn_growth_mib"] >= 0 and measured["clips"] == 200
