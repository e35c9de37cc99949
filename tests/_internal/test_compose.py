from __future__ import annotations

import numpy as np
import pytest
from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig

from skgraph._internal.command import plain_config
from skgraph._internal.compose import composed
from skgraph._internal.data_dir import data_dir
from skgraph.errors import ConfigError
from tests.test_configs import composed as composed_from_words


def test_the_configuration_is_that_of_the_command():
    options = {"objective": "lejepa", "trainer": {"steps": np.int64(500), "lr": np.float64(1e-5)}, "seed": 1}
    with composed("pretrain", options | {"evaluate": ["knn"], "name": "test", "pool": "mean"}) as cfg:
        found = plain_config(cfg)
    words = ["objective=lejepa", "trainer.steps=500", "trainer.lr=1e-5", "seed=1", "evaluate=[knn]"]
    assert found == composed_from_words(*words)


def test_dictionaries_in_lists_and_empty_ones():
    with composed(
        "evaluate", {"run": "r", "protocol": "knn", "+more": [{"name": "knn", "k": 5}, {}], "+no": {}}
    ) as cfg:
        assert cfg.more == [{"name": "knn", "k": 5}, {}] and cfg.no == {}


@pytest.mark.parametrize("root", ["my data", "o'clock", "a,b", "{x}", "a=b", "back\\", "Jürgen", "2024", "null"])
def test_any_text_is_a_value(root):
    with composed("pretrain", {"dataset": "store", "dataset.root": root, "normalise.center": None}) as cfg:
        config = plain_config(cfg)
    assert config["dataset"]["root"] == root and config["normalise"]["center"] is None
    assert config["name"] == f"sjepa_transformer_{root}_joint_seed0"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"objective": "leje"}, "Could not find 'objective/leje': available options in 'objective' are custom, gfp"),
        ({"trainer": {"step": 1}}, "Could not override 'trainer.step': did you mean steps?"),
        ({"dataset": "store"}, "say dataset.root=...: no default fits"),
        ({"mask": 0.9}, r"an option that names a file must be a string or a list. Got float \(mask=0.9\)"),
    ],
)
def test_bad_options(options, message):
    before = HydraConfig.instance().cfg  # of a command in an earlier test
    with pytest.raises(ConfigError, match=message.replace("?", r"\?")), composed("pretrain", options):
        pass
    assert not GlobalHydra.instance().is_initialized() and HydraConfig.instance().cfg is before


def test_another_hydra_application_goes_on_as_before():
    with initialize_config_dir(str(data_dir("configs")), version_base="1.3"):
        HydraConfig.instance().set_config(compose("evaluate", ["run=r"], return_hydra_config=True))
        try:
            with composed("pretrain", {}) as cfg:
                assert plain_config(cfg)["name"].startswith("sjepa")
            assert HydraConfig.get().runtime.choices["protocol"] == "linear"
            assert compose("evaluate", ["run=again"]).run == "again"
        finally:
            HydraConfig.instance().cfg = None
