from __future__ import annotations

import dataclasses

import pytest

from skgraph._internal.data_dir import data_dir
from skgraph.errors import ConfigError
from skgraph.evaluation import build_protocol
from skgraph.evaluation.protocols import protocol_config

NAMES = sorted(path.stem for path in (data_dir("configs") / "protocol").glob("*.yaml"))


@pytest.mark.parametrize("name", NAMES)
def test_every_file_is_a_protocol_and_says_all_its_options(name):
    protocol, config = build_protocol(name), protocol_config(name)
    assert protocol.label == name and protocol.name == config["name"]
    assert {f.name for f in dataclasses.fields(protocol)} - {"name"} == set(config) - {"name"}
    assert protocol.options() == {key: value for key, value in config.items() if key not in ("name", "recipe")}
    assert build_protocol(config) == protocol


def test_published_numbers():
    """MAMP, CMD, AimCLR: linear probes; MAMP: fine-tuning."""
    mamp, cmd, aimclr = (build_protocol(f"linear_{name}") for name in ("mamp", "cmd", "aimclr"))
    assert (mamp.lr, mamp.batch_size, mamp.epochs, mamp.schedule, mamp.test_crop) == (0.1, 256, 100, "cosine", 0.95)
    assert (cmd.lr, cmd.batch_size, cmd.epochs, cmd.milestones) == (0.1, 64, 80, (50, 70))
    assert (aimclr.lr, aimclr.batch_size, aimclr.epochs, aimclr.milestones, aimclr.augments) == (
        3.0,
        128,
        100,
        (80,),
        False,
    )
    tune, scratch = build_protocol("finetune"), build_protocol("scratch")
    assert (tune.lr, tune.min_lr, tune.layer_decay, tune.drop_path, tune.label_smoothing) == (3e-4, 1e-5, 0.8, 0.3, 0.1)
    assert scratch.options() == tune.options() | {"layer_decay": 1.0} and not scratch.pretrained


def test_fine_tuning_of_small_data_is_one_training():
    tune, scratch, semi = (build_protocol(f"{name}_small") for name in ("finetune", "scratch", "semi"))
    assert scratch.options() == tune.options() | {"layer_decay": 1.0}
    assert semi.options() == tune.options() | {"fraction": 0.1, "sampling": "per_class", "subsets": 5}
    assert [tune.total_epochs(steps) for steps in (1, 7, 300, 1000)] == [300, 43, 1, 1]


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"name": "knn_small"}, "protocol must be one of knn, .*, found 'knn_small'"),
        ("svm", "protocol must be one of attentive, detection, .*, found 'svm'"),
        ({"name": "svm"}, "protocol must be one of knn, .*, found 'svm'"),
        ({"name": ["knn"]}, "protocol must be one of"),
        ({"name": "linear", "recipe": "dino"}, "protocol must be one of .*linear_mamp.*, found 'linear_dino'"),
        ({"name": "knn", "temperature": 1}, "protocol knn has no option 'temperature', only k"),
        ({"name": "retrieval", "k": 1}, "protocol retrieval has no option 'k', only none"),
        ({"name": "knn", "k": 0}, "k must be at least 1, found 0"),
        ({"name": "knn", "k": 1.5}, "protocol.k must be a whole number, found '1.5'"),
        ({"name": "linear", "c": "a"}, "protocol.c must be a number, found 'a'"),
        ({"name": "linear", "c": 0}, "c must be above 0, found 0"),
        ({"name": "linear", "c": float("nan")}, "c must be at least 0, found nan"),
        ({"name": "linear", "c": float("inf")}, "c must be at least 0, found inf"),
        ({"name": "linear", "epochs": 5}, "protocol linear has no option 'epochs', only recipe, c, iterations"),
        (
            {"name": "finetune", "head": "svm"},
            "protocol.head must be 'linear' or 'bn_linear' or 'mlp' or 'attentive' or 'probe'",
        ),
        ({"name": "finetune", "train_crop": [1]}, "protocol.train_crop must be a list of 2"),
        ({"name": "finetune", "lr": 0}, "lr must be positive, found 0"),
        ({"name": "semi", "fraction": 0.0}, r"fraction must be in \(0, 1\], found 0.0"),
        ({"name": "semi", "subsets": 0}, "subsets must be at least 1, found 0"),
        ({"name": "semi", "sampling": "all"}, "protocol.sampling must be 'per_class' or 'global', found 'all'"),
        ({"name": "detection", "smooth": 2}, "smooth must be odd, found 2"),
        ({"name": "detection", "stride": 65}, "stride must be at most window=64, found 65"),
    ],
)
def test_errors(config, message):
    with pytest.raises(ConfigError, match=message):
        build_protocol(config)
