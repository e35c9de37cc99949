"""Study of what makes S-JEPA learn: one change at a time, on held-out training people (results: docs/sjepa.md).

    python -m benchmarks.sjepa_study                              # list the rows and their commands
    python -m benchmarks.sjepa_study 'irds/mask/*' --data data    # train the unfinished of these rows, then collect
    python -m benchmarks.sjepa_study --json examples/results/sjepa_study.json --figures docs/figures

Test people of the datasets are not used. The training people of IRDS are divided into three groups, each held out once,
those of UI-PRMD (1 to 5) into two:

    python -m skgraph.prepare dataset=npz source=irds.npz topology=ntu_rgbd out=data/irds split.by=subject
    python -m skgraph.prepare dataset=store source=data/irds out=data/irdsA split.by=subject \
        'split.train=[101,103,107,202,204,209,211,215,302,304]' 'split.test=[105,206,213,217,306]'
    python -m skgraph.prepare dataset=store source=data/irds out=data/irdsB split.by=subject \
        'split.train=[103,105,107,204,206,211,213,217,302,306]' 'split.test=[101,202,209,215,304]'
    python -m skgraph.prepare dataset=store source=data/irds out=data/irdsC split.by=subject \
        'split.train=[101,105,202,206,209,213,215,217,304,306]' 'split.test=[103,107,204,211,302]'
    python -m skgraph.prepare dataset=npz source=uiprmd.npz topology=uiprmd_22 out=data/uiprmdA 'split.train=[3,4,5]' \
        'split.test=[1,2]'
    python -m skgraph.prepare dataset=npz source=uiprmd.npz topology=uiprmd_22 out=data/uiprmdB 'split.train=[1,2,3]' \
        'split.test=[4,5]'

The curves over training come from two runs that keep their checkpoints, like `irds/input/best/A` and
`irds/mask/motion_joints_90/A`:

    python -m skgraph.pretrain runs=runs/study name=watched_tokens dataset=store dataset.root=data/irdsA \
        trainer.snapshot_every=2 normalise.center=frame augment.rotate=null evaluate=[]
    python -m skgraph.diagnose run=runs/study/watched_tokens bodies=1024
    python -m skgraph.pretrain runs=runs/study name=watched_joints dataset=store dataset.root=data/irdsA \
        trainer.snapshot_every=2 normalise.center=frame augment.rotate=null evaluate=[] mask=motion_joint
    python -m skgraph.diagnose run=runs/study/watched_joints bodies=1024
"""

import argparse
import csv
import json
from collections import defaultdict
from datetime import date
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from examples.small_results import both_top1, print_commands, train_chosen

FOLDS = {"irds": "ABC", "uiprmd": "AB"}
VARIANTS = "benchmarks.sjepa_variants"
SMALL = ["augment.rotate.y=0.35"]  # the small recipe; people face the camera, within 20 degrees
FRAME = ["normalise.center=frame"]
BEST = [*FRAME, "augment.rotate=null"]
EPOCHS = ["trainer.epochs=20", "trainer.warmup_epochs=2"]  # of every row without its own
LONG = ["trainer.epochs=40", "trainer.warmup_epochs=4"]
JITTER = ["+augment.jitter._target_=skgraph.transforms.RandomJitter", "+augment.jitter.std=0.02"]
AMPLITUDE = [
    f"+augment.amplitude._target_={VARIANTS}.RandomAmplitude",
    "+augment.amplitude.low=0.4",
    "+augment.amplitude.high=1.2",
]
ROWS = {
    # Origin of the coordinates, and rotation of the bodies.
    "input/first_frame": SMALL,
    "input/every_frame": [*SMALL, *FRAME],
    "input/every_frame_aligned": [*SMALL, *FRAME, "normalise.align=yaw"],
    "input/first_frame_unturned": ["augment.rotate=null"],
    "input/best": BEST,
    "input/best_jitter": [*BEST, *JITTER],
    # Further differences between two views.
    "views/jitter": [*SMALL, *FRAME, *JITTER],
    "views/bone_lengths": [
        *SMALL,
        *FRAME,
        f"+augment.bones._target_={VARIANTS}.RandomBoneLengths",
        "+augment.bones.strength=0.2",
    ],
    "views/amplitude": [*SMALL, *AMPLITUDE],
    "views/best_amplitude": [*BEST, *AMPLITUDE],
    "views/no_shear": [*BEST, "augment.shear=null"],
    "views/one": [*BEST, "objective.two_views=false"],
    # Length of the training, and of a patch.
    "epochs/10": [*SMALL, *FRAME, "trainer.epochs=10"],
    "epochs/40": [*SMALL, *FRAME, *LONG],
    "epochs/60_first_frame": [*SMALL, "trainer.epochs=60"],
    "tokens/patch_8": [*SMALL, *FRAME, "patch_length=8"],
    # Masks.
    "mask/ratio_50": [*BEST, "mask.ratio=0.5"],
    "mask/ratio_75": [*BEST, "mask.ratio=0.75"],
    "mask/ratio_95": [*BEST, "mask.ratio=0.95"],
    "mask/motion_tokens": [*BEST, "mask=motion_token"],
    "mask/joints_75": [*BEST, "mask=random_joint", "mask.ratio=0.75"],
    "mask/joints_90": [*BEST, "mask=random_joint"],
    "mask/motion_joints_90": [*BEST, "mask=motion_joint"],
    "mask/still_joints_90": [*BEST, "mask=motion_joint", f"mask._target_={VARIANTS}.StillJointMask"],
    "mask/motion_joints_90_fast_target": [*BEST, "mask=motion_joint", "objective.ema=[0.9,1.0]"],
    "mask/motion_joints_90_soft": [
        *BEST,
        "mask=motion_joint",
        "objective.target_temperature=0.2",
        "objective.temperature=0.4",
    ],
    # Targets and loss.
    "target/l2": [*BEST, "objective.loss=l2"],
    "target/no_centre": [*BEST, "objective.center=null"],
    "target/time_centred": [*SMALL, *FRAME, f"objective._target_={VARIANTS}.TimeCentredSJEPA"],
    "target/clip_centred": [*SMALL, *FRAME, f"objective._target_={VARIANTS}.ClipCentredSJEPA"],
    # Streams.
    "stream/bone": [*SMALL, "stream=bone"],
    "stream/bone_no_shear": [*SMALL, "stream=bone", "augment.shear=null"],
    "stream/bone_position_centred": [*SMALL, "stream=bone", "objective.center=position"],
    "stream/motion": [*SMALL, "stream=motion"],
    "stream/motion_no_shear": [*SMALL, "stream=motion", "augment.shear=null"],
    "stream/motion_patch_8": [*SMALL, "stream=motion", "patch_length=8"],
}
UIPRMD = ("input/first_frame", "input/every_frame", "input/best")  # rows trained on UI-PRMD too
LABEL_FREE = ("rankme", "feature_std", "loss", "target_std", "prediction_std", "target_entropy", "prediction_entropy")


def rows(data: str) -> dict[str, list[str]]:
    """Return the overrides of every run by its name, `dataset/group/row/fold`."""
    found = {}
    for name, overrides in ROWS.items():
        for dataset, folds in FOLDS.items():
            if dataset == "uiprmd":
                if name not in UIPRMD:
                    continue
                # Few clips make few steps per epoch.
                overrides = [*overrides, "trainer.epochs=60", "trainer.warmup_epochs=6"]
            for fold in folds:
                store = ["dataset=store", f"dataset.root={data}/{dataset}{fold}"]
                found[f"{dataset}/{name}/{fold}"] = [*store, *EPOCHS, *overrides]
    return found


def last_logged(folder: Path) -> dict[str, float]:
    """Return the last logged value of each label-free metric of a run."""
    found = {}
    for line in (folder / "metrics.jsonl").read_text(encoding="utf-8").splitlines():
        found |= {key: value for key, value in json.loads(line).items() if key in LABEL_FREE}
    return found


def collect(data: str, runs: Path) -> list[dict]:
    """Collect the metrics of the finished rows: the mean over the folds, and each fold."""
    folds = defaultdict(dict)
    for name in rows(data):
        evaluations = [
            json.loads(path.read_text())
            for key in ("knn", "linear")
            for path in (runs / name).glob(f"evaluation/{key}_*/result.json")
        ]
        if len(evaluations) == 2:
            row, _, fold = name.rpartition("/")
            logged = last_logged(runs / name)
            folds[row][fold] = {
                **{evaluation["protocol"]: both_top1(evaluation) for evaluation in evaluations},
                **{key: round(logged[key], 4) for key in LABEL_FREE if key in logged},
                "seconds": int((runs / name / "seconds").read_text()),
            }
    results = []
    for row, results_by_fold in folds.items():
        name = row.partition("/")[2]
        mean = {key: np.mean([fold[key] for fold in results_by_fold.values()], axis=0) for key in ("knn", "linear")}
        results.append(
            {
                "row": row,
                "overrides": " ".join(ROWS[name]),
                **{key: [round(float(x), 1) for x in mean[key]] for key in mean},
                **{f"{key}_gain": round(float(mean[key][0] - mean[key][1]), 1) for key in mean},
                "folds": results_by_fold,
            }
        )
    return results


def format_results(results: list[dict]) -> str:
    """Format a Markdown table with a line per row."""
    lines = ["| | kNN | gain | linear | gain | folds |", "|---|---|---|---|---|---|"]
    for result in results:
        cells = [f"`{result['row']}`"]
        for key in ("knn", "linear"):
            cells += [f"{result[key][0]} / {result[key][1]}", f"{result[f'{key}_gain']:+.1f}"]
        lines.append(f"| {' | '.join([*cells, str(len(result['folds']))])} |")
    return "\n".join(lines)


def correlations(results: list[dict]) -> dict[str, dict[str, float]]:
    """Compute Spearman's correlation of each label-free metric with both accuracies, over the joint runs on IRDS."""
    own = [result for result in results if result["row"].startswith("irds") and "/stream/" not in result["row"]]
    runs = [fold for result in own for fold in result["folds"].values()]
    found = {}
    for key in LABEL_FREE:
        logged = [run for run in runs if key in run]
        if len(logged) > 3:
            ranks = [_ranks([run[key] for run in logged])]
            ranks += [_ranks([run[probe][0] for run in logged]) for probe in ("knn", "linear")]
            spearman = np.corrcoef(ranks)
            found[key] = {"knn": round(float(spearman[0, 1]), 2), "linear": round(float(spearman[0, 2]), 2)}
    return found


def _ranks(values: list[float]) -> np.ndarray:
    """Rank values; equal values share their mean rank."""
    values = np.asarray(values)
    return np.array([(values < value).sum() + ((values == value).sum() - 1) / 2 for value in values])


def draw_figures(results: list[dict], folder: Path) -> None:
    """Draw `sjepa_study.png`, the gain of every row, and `sjepa_label_free.png`, accuracy by label-free metric."""
    folder.mkdir(parents=True, exist_ok=True)
    own = [result for result in results if result["row"].startswith("irds")]
    figure = Figure(figsize=(8, 0.34 * len(own) + 1.2), layout="constrained")
    axes = figure.add_subplot()
    height = np.arange(len(own))[::-1]
    for offset, key, colour in ((0.2, "knn", "#0072b2"), (-0.2, "linear", "#e69f00")):
        axes.barh(height + offset, [result[f"{key}_gain"] for result in own], 0.38, color=colour, label=key)
        for y, result in zip(height + offset, own, strict=True):
            gains = [fold[key][0] - fold[key][1] for fold in result["folds"].values()]
            axes.plot(gains, [y] * len(gains), "k.", markersize=3)
    axes.set_yticks(height, [result["row"].partition("/")[2] for result in own], fontsize=8)
    axes.axvline(0, color="black", linewidth=0.8)
    axes.set_xlabel("gain over a random encoder of the same shape, points; dots are folds")
    axes.legend()
    figure.savefig(folder / "sjepa_study.png", dpi=110)

    own = [result for result in own if "/stream/" not in result["row"]]
    keys = [key for key in LABEL_FREE if any(key in fold for result in own for fold in result["folds"].values())]
    figure = Figure(figsize=(11, 5), layout="constrained")
    strength = correlations(results)
    for axes, key in zip(figure.subplots(2, 4).flat, keys, strict=False):
        for probe, colour in (("knn", "#0072b2"), ("linear", "#e69f00")):
            points = [(fold[key], fold[probe][0]) for result in own for fold in result["folds"].values() if key in fold]
            label = f"{probe} {strength[key][probe]:+.2f}" if key in strength else probe
            axes.plot(*zip(*points, strict=True), ".", color=colour, markersize=4, label=label)
        axes.set_xlabel(key)
        axes.legend(fontsize=7, title="Spearman", title_fontsize=7)
    figure.supylabel("accuracy, %")
    figure.savefig(folder / "sjepa_label_free.png", dpi=110)


def draw_watched_figure(runs: Path, folder: Path) -> None:
    """Draw `sjepa_watched.png`, the diagnoses of the two runs that keep their checkpoints, if they exist."""
    paths = {"tokens": runs / "watched_tokens", "still joints": runs / "watched_joints"}
    paths = {name: path / "diagnosis" / "diagnosis.csv" for name, path in paths.items()}
    if not all(path.exists() for path in paths.values()):
        return
    figure = Figure(figsize=(11, 3.2), layout="constrained")
    panels = figure.subplots(1, 4)
    for (name, path), style in zip(paths.items(), ("-", "--"), strict=True):
        with open(path, encoding="utf-8") as file:
            lines = [{key: float(value) for key, value in line.items() if value} for line in csv.DictReader(file)]
        steps = [line["step"] for line in lines]
        for axes, keys in zip(
            panels,
            (("action", "neighbour", "subject"), ("pose", "speed", "view"), ("rankme",), ("similarity", "skill")),
            strict=True,
        ):
            for i, key in enumerate(keys):
                axes.plot(steps, [line[key] for line in lines], style, color=f"C{i}", label=f"{key}, {name}")
    for axes, label in zip(panels, ("accuracy, %", "variance explained, %", "RankMe", "share"), strict=True):
        axes.set_xlabel("step")
        axes.set_ylabel(label)
        axes.legend(fontsize=6)
    panels[3].set_ylim(-0.5, 1.05)
    figure.savefig(folder / "sjepa_watched.png", dpi=110)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--figures", type=Path, help="folder for figures of the finished rows")
    options = train_chosen(parser, rows, "runs/study", "irdsA, irdsB, irdsC, uiprmdA and uiprmdB")
    results = collect(options.data, options.runs)
    if not options.rows and not results:
        print_commands(rows(options.data))
    if results:
        print(format_results(results))
        print(json.dumps(correlations(results)))
    if options.json:
        content = {"date": str(date.today()), "results": results, "spearman": correlations(results)}
        options.json.write_text(json.dumps(content, indent=1) + "\n")
    if options.figures and results:
        draw_figures(results, options.figures)
        draw_watched_figure(options.runs, options.figures)


if __name__ == "__main__":
    main()
