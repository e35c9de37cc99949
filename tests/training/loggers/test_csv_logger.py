from __future__ import annotations

from skgraph.training.loggers import CSVLogger


def test_resuming_drops_later_steps_and_half_a_line(tmp_path):
    logger = CSVLogger(tmp_path)
    logger.log(1, {"loss": 1.5, "lr": 1e-3})
    logger.log(2, {"loss": 1.25})
    logger.close()
    with open(tmp_path / "metrics.csv", "a") as file:
        file.write("3,lo")
    logger = CSVLogger(tmp_path, step=1)
    logger.log(2, {"loss": 1.0})
    assert (tmp_path / "metrics.csv").read_text().splitlines() == [
        "step,name,value",
        "1,loss,1.5",
        "1,lr,0.001",
        "2,loss,1.0",
    ]
    logger.close()
