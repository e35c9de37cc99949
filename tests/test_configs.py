"""Every configuration composes, builds and takes a step, and says the defaults of what it configures."""

from __future__ import annotations

import functools
import inspect
import re
from dataclasses import fields
from pathlib import Path

import pytest
import torch
from hydra import compose, initialize_config_dir
from hydra.core.hydra_config import HydraConfig
from hydra.utils import get_class
from omegaconf import OmegaConf

import skgraph._internal.command  # noqa: F401, registers the resolvers that configurations use
from skgraph._internal.data_dir import data_dir
from skgraph.build import build_encoder, build_objective, build_views, check_config, instance
from skgraph.errors import ConfigError
from skgraph.evaluation import build_protocol
from skgraph.performance.training_step import random_crops, without_measurements
from skgraph.topology import Topology
from skgraph.training import TrainerConfig
from skgraph.training.loggers import Logger

CONFIGS = data_dir("configs")
EXPERIMENTS = sorted(path.stem for path in (CONFIGS / "experiment").glob("*.yaml"))


def composed(*overrides: str, config: str = "pretrain") -> dict:
    with initialize_config_dir(str(CONFIGS), version_base="1.3"):
        cfg = compose(config, overrides=[*overrides, *(["name=test"] if config == "pretrain" else [])])
    return OmegaConf.to_container(cfg, resolve=True)


def step(config: dict, topology: Topology, batch: int = 2) -> torch.Tensor:
    torch.manual_seed(0)
    config = without_measurements(config)
    encoder = build_encoder(config, topology)
    objective = build_objective(config, encoder, topology)
    views = build_views(config, topology, encoder.grid[0], objective)
    bodies = random_crops(batch, config["frames"], topology, views)
    loss, _ = objective(*views(bodies, torch.Generator().manual_seed(0)))
    loss.backward()
    objective.after_step(0.5)
    for name, parameter in objective.named_parameters():
        assert not parameter.requires_grad or parameter.grad is not None, f"{name} is unused"
    return loss


SMALL = ("encoder.dim=16", "encoder.depth=1", "encoder.heads=2", "objective.predictor.depth=1", "frames=16")

# The smallest of every objective and encoder.
OBJECTIVES = {
    "sjepa": ["objective=sjepa", "objective.predictor.depth=1"],
    "gfp": [
        "objective=gfp",
        "objective.decoder.levels=[2,4]",
        "objective.targets=[2,4,g]",
        *(
            f"objective.{part}.{key}=32"
            for part in ("decoder", "target_network")
            for key in ("hidden_dim", "global_dim")
        ),
    ],
    "lejepa": ["objective=lejepa", "objective.hidden_dim=16", "objective.embedding_dim=8"],
    "mamp": ["objective=mamp", "objective.decoder.depth=1"],
    "skeletonmae": ["objective=skeletonmae", "objective.decoder.depth=1"],
    "slim": ["objective=slim", "mask=semantic_tube", "objective.local_crops=[[8,2,0.2,0.5]]"]
    + [f"objective.{key}" for key in ("prototypes=16", "hidden_dim=16", "bottleneck_dim=8", "frozen=0")],
    "custom": ["objective=custom", "objective._target_=examples.custom_objective.PredictSpeed"],
}
# A run of a few steps.
TINY = ["frames=16", "min_frames=8", "patch_length=4", "precision=fp32", "trainer.progress=false"]
ENCODERS = {
    "transformer": ["encoder=transformer", "encoder.dim=16", "encoder.depth=1", "encoder.heads=2"],
    "stgcn": ["encoder=stgcn", "encoder.widths=[8,16]"],
    "pyg": ["encoder=pyg", "encoder.dim=16", "encoder.depth=1"],
    "compact": ["encoder=compact", "encoder.dim=16", "encoder.depth=1", "encoder.heads=2"],
    "custom": ["encoder=custom", "encoder._target_=examples.custom_encoder.MeanFieldEncoder", "+encoder.dim=16"],
}
# SLiM needs a class token.
PAIRS = [
    (objective, encoder)
    for objective in OBJECTIVES
    for encoder in ENCODERS
    if objective != "slim" or encoder == "compact"
]


@pytest.mark.parametrize(("objective", "encoder"), [pair for pair in PAIRS if "custom" not in pair])
def test_the_small_recipe_of_every_objective_is_made_for_every_encoder(objective, encoder, topology):
    config = composed(f"objective={objective}", f"encoder={encoder}")
    config["normalise"]["scale"] = None
    built = build_objective(config, build_encoder(config, topology), topology)
    assert built.encoder.grid == (config["frames"] // config["patch_length"], 25)


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_experiments_take_a_step(experiment, topology):
    objective = experiment.split("_")[0]
    own = [*OBJECTIVES[objective]] if objective == "custom" else [f"objective={objective}"] * (objective != "none")
    own += ["encoder=compact"] * (objective == "slim")
    config = composed(f"experiment={experiment}", *own)
    # The sizes are the recipe's, only their depth is cut: a test must not take minutes.
    for part in (config["encoder"], *(v for v in config["objective"].values() if isinstance(v, dict))):
        if "depth" in part:
            part["depth"] = 1
    assert torch.isfinite(step(config, topology, batch=2))
    TrainerConfig(**config["trainer"])


@pytest.mark.parametrize("stream", ["joint", "bone", "motion"])
@pytest.mark.parametrize(("objective", "encoder"), PAIRS)
def test_every_objective_takes_a_step_with_every_encoder(objective, encoder, stream, topology):
    parts = (*OBJECTIVES[objective], *ENCODERS[encoder], f"stream={stream}", "frames=16", "patch_length=4")
    assert torch.isfinite(step(composed(*parts), topology))


@pytest.mark.parametrize("name", ["uiprmd_22", "coco_17"])
@pytest.mark.parametrize(("objective", "encoder"), PAIRS)
def test_every_pair_takes_other_topologies(objective, encoder, name):
    other = Topology.load(name)
    flat = () if other.dim == 3 else ("augment=planar",)
    parts = (*OBJECTIVES[objective], *ENCODERS[encoder], *flat, "frames=16", "patch_length=4")
    assert torch.isfinite(step(composed(*parts), other))


@pytest.mark.parametrize(
    "mask", ["motion_joint", "random_joint", "motion_token", "random_token", "semantic_tube", "limb"]
)
@pytest.mark.parametrize("stream", ["joint", "bone", "motion"])
def test_masks_and_streams_take_a_step(mask, stream, topology):
    assert torch.isfinite(step(composed(f"mask={mask}", f"stream={stream}", *SMALL), topology))


@pytest.mark.parametrize("name", ["uiprmd_22", "kinect_v1", "coco_17", "openpose_25"])
def test_other_topologies_take_a_step(name):
    other = Topology.load(name)
    extra = () if other.dim == 3 else ("normalise.align=null", "augment=planar")
    assert torch.isfinite(step(composed(*SMALL, *extra), other))


@pytest.mark.parametrize("experiment", ["sjepa_small", "none"])
@pytest.mark.parametrize(
    "augment", ["none", "mild", "geometric", "skeleton_aware", "planar", "tracker", "[geometric,defects]"]
)
def test_augmentations_take_a_step(augment, experiment, topology):
    config = composed(f"augment={augment}", f"experiment={experiment}", "patch_length=8", *SMALL)
    assert torch.isfinite(step(config, topology))


def test_tracker_is_mild_with_defects_and_wider_turns():
    tracker, both = (composed(f"augment={augment}")["augment"] for augment in ("tracker", "[mild,defects]"))
    assert tracker == both | {"rotate": both["rotate"] | {"y": 1.0472}} and len(tracker) == 9


@pytest.mark.parametrize("name", ["coco_17", "hand_21"])
def test_defects_suit_any_topology(name):
    other = Topology.load(name)
    augment = "tracker" if other.dim == 3 else "[planar,defects]"
    assert torch.isfinite(step(composed(f"augment={augment}", *SMALL), other))


@pytest.mark.parametrize("augment", ["mild", "geometric", "tracker"])
def test_rotation_about_x_or_y_is_refused_in_2d(augment):
    with pytest.raises(ConfigError, match="topology 'coco_17' is 2D, .* rotates about x, y: say augment=planar"):
        step(composed(f"augment={augment}", *SMALL), Topology.load("coco_17"))


PARTS = [
    path
    for group in ("encoder", "objective", "mask", "stream", "augment", "logger")
    for path in sorted((CONFIGS / group).glob("*.yaml"))
]


@pytest.mark.parametrize("path", PARTS, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_yaml_says_the_constructors_defaults(path):
    def check(config, where, preset):
        if not isinstance(config, dict) or config.get("_target_") == "???":
            return
        parameters = {}
        if "_target_" in config and path.parent.name not in ("augment", "stream"):
            parameters = inspect.signature(get_class(config["_target_"])).parameters
            for key, value in config.items():
                if key.startswith("_") or isinstance(value, dict):
                    continue
                default = preset.get(key, parameters[key].default)
                if default is inspect.Parameter.empty:
                    continue
                assert value == (list(default) if isinstance(default, tuple) else default), f"{where}.{key}"
        elif "_target_" in config:
            assert set(config) - {"_target_"} <= set(inspect.signature(get_class(config["_target_"])).parameters)
        for key, value in config.items():
            default = parameters[key].default if key in parameters else None
            check(value, f"{where}.{key}", default.keywords if isinstance(default, functools.partial) else {})

    check(OmegaConf.to_container(OmegaConf.load(path)), path.stem, preset={})


@pytest.mark.parametrize(
    ("command", "groups"),
    [
        ("pretrain", ("objective", "encoder", "dataset", "stream", "mask", "augment", "logger")),
        ("evaluate", ("protocol",)),
        ("benchmark", ("benchmark",)),
    ],
)
def test_help_names_every_option(command, groups):
    text = OmegaConf.load(CONFIGS / f"{command}.yaml").hydra.help.template
    for group in groups:
        lines = [line for line in text.splitlines() if f"{group}=" in line or f"skgraph.{group} " in line]
        named = set(re.findall(r"\w+", " ".join(lines)))
        for path in (CONFIGS / group).glob("*.yaml"):
            assert path.stem in named, f"{command} --help does not name {group}={path.stem}"


@pytest.mark.parametrize("recipe", ["mamp_ntu60_xsub", "mamp_pku2_xsub", "skeletonmae_ntu120_xset"])
def test_recipes_of_mamp_are_those_of_its_released_code(recipe):
    config = composed(f"objective={recipe.partition('_')[0]}", f"experiment={recipe}")
    assert {key: config["augment"]["rotate"][key] for key in "xyz"} == dict.fromkeys("xyz", 0.3)
    assert config["precision"] == "fp32" and config["trainer"]["clip_grad"] == 0
    assert config["normalise"] == {"gaps": None, "center": None, "align": None, "scale": None}
    if recipe.startswith("mamp"):
        assert (config["mask"]["intensity"], config["mask"]["count"]) == ("patches", "visible")


def test_the_trainer_says_its_defaults():
    config = OmegaConf.to_container(OmegaConf.load(CONFIGS / "trainer" / "default.yaml"))
    defaults = {f.name: list(f.default) if isinstance(f.default, tuple) else f.default for f in fields(TrainerConfig)}
    assert {k: float(v) if isinstance(defaults[k], float) else v for k, v in config.items()} == defaults


@pytest.mark.parametrize("path", sorted((CONFIGS / "protocol").glob("*.yaml")), ids=lambda path: path.stem)
def test_protocols_compose(path):
    config = composed(f"protocol={path.stem}", "run=x", config="evaluate")["protocol"]
    assert build_protocol(config) == build_protocol(path.stem)


def test_a_target_that_is_not_a_module_is_not_called():
    with pytest.raises(ConfigError, match="encoder._target_ 'subprocess.Popen' is not a torch.nn.Module"):
        instance({"_target_": "subprocess.Popen", "args": "true"}, "encoder")
    with pytest.raises(ConfigError, match="encoder._target_ 'nowhere.Encoder' cannot be imported"):
        instance({"_target_": "nowhere.Encoder"}, "encoder")
    with pytest.raises(ConfigError, match="logger._target_ 'subprocess.Popen' is not a Logger"):
        instance({"_target_": "subprocess.Popen", "args": "true"}, "logger", Logger)


def test_nested_targets_are_modules_too(tmp_path):
    stolen = {"_target_": "pathlib.Path.touch", "_args_": [str(tmp_path / "made")]}
    config = {"_target_": "skgraph.encoders.TransformerEncoder", "dim": stolen}
    with pytest.raises(ConfigError, match="encoder.dim"):
        instance(config, "encoder", topology=Topology.load("ntu_rgbd"), frames=16)
    assert not (tmp_path / "made").exists()


def test_what_a_constructor_refuses_names_the_part(topology):
    for value in (0, -16, "abc"):
        with pytest.raises(ConfigError, match="encoder"):
            instance(
                {"_target_": "skgraph.encoders.TransformerEncoder", "dim": value},
                "encoder",
                topology=topology,
                frames=16,
            )
    with pytest.raises(ConfigError, match="encoder must be a mapping with a _target_, found 'None'"):
        instance(None, "encoder")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("seed", -1),
        ("seed", "abc"),
        ("frames", 1.5),
        ("crop", 0.5),
        ("crop", [0.5]),
        ("crop", ["a", "b"]),
        ("name", None),
        ("name", ".."),
        ("name", ""),
        ("evaluate", None),
        ("stream", None),
        ("min_frames", 0),
        ("extend", 1.5),
    ],
)
def test_values_of_the_wrong_kind_are_named(key, value):
    with pytest.raises(ConfigError, match=key):
        check_config(composed() | {key: value})


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["encoder.depth=a"], "encoder.depth must be a whole number, found 'a'"),
        (["encoder.depth=0"], "encoder: TransformerEncoder: depth must be at least 1, found 0"),
        (["encoder.heads=-2"], "heads must be at least 1, found -2"),
        (["encoder.drop_path=1.0"], r"drop_path must be in \[0, 1\), found 1.0"),
        (["encoder.gradient_checkpointing=maybe"], "encoder.gradient_checkpointing must be true or false"),
        (["+encoder.patch_length=2"], "encoder.patch_length is not set here"),
        (["objective.two_views=maybe"], "objective.two_views must be true or false, found 'maybe'"),
        (["objective.output_dim=0"], "SJEPA: output_dim must be at least 1"),
        (["objective.ema=[0.5]"], "objective.ema must be a list of 2 with a number as each item"),
        (["objective.center_momentum=2"], r"center_momentum must be in \[0, 1\], found 2"),
        (["objective.predictor.depth=0"], "Predictor: depth must be at least 1, found 0"),
        (["objective.predictor.heads=a"], "objective.predictor.heads must be a whole number, found 'a'"),
        (["encoder=stgcn", "encoder.widths=[8,0]"], "STGCNEncoder: width must be at least 1, found 0"),
        (["encoder=stgcn", "encoder.widths=8"], "encoder.widths must be a list with a whole number as each item"),
        (["objective=gfp", "objective.targets=24"], "objective.targets must be a list"),
        (["objective=gfp", 'objective.targets=["4"]'], "numbers of patches and the letter g, found '4'"),
        (["objective=gfp", "objective.decoder.levels=3"], "objective.decoder.levels must be a list"),
        (["objective=gfp", "objective.decoder.projector_layers=0"], "projector_layers must be at least 1, found 0"),
        (["objective=gfp", "objective.target_network.layers=-3"], "TargetNetwork: layers must be at least 1, found -3"),
        (["objective=gfp", "objective.gamma=a"], "objective.gamma must be a number, found 'a'"),
        (["objective=gfp", "objective.prediction_weight=-1"], "GFP: prediction_weight must be at least 0, found -1"),
        (["normalise.gaps=zero"], "normalise.gaps must be 'interpolate' or null, found 'zero'"),
        (["+normalise.foo=1"], "normalise has the keys gaps, center, align and scale, no more and no less: foo"),
    ],
)
def test_values_that_make_no_sense_are_refused_by_name(overrides, message, topology):
    config = without_measurements(composed(*overrides))
    with pytest.raises(ConfigError, match=message):
        encoder = build_encoder(config, topology)
        objective = build_objective(config, encoder, topology)
        build_views(config, topology, encoder.grid[0], objective)


def test_a_custom_component_gives_the_run_its_name():
    config = compose_name("objective=custom", "objective._target_=my_objective.Consistency")
    assert config == "Consistency_transformer_synthetic_joint_seed0"
    assert compose_name("objective=gfp", "encoder=stgcn") == "gfp_stgcn_synthetic_joint_seed0"


def compose_name(*overrides):
    with initialize_config_dir(str(CONFIGS), version_base="1.3"):
        cfg = compose("pretrain", overrides=list(overrides), return_hydra_config=True)
    HydraConfig.instance().set_config(cfg)
    try:
        return cfg.name
    finally:
        HydraConfig.instance().cfg = None


def test_a_custom_class_among_the_options_of_another_objective_is_explained(topology):
    config = composed("objective._target_=examples.custom_objective.PredictSpeed")
    with pytest.raises(ConfigError, match="PredictSpeed has no predictor, .*; did you mean objective=custom?"):
        build_objective(config, build_encoder(config, topology), topology)


def test_an_unknown_argument_lists_the_known_ones():
    with pytest.raises(ConfigError, match="mask: RandomTokenMask has no alpha; it takes ratio, patch_length"):
        instance({"_target_": "skgraph.transforms.RandomTokenMask", "alpha": 1.0}, "mask")


OPTIONS = (
    "experiment=sjepa_ntu60_xsub resampling=nearest objective.mask_source=sequence augment.reflect.plane=body "
    "objective.share_positions=true",
    "experiment=gfp_ntu60_xsub objective.reduction=sum objective.scale_input=false objective.statistics=all "
    "objective.decoder.projector_norm=batch",
    "experiment=mamp_ntu60_xsub bodies=padded trainer.batch_size=256 trainer.lr_batch=256 trainer.snapshot_every=100",
)


@pytest.mark.parametrize("line", OPTIONS)
def test_options_that_the_recipes_name_are_options(line):
    """docs/recipes.md, number by number: the objective and the views are built with them."""
    text = (Path(__file__).parents[1] / "docs" / "recipes.md").read_text(encoding="utf-8")
    words = line.split()
    assert all(word in text for word in words[1:])
    config, topology = composed(*words), Topology.load("ntu_rgbd")
    check_config(config)
    encoder = build_encoder(config, topology)
    build_views(config, topology, encoder.grid[0], build_objective(config, encoder, topology))
    TrainerConfig(**config["trainer"])
