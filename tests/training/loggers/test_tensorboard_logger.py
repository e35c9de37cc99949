from __future__ import annotations

import torch
from google.protobuf import text_format
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.projector.projector_config_pb2 import ProjectorConfig

from skgraph.training.loggers import TensorBoardLogger


def test_resuming_drops_later_steps(tmp_path):
    for step, steps in ((0, (1, 2, 3)), (2, (3, 4))):
        logger = TensorBoardLogger(tmp_path, step)
        for i in steps:
            logger.log(i, {"loss": 10.0 * step + i})
        logger.histogram(steps[-1], "features", torch.randn(50))
        logger.close()
    board = EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    assert [(event.step, event.value) for event in board.Scalars("loss")] == [(1, 1), (2, 2), (3, 23), (4, 24)]
    assert [event.step for event in board.Histograms("features")] == [4]


def test_the_projector_shows_the_last_features_with_their_labels(tmp_path):
    logger = TensorBoardLogger(tmp_path)
    labels = {"action": ["wave\tat", "kick"], "clip": ["a", "b\n"]}
    logger.embedding(1, torch.zeros(2, 3), labels)
    logger.embedding(5, torch.tensor([[1.0, 2.0, -0.5], [0.0, 1e-9, 3.0]]), labels)
    logger.close()
    folder = tmp_path / "tensorboard"
    (shown,) = text_format.Parse((folder / "projector_config.pbtxt").read_text(), ProjectorConfig()).embeddings
    assert shown.tensor_name == "features, step 5"
    assert (folder / shown.tensor_path).read_text() == "1\t2\t-0.5\n0\t1e-09\t3\n"
    assert (folder / shown.metadata_path).read_text() == "action\tclip\nwave at\ta\nkick\tb\n"
