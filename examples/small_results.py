"""The table of docs/results.md: train rows on a CPU, and collect their results.

    python examples/small_results.py                         # list the rows and their commands
    python examples/small_results.py 'irds/*' --data data    # train the unfinished of these rows, then collect
    python examples/small_results.py --json out.json         # collect the finished rows

`data/irds` and `data/uiprmd` are stores of IntelliRehabDS (every second subject trains) and UI-PRMD (1 to 5 train):

    python -m skgraph.prepare dataset=npz source=irds.npz topology=ntu_rgbd out=data/irds split.by=subject
    python -m skgraph.prepare dataset=npz source=uiprmd.npz topology=uiprmd_22 out=data/uiprmd 'split.train=[1,2,3,4,5]'
"""

import argparse
import fnmatch
import json
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

THREE, ONE = (0, 1, 2), (0,)
# Measured when small recipes counted epochs: 1,800 steps on IRDS.
SJEPA = ["objective=sjepa", "trainer.epochs=20", "trainer.warmup_epochs=2"]
GFP = ["objective=gfp", "trainer.epochs=40", "trainer.warmup_epochs=4"]
MAMP = ["objective=mamp", "trainer.epochs=20", "trainer.warmup_epochs=2"]
LEJEPA = ["objective=lejepa", "heading=0.5", "trainer.steps=1500", "trainer.batch_size=32", "trainer.lr_batch=32"]
SLIM = ["objective=slim", "encoder=compact", "heading=0.5"]
SIDELESS = ["objective=sjepa", "trainer.epochs=60", "trainer.warmup_epochs=6"]
METHODS = {  # name: overrides, seeds
    "sjepa": (SJEPA, THREE),
    "sjepa_joints": ([*SJEPA, "mask=random_joint", "mask.ratio=0.75"], THREE),
    "sjepa_algorithm2": ([*SJEPA, "mask=motion_joint"], ONE),
    "gfp": (GFP, THREE),
    "mamp": (MAMP, THREE),
    "skeletonmae": (["objective=skeletonmae", *MAMP[1:]], ONE),
    "sjepa_stgcn": ([*SJEPA, "encoder=stgcn", "trainer.epochs=10"], ONE),
    "gfp_stgcn": ([*GFP, "encoder=stgcn", "trainer.epochs=10"], ONE),
    "sjepa_pyg": ([*SJEPA, "encoder=pyg", "trainer.epochs=10"], ONE),
    "gfp_pyg": ([*GFP, "encoder=pyg", "trainer.epochs=10"], ONE),
}
# Recipes that the study of S-JEPA found (docs/sjepa.md), for people who face the camera and for actions without a side.
RECIPES = {
    "irds": ("sjepa_facing",),
    "uiprmd": ("sjepa_sideless", "sjepa_sideless_facing", "gfp_sideless", "lejepa_sideless", "slim_sideless"),
}
# S-JEPA with patches of 8 frames for 56 epochs, whose views differ by 20 degrees alone: 20 minutes on one thread.
LONG = [
    "patch_length=8",
    "augment.shear=null",
    "augment.scale=null",
    "objective.predictor.dim=128",
    "objective.predictor.heads=4",
    "objective.ema=[0.99,1.0]",
    "trainer.epochs=56",
    "trainer.warmup_epochs=6",
    "trainer.batch_size=32",
    "trainer.lr_batch=32",
    "trainer.lr=5e-4",
]
# Bones have no position in the room, which random weights profit from. float32 shows the cost of bfloat16.
VARIANTS = {
    "irds": {
        "lejepa": (LEJEPA, THREE),
        "slim": (SLIM, THREE),
        "gfp_bone": (["augment.rotate.y=0.35", *GFP, "stream=bone"], THREE),
        "mamp_bone": (["augment.rotate.y=0.35", *MAMP, "stream=bone"], THREE),
        "sjepa_long": (["augment.rotate.y=0.35", "objective=sjepa", *LONG], THREE),
        "sjepa_fp32": (["augment.rotate.y=0.35", *SJEPA, "precision=fp32"], THREE),
        "gfp_fp32": (["augment.rotate.y=0.35", *GFP, "precision=fp32"], THREE),
    },
    "uiprmd": {
        "lejepa": (LEJEPA, THREE),
        "gfp_sideless_bone": ([*GFP, "augment.rotate.y=0.35", "experiment=gfp_sideless", "stream=bone"], ONE),
        "sjepa_sideless_bone": (
            [*SIDELESS, "augment.rotate.y=0.35", "experiment=sjepa_sideless", "stream=bone"],
            ONE,
        ),
    },
}
SLIM_ABLATIONS = {
    "tubes": ["mask=semantic_tube"],
    "limbs": ["+augment.limbs={_target_:skgraph.transforms.ScaleLimbs}"],
    "no_local_crops": ["objective.local_crops=[]"],
    "no_koleo": ["objective.koleo_weight=0"],
    "no_prediction": ["objective.prediction_weight=0"],
}
SJEPA_ABLATIONS = {
    "motion_mask": ["mask=motion_token"],
    "l2": ["objective.loss=l2"],
    "no_centre": ["objective.center=null"],
    "one_view": ["objective.two_views=false"],
    "metres": ["normalise.scale=null"],
}
GFP_ABLATIONS = {  # all shorter than the recipe, the unchanged one too
    "all": [],
    "targets_4": ["objective.targets=[4]"],
    "targets_g": ["objective.targets=[g]"],
    "targets_4_8_16": ["objective.targets=[4,8,16]"],
    "input_joint": ["objective.target_input=joint"],
    "input_masked_joint": ["objective.target_input=masked_joint"],
    "no_tgn": ["objective.target_network=null"],
    "no_information": ["objective.variance_weight=0", "objective.covariance_weight=0"],
    "sum": ["objective.reduction=sum"],
    "statistics_all": ["objective.statistics=all"],
    "motion_mask": ["mask=motion_token"],
}


def rows(data: str) -> dict[str, list[str]]:
    """Return the overrides of every run by its name, `dataset/method/seed`."""
    found = {f"synthetic/sjepa/{seed}": [*SJEPA, "heading=3.1416", f"seed={seed}"] for seed in THREE}
    for name, overrides in {"lejepa": LEJEPA, "slim": SLIM}.items():
        found |= {f"synthetic/{name}/{seed}": [*overrides, f"seed={seed}"] for seed in THREE}
    for dataset in ("irds", "uiprmd"):
        where = ["dataset=store", f"dataset.root={data}/{dataset}"]
        for recipe in RECIPES[dataset]:
            for seed in THREE:
                objective = recipe.partition("_")[0]
                method = {"slim": SLIM, "gfp": GFP, "lejepa": LEJEPA}.get(objective, SIDELESS)
                method = SJEPA if recipe == "sjepa_facing" else method
                if recipe in ("sjepa_sideless", "gfp_sideless"):
                    method = [*method, "augment.rotate.y=0.35"]
                found[f"{dataset}/{recipe}/{seed}"] = [*where, *method, f"experiment={recipe}", f"seed={seed}"]
        for name, (overrides, seeds) in VARIANTS[dataset].items():
            for seed in seeds:
                found[f"{dataset}/{name}/{seed}"] = [*where, *overrides, f"seed={seed}"]
        # People face the camera: headings within 20 degrees are enough.
        store = [*where, "augment.rotate.y=0.35"]
        for method, (overrides, seeds) in METHODS.items():
            if dataset == "uiprmd" and method in ("sjepa", "sjepa_joints", "sjepa_algorithm2"):
                overrides = [*SIDELESS, *overrides[len(SJEPA) :]]  # few clips make few steps per epoch
            for seed in seeds:
                found[f"{dataset}/{method}/{seed}"] = [*store, *overrides, f"seed={seed}"]
        if dataset == "irds":
            for name, overrides in SJEPA_ABLATIONS.items():
                found[f"irds/sjepa-{name}/0"] = [*store, *SJEPA, *overrides]
            for name, overrides in SLIM_ABLATIONS.items():
                found[f"irds/slim-{name}/0"] = [*where, *SLIM, *overrides]
            for name, overrides in GFP_ABLATIONS.items():
                found[f"irds/gfp-{name}/0"] = [*store, *GFP, "trainer.epochs=10", *overrides]
    return found


def train(name: str, overrides: list[str], runs: Path) -> None:
    """Train one row: skip a finished run, resume a stopped one."""
    folder = runs / name
    if list(folder.glob("evaluation/linear_*/result.json")):
        return
    command = [sys.executable, "-m", "skgraph.pretrain", f"runs={runs}", f"name={name}", *overrides]
    start = time.perf_counter()
    subprocess.run(command, check=True)
    (folder / "seconds").write_text(f"{time.perf_counter() - start:.0f}\n")


def collect(data: str, runs: Path) -> list[dict]:
    """Collect the results of the finished rows, in the order of the rows."""
    results = []
    for name, overrides in rows(data).items():
        # The evaluations at the end of the training: on its own data, with default options.
        folders = (runs / name).glob("evaluation/*")
        found = {path.name.partition("_")[0]: path / "result.json" for path in folders if _is_own(path.name, name)}
        evaluations = [json.loads(found[key].read_text()) for key in ("knn", "linear") if key in found]
        if evaluations:
            seconds = runs / name / "seconds"
            results.append(
                {
                    "row": name,
                    "command": " ".join(["python -m skgraph.pretrain", *overrides]),
                    **{evaluation["protocol"]: both_top1(evaluation) for evaluation in evaluations},
                    "rankme": round(evaluations[0]["rankme"], 1),
                    "seconds": int(seconds.read_text()) if seconds.exists() else None,
                    "versions": evaluations[0]["versions"],
                    "device": evaluations[0]["device"],
                }
            )
    return results


def both_top1(result: dict) -> list[float]:
    """Return the top-1 accuracy of the trained and of the random encoder, in per cent."""
    return [round(result["top1"], 1), round(result["random_init"]["top1"], 1)]


def _is_own(folder: str, row: str) -> bool:
    protocol, _, rest = folder.partition("_")
    own = rest.startswith(row.partition("/")[0]) and rest.endswith(("_xsub", "_xsub_class_mean"))
    return protocol in ("knn", "linear") and own


def format_results(results: list[dict]) -> str:
    """Format a Markdown table: per method, trained / random init of every seed and the mean gain, in per cent."""
    lines = ["| | kNN | linear | seconds |", "|---|---|---|---|"]
    for method in dict.fromkeys(result["row"].rpartition("/")[0] for result in results):
        seeds = [result for result in results if result["row"].rpartition("/")[0] == method]
        cells = [method]
        for protocol in ("knn", "linear"):
            trained, random = zip(*(seed[protocol] for seed in seeds), strict=True)
            gain = (sum(trained) - sum(random)) / len(seeds)
            cells.append(f"{', '.join(map(str, trained))} / {', '.join(map(str, random))}: **{gain:+.1f}**")
        cells.append(", ".join(str(seed["seconds"]) for seed in seeds))
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def train_chosen(
    parser: argparse.ArgumentParser, rows: Callable[[str], dict[str, list[str]]], runs: str, data: str
) -> argparse.Namespace:
    """Parse the command line, and train the rows that its patterns choose."""
    parser.add_argument("rows", nargs="*", help="names or patterns of rows to train")
    parser.add_argument("--data", default="data", help=f"folder of the stores {data}")
    parser.add_argument("--runs", type=Path, default=Path(runs), help="folder of the runs")
    parser.add_argument("--json", type=Path, help="file for the finished rows")
    options = parser.parse_args()
    known = rows(options.data)
    for pattern in options.rows:
        if not (chosen := fnmatch.filter(known, pattern)):
            parser.error(f"no row matches '{pattern}'; there are {', '.join(known)}")
        for name in chosen:
            train(name, known[name], options.runs)
    return options


def print_commands(known: dict[str, list[str]]) -> None:
    """Print every row and its command."""
    for name, overrides in known.items():
        print(f"{name:<42} python -m skgraph.pretrain {' '.join(overrides)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options = train_chosen(parser, rows, "runs/small", "irds and uiprmd")
    results = collect(options.data, options.runs)
    if not options.rows and not results:
        print_commands(rows(options.data))
    if results:
        print(format_results(results))
    if options.json:
        options.json.write_text(json.dumps({"date": str(date.today()), "results": results}, indent=1) + "\n")


if __name__ == "__main__":
    main()
