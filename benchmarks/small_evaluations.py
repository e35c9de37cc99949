"""Every protocol on the small runs of `examples/small_results.py`, on a CPU.

    python examples/small_results.py 'irds/gfp/0'               # train the runs
    python -m benchmarks.small_evaluations                      # list the rows and their commands
    python -m benchmarks.small_evaluations 'irds/gfp/*'         # evaluate these rows, then collect
    python -m benchmarks.small_evaluations --json out.json      # collect the finished rows

Trainings are shorter than in the published recipes, for trained and random encoders alike, as each command shows.
"""

import argparse
import fnmatch
import json
import subprocess
import sys
from dataclasses import fields
from datetime import date
from pathlib import Path

from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

import skgraph._internal.command  # noqa: F401, registers the resolvers of the configurations
from skgraph._internal.data_dir import data_dir
from skgraph.build import open_store
from skgraph.evaluation import PretrainedRun, Settings, build_protocol
from skgraph.evaluation.results.result_folder import result_folder

# Clips of these datasets are shorter than NTU's.
SHORT = ["protocol.min_frames=16"]
SUPERVISED = ["protocol.epochs=10", "protocol.warmup_epochs=1", "protocol.score_every=5", *SHORT]
SEMI = ["protocol=semi", "protocol.batch_size=16", "protocol.score_every=50", *SHORT]
PROTOCOLS = {
    "knn": ["protocol=knn"],
    "retrieval": ["protocol=retrieval"],
    "linear": ["protocol=linear"],
    "linear_aimclr": ["protocol=linear_aimclr"],
    "semi_5": [*SEMI, "protocol.fraction=0.05", "protocol.epochs=50"],
    "semi_1": [*SEMI, "protocol.fraction=0.01", "protocol.epochs=50"],
    "finetune": ["protocol=finetune", *SUPERVISED],
    "scratch": ["protocol=scratch", *SUPERVISED],
    "semi_10": [*SEMI, "protocol.fraction=0.1", "protocol.epochs=30"],
    "attentive": ["protocol=attentive", "protocol.epochs=10", "protocol.score_every=5", *SHORT],
    "linear_mamp": ["protocol=linear_mamp", "protocol.epochs=20", "protocol.score_every=5", *SHORT],
    "linear_cmd": ["protocol=linear_cmd", "protocol.epochs=20", "protocol.milestones=[12,17]"],
}


def rows(data: str, runs: Path) -> dict[str, list[str]]:
    """Return the overrides of every evaluation by its name, `dataset/method/protocol`."""
    found = {}
    for protocol, overrides in PROTOCOLS.items():
        for dataset in ("irds", "uiprmd"):
            for method in ("gfp", "sjepa"):
                found[f"{dataset}/{method}/{protocol}"] = [f"run={runs}/{dataset}/{method}/0", *overrides]
    for method in ("gfp_sideless", "gfp_sideless_bone"):  # joints and bones, with reflection
        found[f"uiprmd/{method}/semi_5"] = [f"run={runs}/uiprmd/{method}/0", *PROTOCOLS["semi_5"]]
    other = ["dataset=store", f"dataset.root={data}/uiprmd", "joint_map=auto"]
    for method in ("gfp", "sjepa"):
        for protocol in ("knn", "linear", "transfer"):
            extra = SUPERVISED if protocol == "transfer" else []
            name = f"irds-to-uiprmd/{method}/{protocol}"
            found[name] = [f"run={runs}/irds/{method}/0", f"protocol={protocol}", *other, *extra]
    return found


def folder_of_result(overrides: list[str]) -> Path:
    """Return the folder of a row's result."""
    with initialize_config_dir(str(data_dir("configs")), version_base="1.3"):
        config = OmegaConf.to_container(compose("evaluate", overrides=overrides), resolve=True)
    folder = Path(config["run"])
    store, split = open_store(config["dataset"] or PretrainedRun.open(folder).config["dataset"], write=False)
    settings = Settings(**{field.name: config[field.name] for field in fields(Settings)})
    return result_folder(folder, build_protocol(config["protocol"]), store, split, settings)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="*", help="names or patterns of rows to evaluate")
    parser.add_argument("--data", default="data", help="folder of the stores irds and uiprmd")
    parser.add_argument("--runs", type=Path, default=Path("runs/small"), help="folder of the runs")
    parser.add_argument("--json", type=Path, help="file for the finished rows")
    options = parser.parse_args()
    known = rows(options.data, options.runs)
    for pattern in options.rows:
        if not (chosen := fnmatch.filter(known, pattern)):
            parser.error(f"no row matches '{pattern}'; there are {', '.join(known)}")
        for name in chosen:
            if not (folder_of_result(known[name]) / "result.json").exists():
                subprocess.run([sys.executable, "-m", "skgraph.evaluate", *known[name]], check=True)
    trained = {name: overrides for name, overrides in known.items() if _run(overrides).exists()}
    results = []
    for name, overrides in trained.items():
        if (path := folder_of_result(overrides) / "result.json").exists():
            results.append(summarise(name, overrides, json.loads(path.read_text())))
    for result in results:
        spread = "" if result["std"] is None else f" +- {result['std']:.1f}"
        random = "-" if result["random_init"] is None else f"{result['random_init']:.1f}"
        print(f"{result['row']:<34}{result['top1']:>6.1f}{spread:<9}{random:>8}")
    if not options.rows and not results:
        for name, overrides in known.items():
            print(f"{name:<34} python -m skgraph.evaluate {' '.join(overrides)}")
    if options.json:
        options.json.write_text(json.dumps({"date": str(date.today()), "results": results}, indent=1) + "\n")


def _run(overrides: list[str]) -> Path:
    return Path(overrides[0].removeprefix("run=")) / "checkpoint.pt"


def summarise(name: str, overrides: list[str], result: dict) -> dict:
    """Select the metrics of a row from its result."""
    random = result["random_init"]
    extra = {key: result[key] for key in ("map", "recall5", "top1_by_k", "best") if key in result}
    return {
        "row": name,
        "command": " ".join(["python -m skgraph.evaluate", *overrides]),
        "top1": result["top1"],
        "interval": result["top1_interval"],
        "std": result.get("top1_std"),
        "random_init": None if random is None else random["top1"],
        "random_init_std": None if random is None else random.get("top1_std"),
        "mean_class": result["mean_class"],
        **extra,
        "seconds": result["seconds"],
        "device": result["device"],
        "versions": result["versions"],
    }


if __name__ == "__main__":
    main()
