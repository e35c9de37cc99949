"""The encoder of a run or of a model folder."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from skgraph._internal.atomic import restore_folder
from skgraph._internal.notebook import data_frame, html_table
from skgraph._internal.options import import_target
from skgraph.build import build_encoder, build_views, check_config
from skgraph.data import SkeletonDataset, SkeletonStore
from skgraph.encoders.encoder import Encoder
from skgraph.errors import CheckpointError, ConfigError, DataError
from skgraph.evaluation.hub import from_hub
from skgraph.evaluation.model_folder import Head, is_model_folder, read_model_folder
from skgraph.evaluation.published_weights import mamp_encoder
from skgraph.evaluation.results.result import BASELINES, Result
from skgraph.topology import Topology
from skgraph.training.checkpoint import load_weights, read_checkpoint
from skgraph.training.read_log import read_log
from skgraph.training.views import ViewMaker
from skgraph.transforms import MapJoints

BUILTIN = "builtin"
"""The model that ships with the package: any 3D skeleton of a whole body."""


def folder_of_run(value: object) -> Path:
    """Return the folder that the option ``run`` names, or raise a ConfigError where it is a file or no path."""
    if (type(value) is int or isinstance(value, (str, Path))) and not Path(str(value)).is_file():
        return Path(str(value))
    raise ConfigError(f"run must be the folder of a run, found '{value}'")


@dataclass(frozen=True, repr=False)
class PretrainedRun:
    """The encoder of a run folder, and the preparation of its input. Open one with :meth:`open`.

    Attributes:
        folder: folder of the run.
        config: its configuration.
        topology: topology of the pre-training, or the one that :meth:`on` set.
        weights: weights of the encoder.
        step: step of the checkpoint; 0 where unknown.
        content_hash: hash of the store of the pre-training; empty where unknown.
        preprocessing: preprocessing of that store; ``None`` where unknown.
        weights_file: the checkpoint, or the file of the model.
        head: linear head of a model folder; see :mod:`skgraph.evaluation.model_folder`.
        origin: source and licence of weights that others publish; ``None`` for those of skgraph.
        trained_on: names of the topologies of the pre-training.
        content_hashes: of each of its stores; empty where unknown.
    """

    folder: Path
    config: dict[str, Any]
    topology: Topology
    weights: dict[str, torch.Tensor]
    step: int
    content_hash: str
    preprocessing: str | None = None
    weights_file: Path = Path("checkpoint.pt")
    head: Head | None = None
    origin: str | None = None
    trained_on: tuple[str, ...] = ()
    content_hashes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.trained_on:
            object.__setattr__(self, "trained_on", (self.topology.name,))

    @classmethod
    def open(cls, folder: str | Path) -> PretrainedRun:
        """Read the checkpoint of a run folder, a model that ``python -m skgraph.export`` wrote, or published weights.

        Args:
            folder: folder of the run or model, of skgraph or of SLiM; ``builtin`` is the model that ships with the
                package, whose evaluations go into ``runs/builtin``; ``hf:owner/model`` is a model of the Hugging Face
                Hub, ``hf:owner/model/folder`` one of several in a repository; or the ``.pth`` of an official MAMP
                checkpoint, whose evaluations go into a folder of its name beside it.

        Raises:
            CheckpointError: it is missing or corrupt.
            ConfigError: its configuration is not one of this version.
        """
        if str(folder) == BUILTIN:
            return cls(Path("runs") / BUILTIN, **read_model_folder(Path(__file__).parents[1] / "models" / BUILTIN))
        file = Path(str(folder))
        if file.suffix == ".pth" and file.is_file():
            return cls(file.with_suffix(""), **mamp_encoder(file))
        folder = from_hub(str(folder)[3:]) if str(folder).startswith("hf:") else folder_of_run(folder)
        restore_folder(folder)
        if is_model_folder(folder):
            return cls(folder, **read_model_folder(folder))
        path = folder / "checkpoint.pt"
        content = read_checkpoint(path)
        check_config(content["config"])
        preprocessing = content.get("preprocessing")  # missing in the first versions
        others = content.get("other_topologies", [])
        return cls(
            folder=folder,
            topology=Topology.from_dict(content["topology"], source=str(path)),
            weights=content["encoder"],
            preprocessing=preprocessing if isinstance(preprocessing, str) else None,
            weights_file=path,
            content_hashes=tuple(content.get("content_hashes", [content["content_hash"]])),
            trained_on=tuple(dict.fromkeys(each["name"] for each in (content["topology"], *others))),
            **{key: content[key] for key in ("config", "step", "content_hash")},
        )

    @property
    def results(self) -> list[Result]:
        """Results of its evaluations, by the names of their folders; damaged ones are left out."""
        found = []
        for path in sorted(self.folder.glob("evaluation/*/result.json")):
            try:
                found.append(Result.load(path))
            except DataError:
                continue
        return found

    @property
    def log(self) -> list[dict[str, float]]:
        """Values of each logged step of the training; see docs/training.md."""
        return read_log(self.folder / "metrics.jsonl")

    def to_frame(self) -> Any:
        """Return :attr:`log` as a pandas ``DataFrame``: a row a step, a column a value."""
        log = self.log
        keys = dict.fromkeys(key for record in log for key in record)
        return data_frame({key: [record.get(key) for record in log] for key in keys})

    def __repr__(self) -> str:
        objective, encoder = (self.config[key]["_target_"].rpartition(".")[2] for key in ("objective", "encoder"))
        about = f"{objective}, {encoder}, step {self.step}, topology {self.topology.name}"
        return f"PretrainedRun('{self.folder}': {about})"

    def _repr_html_(self) -> str:
        header, rows = ["protocol", "test clips of", "trained", *BASELINES.values()], []
        for result in self.results:
            models = (result.metrics, *(result.baselines.get(name, {}) for name in BASELINES))
            values = [metrics.get(result.headline[0]) for metrics in models]
            rows.append([result.label, f"{result.dataset.name}, {result.dataset.split}", *values])
        return html_table(repr(self), header, rows)

    def on(self, topology: Topology, joint_map: str | Path | None = None) -> PretrainedRun:
        """Return this run with the topology of recordings, if its encoder takes any and there is no joint map.

        Otherwise, or with other coordinates, return the run itself, whose :meth:`views` need a joint map.
        """
        if joint_map is not None or not self.any_topology or topology.dim != self.topology.dim:
            return self
        return self if same_skeleton(self.topology, topology) else replace(self, topology=topology)

    @property
    def any_topology(self) -> bool:
        """Whether the encoder computes the embeddings of joints from their topology."""
        return self.config["encoder"].get("joint_embedding") == "graph"

    def topology_note(self, topology: str, joint_map: str | None = None) -> str | None:
        """Say that a topology, read without a joint map, is new to an encoder of any skeleton; else ``None``."""
        if joint_map is not None or not self.any_topology or topology in self.trained_on:
            return None
        return f"note: topology '{topology}' is new to the encoder, which was trained on {', '.join(self.trained_on)}"

    def encoder(self, trained: bool = True, seed: int | None = None, **options: Any) -> Encoder:
        """Build the trained encoder, or a random one.

        Args:
            trained: load the weights of the checkpoint.
            seed: seed of the random weights; by default that of the run.
            options: replace those of the run's configuration, such as ``drop_path``.

        Raises:
            ConfigError: the encoder has no such option.
            CheckpointError: the weights do not fit.
        """
        own = self.config["encoder"]
        accepted = inspect.signature(import_target(own, "encoder")).parameters if options else {}
        if unknown := [key for key in options if key not in accepted]:
            kind = own["_target_"].rpartition(".")[2]
            raise ConfigError(f"{kind} has no {unknown[0]}: say protocol.{unknown[0]}=0")
        torch.manual_seed(self.config["seed"] if seed is None else seed)
        encoder = build_encoder(self.config | {"encoder": own | options}, self.topology)
        if trained:
            load_weights(encoder, self.weights, self.weights_file)
        return encoder

    def dataset(self, store: SkeletonStore, split: str | None = None, part: str = "train") -> SkeletonDataset:
        """Return clips of a store, resampled to the encoder's frames as in training."""
        resampling = self.config.get("resampling", "linear")
        return SkeletonDataset(store, split, part, frames=self.config["frames"], resampling=resampling)

    def views(self, topology: Topology, joint_map: str | Path | None = None) -> ViewMaker:
        """Build the preparation of recordings for the encoder: as in training, with nothing random.

        Args:
            topology: topology of the recordings.
            joint_map: see :meth:`skgraph.transforms.MapJoints.load`; ``"auto"`` for a shipped map, or landmarks and
                equal names.

        Raises:
            CheckpointError: the topology is another one, and there is no joint map.
            TopologyError: the map does not fit.
        """
        if same_skeleton(self.topology, topology):
            if joint_map not in (None, "auto"):
                raise ConfigError(f"joint_map={joint_map}: the recordings have the run's skeleton, nothing is mapped")
            first = []
        elif joint_map is not None:
            first = [MapJoints.load(topology, self.topology, None if joint_map == "auto" else joint_map)]
        else:
            ours, theirs = (f"'{each.name}' ({each.num_joints} joints)" for each in (self.topology, topology))
            raise CheckpointError(
                f"the checkpoint '{self.weights_file}' was trained on topology {ours}, the recordings have {theirs}: "
                f"{self._mapping_hint(topology)}"
            )
        return build_views(self.config, self.topology, self.encoder(trained=False).grid[0], first=first)

    def _mapping_hint(self, topology: Topology) -> str:
        if topology.dim != self.topology.dim:
            return f"no joint map makes {self.topology.dim}D of {topology.dim}D"
        name = self.topology.base_name if self.topology.base_name in Topology.available() else "FILE"
        return (
            "their joints or bones differ; joint_map=auto maps them by their landmarks, joint_map=FILE by your file, "
            f"and `python -m skgraph.prepare dataset=store source=STORE topology_map={name}` makes a store of them"
        )


def same_skeleton(a: Topology, b: Topology) -> bool:
    """Return whether two topologies have the same joints in the same order, and the same bones."""
    return (a.joints, a.parents.tolist(), a.dim) == (b.joints, b.parents.tolist(), b.dim)


def load_encoder(name: str | Path, device: torch.device | str = "cpu") -> Encoder:
    """Load the trained encoder of a run, of a model folder, or (``hf:owner/model``) of the Hugging Face Hub.

    It is in evaluation mode: ``encoder(joints [B, T, V, C]) -> tokens [B, L, D]``; :meth:`PretrainedRun.views` prepares
    the joints.

    Raises:
        CheckpointError: there is no such model, or it is damaged.
        ConfigError: its configuration is not one of this version.
    """
    return PretrainedRun.open(name).encoder().to(device).eval()


# Steps of a preparation that do not change coordinates: conversions to metres, changes of labels.
_HARMLESS = re.compile(r"none|\S+ to m|\S+ labels|whole recordings")


def preprocessing_note(trained: str | None, here: str | None) -> str | None:
    """Note that the stores of pre-training and evaluation were prepared differently, else (or if unknown) ``None``."""

    def steps(preprocessing: str | None) -> list[str]:
        return [step for step in re.split(r"[;,] ", preprocessing or "none") if not _HARMLESS.fullmatch(step)]

    if trained is None or steps(trained) == steps(here):
        return None
    return f"note: pre-trained on coordinates prepared as '{trained}', these are prepared as '{here}'"
