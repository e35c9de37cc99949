"""What does not change a training: the number of processes, parts of a batch, compilation."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from torch import distributed as dist
from torch import multiprocessing, nn

from skgraph._internal.distributed import Processes
from skgraph.api.pretraining import train_run
from skgraph.errors import ConfigError
from skgraph.objectives import MaskedRegression
from tests.test_configs import ENCODERS, TINY, composed
from tests.test_configs import OBJECTIVES as SMALLEST

OBJECTIVES = ("sjepa", "gfp", "lejepa", "mamp", "slim", "stores")
# LeJEPA on a skeleton and a part of it: batches of two topologies.
STORES = ["dataset=stores", "dataset.sub_skeletons=1", "encoder.joint_embedding=graph", "normalise.scale=body"]


def train(objective: str, store: str, runs: str, batch_size: int, group: Processes, *options: str) -> None:
    where = (
        [*STORES, f"dataset.roots=[{store}]"] if objective == "stores" else ["dataset=store", f"dataset.root={store}"]
    )
    config = composed(
        *SMALLEST["lejepa" if objective == "stores" else objective],
        *where,
        *TINY,
        *ENCODERS["compact" if objective == "slim" else "transformer"],
        "evaluate=[]",
        "trainer.epochs=2",
        "trainer.steps=null",
        f"trainer.batch_size={batch_size}",
        "trainer.warmup_epochs=1",
        "trainer.warmup=null",
        "trainer.log_every=1",
        *options,
    )
    config |= {"runs": runs, "name": objective}
    train_run(config, torch.device("cpu"), group)


def losses(folder: Path) -> list[float]:
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return [line["loss"] for line in lines if "loss" in line]


def _rank(rank: int, meeting: str, store: str, runs: str) -> None:
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{meeting}", rank=rank, world_size=2)
    for objective in OBJECTIVES:
        train(objective, store, runs, 4, Processes(rank, 2))
    dist.destroy_process_group()


def test_the_loss_curve_does_not_depend_on_the_number_of_processes(store_path, tmp_path):
    arguments = (str(tmp_path / "meeting"), str(store_path), str(tmp_path / "two"))
    multiprocessing.start_processes(_rank, arguments, 2, start_method="forkserver")
    for objective in OBJECTIVES:
        train(objective, str(store_path), str(tmp_path / "one"), 8, Processes())
        alone, together = (losses(tmp_path / folder / objective) for folder in ("one", "two"))
        assert len(alone) == (16 if objective == "stores" else 8) and alone[0] != alone[-1]
        assert together == pytest.approx(alone, rel=1e-4), objective


def test_parts_of_a_batch_add_up_to_it(store_path, tmp_path, monkeypatch):
    own, sizes = MaskedRegression.forward, []
    monkeypatch.setattr(
        MaskedRegression, "forward", lambda self, views, *ids: sizes.append(views.size(1)) or own(self, views, *ids)
    )
    for parts in (1, 4):
        train("mamp", str(store_path), str(tmp_path / str(parts)), 8, Processes(), f"trainer.accumulate={parts}")
    whole, added = (losses(tmp_path / str(parts) / "mamp") for parts in (1, 4))
    assert added == pytest.approx(whole, rel=1e-4) and sizes == [8] * 8 + [2] * 32


def test_parts_must_divide_a_batch(store_path, tmp_path):
    with pytest.raises(ConfigError, match="trainer.accumulate must divide trainer.batch_size, found 3 and 8"):
        train("mamp", str(store_path), str(tmp_path), 8, Processes(), "trainer.accumulate=3")


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_a_compiled_objective_trains_alike(objective, store_path, tmp_path, monkeypatch):
    """What is compiled is all of the objective, in one graph; the backend here only traces it, which takes seconds."""
    own, compiled = nn.Module.compile, []

    def trace(module, **options):
        compiled.append(type(module).__name__)
        own(module, **options, backend="aot_eager", fullgraph=True)

    monkeypatch.setattr(nn.Module, "compile", trace)
    for compile in ("true", "false"):
        train(objective, str(store_path), str(tmp_path / compile), 8, Processes(), f"trainer.compile={compile}")
    fast, plain = (losses(tmp_path / compile / objective) for compile in ("true", "false"))
    assert fast == pytest.approx(plain, rel=1e-4) and len(compiled) == 1
