"""Every protocol on the small runs of `small_results.py`, on a CPU: evaluate every row, and collect what came out.

    python examples/small_results.py 'irds/gfp/0'               # the runs themselves
    python examples/small_evaluations.py                        # the rows, and the command behind each
    python examples/small_evaluations.py 'irds/gfp/*'           # evaluate these, then collect
    python examples/small_evaluations.py --json out.json        # collect what is finished

Trainings are shorter than the published recipes, alike for trained and random encoders, and each row says how.
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

import skgraph._internal.command  # noqa: F401, registers what the configurations refer to
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
    """Every evaluation by its name, `dataset/method/protocol`, and the overrides that make it."""
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


def place(overrides: list[str]) -> Path:
    """The folder in which a row leaves its result."""
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
    parser.add_argument("--json", type=Path, help="write what is finished to this file")
    options = parser.parse_args()
    known = rows(options.data, options.runs)
    for pattern in options.rows:
        if not (chosen := fnmatch.filter(known, pattern)):
            parser.error(f"no row matches '{pattern}'; there are {', '.join(known)}")
        for name in chosen:
            if not (place(known[name]) / "result.json").exists():
                subprocess.run([sys.executable, "-m", "skgraph.evaluate", *known[name]], check=True)
    trained = {name: overrides for name, overrides in known.items() if _run(overrides).exists()}
    results = []
    for name, overrides in trained.items():
        if (card := place(overrides) / "result.json").exists():
            results.append(line(name, overrides, json.loads(card.read_text())))
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


def line(name: str, overrides: list[str], card: dict) -> dict:
    """What a row shows of its card."""
    random = card["random_init"]
    extra = {key: card[key] for key in ("map", "recall5", "top1_by_k", "best") if key in card}
    return {
        "row": name,
        "command": " ".join(["python -m skgraph.evaluate", *overrides]),
        "top1": card["top1"],
        "interval": card["top1_interval"],
        "std": card.get("top1_std"),
        "random_init": None if random is None else random["top1"],
        "random_init_std": None if random is None else random.get("top1_std"),
        "mean_class": card["mean_class"],
        **extra,
        "seconds": card["seconds"],
        "device": card["device"],
        "versions": card["versions"],
    }


if __name__ == "__main__":
    main()
