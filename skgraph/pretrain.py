"""``python -m skgraph.pretrain``: train an encoder without labels, and say what it learned."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import torch
import yaml
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf
from tqdm import tqdm

from skgraph._internal.atomic import atomic_file
from skgraph._internal.command import verb
from skgraph._internal.data_dir import data_dir
from skgraph.build import build_encoder, build_objective, build_views, check_config, measure_scale, open_store
from skgraph.checks import check_encoder, check_objective
from skgraph.data import EpochLoader, SkeletonDataset, SkeletonStore
from skgraph.errors import ConfigError
from skgraph.evaluation import build_protocol, compare
from skgraph.evaluation.results.format_results import format_results
from skgraph.training import Trainer, TrainerConfig
from skgraph.training.devices import Processes, choose_device, processes
from skgraph.training.prefetch import place
from skgraph.training.views import tumbling


@verb("pretrain")
def main(cfg: DictConfig) -> None:
    """Compose, train (or resume), and compare the encoder with a random one of the same shape."""
    config = OmegaConf.to_container(cfg, resolve=True)
    if HydraConfig.initialized():
        check_recipe(HydraConfig.get().runtime.choices)
    device = choose_device(config["device"])
    with processes(device) as group:
        pretrain(config, device, group)


def pretrain(config: dict, device: torch.device, group: Processes = Processes()) -> None:
    """Run a pre-training that a plain configuration describes (the resolved ``configs/pretrain.yaml``).

    Raises:
        DataError: bad configuration, data or checkpoint, in one sentence.
    """
    check_config(config)
    protocols = [build_protocol(name) for name in config["evaluate"]]
    try:
        trainer_config = TrainerConfig(**config["trainer"])
    except TypeError as error:
        raise ConfigError(f"trainer: {error}") from error
    if group.is_main:
        store, split = open_store(config["dataset"])
    group.barrier()  # one process writes the synthetic dataset, the others wait for it
    if not group.is_main:
        store, split = open_store(config["dataset"])
    for protocol in protocols:
        try:
            protocol.check("", store)
        except ConfigError as error:
            raise ConfigError(f"{error}; or say evaluate=[] to train only") from error
    say = tqdm.write if group.is_main else lambda line: None
    trainer = build_trainer(config, store, split, trainer_config, device, group, say)
    resumed = trainer.resume()
    if group.is_main:
        with atomic_file(trainer.folder / "config.yaml", "w") as file:
            yaml.safe_dump(trainer.run_config, file, sort_keys=False)
    objective = trainer.objective
    encoder = objective.encoder
    say(f"{trainer.folder}: {len(trainer.loader.dataset)} bodies of {store.path}, split {split}, on {device}")
    if warning := tumbling(store, trainer.views):
        say(f"warning: {warning}")
    say(
        f"encoder {_millions(encoder)}, objective {_millions(objective)} parameters in all, tokens "
        f"{encoder.grid[0]} x {encoder.grid[1]}, {trainer.total_steps} steps"
        + (f", resumed at step {trainer.step}" if resumed else "")
    )
    complete = trainer.fit()
    if complete and group.is_main and protocols:
        results = compare(
            trainer.folder, store, split, protocols, device, config["precision"], progress=trainer_config.progress
        )
        say(format_results(results))
    group.barrier()


def build_trainer(
    config: dict,
    store: SkeletonStore,
    split: str,
    trainer_config: TrainerConfig,
    device: torch.device,
    group: Processes = Processes(),
    say: Callable[[str], None] = tqdm.write,
) -> Trainer:
    """The training that a plain configuration describes, at its first step, with its folder made.

    Args:
        config: the resolved ``configs/pretrain.yaml``; the trainer's ``run_config`` has what was measured, too.
        store: its clips.
        split: of which the training part is used.
        trainer_config: of ``config["trainer"]``.
        device: where it computes.
        group: the processes that share it.
        say: prints a line to the user.

    Raises:
        DataError: a part cannot be built, or does not keep its contract.
    """
    bodies = SkeletonDataset(
        store,
        split,
        "train",
        items="bodies",
        frames=config["frames"],
        crop=tuple(config["crop"]),
        min_frames=config["min_frames"],
    )
    config = measure_scale(config, bodies)
    bodies = place(bodies, device, trainer_config.data)
    loader = EpochLoader(bodies, trainer_config.batch_size, config["seed"], group.rank, group.world_size)
    torch.manual_seed(config["seed"])
    encoder = build_encoder(config, store.topology)
    if _is_foreign(config["encoder"]):
        check_encoder(encoder, config["frames"], store.topology.dim)
    objective = build_objective(config, encoder, store.topology)
    if _is_foreign(config["objective"]):
        check_objective(objective, config["frames"], store.topology.dim)
    views = build_views(config, store.topology, encoder.grid[0], objective.num_views)
    folder = Path(str(config["runs"])) / str(config["name"])
    folder.mkdir(parents=True, exist_ok=True)
    return Trainer(objective, loader, views, folder, trainer_config, config, device, config["precision"], group, say)


def check_recipe(choices: Mapping[str, str]) -> None:
    """A recipe is of one objective: `experiment=mamp_ntu60_xsub objective=gfp` would train GFP under MAMP's name."""
    recipe, objective = str(choices["experiment"]), str(choices["objective"])
    own = recipe.split("_")[0]
    configs = data_dir("configs")
    if own != objective and (configs / "objective" / f"{own}.yaml").exists():
        fitting = sorted(path.stem for path in (configs / "experiment").glob(f"{objective}_*.yaml"))
        raise ConfigError(
            f"experiment={recipe} is a recipe of objective={own}, found objective={objective}: choose one of "
            f"{', '.join(fitting)}, or experiment=none"
        )


def _is_foreign(part: Mapping[str, object]) -> bool:
    """Whether a part is somebody's own: then its contract is checked before it trains."""
    return not str(part["_target_"]).startswith("skgraph.")


def _millions(module: torch.nn.Module) -> str:
    return f"{sum(p.numel() for p in module.parameters()) / 1e6:.2f} M"


if __name__ == "__main__":
    main()
