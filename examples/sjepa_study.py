"""What makes S-JEPA learn: one change at a time, on held-out training people (docs/sjepa.md tells what came out).

    python examples/sjepa_study.py                              # the rows, and the command behind each
    python examples/sjepa_study.py 'irds/mask/*' --data data    # train these, those that are not finished, and collect
    python examples/sjepa_study.py --json examples/results/sjepa_study.json --figures docs/figures

from the project's folder. Nobody in the test part of the datasets is looked at. The training people of IRDS are divided
into three groups, of which each is held out once, those of UI-PRMD (1 to 5) into two:

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

The curves are of two runs that keep their checkpoints, of `irds/input/best/A` and `irds/mask/motion_joints_90/A`:

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
from small_results import show, train_chosen

FOLDS = {"irds": "ABC", "uiprmd": "AB"}
VARIANTS = "examples.sjepa_variants"
SMALL = ["augment.rotate.y=0.35"]  # the small recipe; people face the camera, within 20 degrees
FRAME = ["normalise.center=frame"]
BEST = [*FRAME, "augment.rotate=null"]
LONG = ["trainer.epochs=40", "trainer.warmup_epochs=4"]
JITTER = ["+augment.jitter._target_=skgraph.transforms.RandomJitter", "+augment.jitter.std=0.02"]
AMPLITUDE = [
    f"+augment.amplitude._target_={VARIANTS}.RandomAmplitude",
    "+augment.amplitude.low=0.4",
    "+augment.amplitude.high=1.2",
]
ROWS = {
    # Where coordinates are measured from, and how bodies are turned.
    "input/first_frame": SMALL,
    "input/every_frame": [*SMALL, *FRAME],
    "input/every_frame_aligned": [*SMALL, *FRAME, "normalise.align=yaw"],
    "input/first_frame_unturned": ["augment.rotate=null"],
    "input/best": BEST,
    "input/best_jitter": [*BEST, *JITTER],
    # What else may differ between two views.
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
    # How long.
    "epochs/10": [*SMALL, *FRAME, "trainer.epochs=10"],
    "epochs/40": [*SMALL, *FRAME, *LONG],
    "epochs/60_first_frame": [*SMALL, "trainer.epochs=60"],
    "tokens/patch_8": [*SMALL, *FRAME, "patch_length=8"],
    # What is hidden.
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
    # What is predicted, and how it is compared.
    "target/l2": [*BEST, "objective.loss=l2"],
    "target/no_centre": [*BEST, "objective.center=null"],
    "target/time_centred": [*SMALL, *FRAME, f"objective._target_={VARIANTS}.TimeCentredSJEPA"],
    "target/clip_centred": [*SMALL, *FRAME, f"objective._target_={VARIANTS}.ClipCentredSJEPA"],
    # What a body is described by.
    "stream/bone": [*SMALL, "stream=bone"],
    "stream/bone_no_shear": [*SMALL, "stream=bone", "augment.shear=null"],
    "stream/bone_position_centred": [*SMALL, "stream=bone", "objective.center=position"],
    "stream/motion": [*SMALL, "stream=motion"],
    "stream/motion_no_shear": [*SMALL, "stream=motion", "augment.shear=null"],
    "stream/motion_patch_8": [*SMALL, "stream=motion", "patch_length=8"],
}
UIPRMD = ("input/first_frame", "input/every_frame", "input/best")  # rows that are trained there too
LABEL_FREE = ("rankme", "feature_std", "loss", "target_std", "prediction_std", "target_entropy", "prediction_entropy")


def rows(data: str) -> dict[str, list[str]]:
    """Every run by its name, `dataset/group/row/fold`, and the overrides that make it."""
    found = {}
    for name, overrides in ROWS.items():
        for dataset, folds in FOLDS.items():
            if dataset == "uiprmd":
                if name not in UIPRMD:
                    continue
                overrides = [
                    *overrides,
                    "trainer.epochs=60",
                    "trainer.warmup_epochs=6",
                ]  # few clips, few steps an epoch
            for fold in folds:
                store = ["dataset=store", f"dataset.root={data}/{dataset}{fold}"]
                found[f"{dataset}/{name}/{fold}"] = [*store, *overrides]
    return found


def last_logged(folder: Path) -> dict[str, float]:
    """The last value of each number in a run's log that needs no labels."""
    found = {}
    for line in (folder / "metrics.jsonl").read_text(encoding="utf-8").splitlines():
        found |= {key: value for key, value in json.loads(line).items() if key in LABEL_FREE}
    return found


def collect(data: str, runs: Path) -> list[dict]:
    """What the finished rows reached: the mean over the folds, and each fold."""
    folds = defaultdict(dict)
    for name in rows(data):
        cards = [
            json.loads(path.read_text())
            for key in ("knn", "linear")
            for path in (runs / name).glob(f"evaluation/{key}_*/result.json")
        ]
        if len(cards) == 2:
            row, _, fold = name.rpartition("/")
            found = last_logged(runs / name)
            folds[row][fold] = {
                **{card["protocol"]: [round(card["top1"], 1), round(card["random_init"]["top1"], 1)] for card in cards},
                **{key: round(found[key], 4) for key in LABEL_FREE if key in found},
                "seconds": int((runs / name / "seconds").read_text()),
            }
    results = []
    for row, parts in folds.items():
        name = row.partition("/")[2]
        mean = {key: np.mean([part[key] for part in parts.values()], axis=0) for key in ("knn", "linear")}
        results.append(
            {
                "row": row,
                "overrides": " ".join(ROWS[name]),
                **{key: [round(float(x), 1) for x in mean[key]] for key in mean},
                **{f"{key}_gain": round(float(mean[key][0] - mean[key][1]), 1) for key in mean},
                "folds": parts,
            }
        )
    return results


def table(results: list[dict]) -> str:
    """A line for each row."""
    lines = ["| | kNN | gain | linear | gain | folds |", "|---|---|---|---|---|---|"]
    for result in results:
        cells = [f"`{result['row']}`"]
        for key in ("knn", "linear"):
            cells += [f"{result[key][0]} / {result[key][1]}", f"{result[f'{key}_gain']:+.1f}"]
        lines.append(f"| {' | '.join([*cells, str(len(result['folds']))])} |")
    return "\n".join(lines)


def correlations(results: list[dict]) -> dict[str, dict[str, float]]:
    """Spearman's correlation over the runs of joints on IRDS of each label-free number with the two accuracies."""
    own = [result for result in results if result["row"].startswith("irds") and "/stream/" not in result["row"]]
    parts = [part for result in own for part in result["folds"].values()]
    found = {}
    for key in LABEL_FREE:
        known = [part for part in parts if key in part]
        if len(known) > 3:
            ranks = [_ranks([part[key] for part in known])]
            ranks += [_ranks([part[probe][0] for part in known]) for probe in ("knn", "linear")]
            table = np.corrcoef(ranks)
            found[key] = {"knn": round(float(table[0, 1]), 2), "linear": round(float(table[0, 2]), 2)}
    return found


def _ranks(values: list[float]) -> np.ndarray:
    """Ranks of values, equal ones sharing their mean rank."""
    values = np.asarray(values)
    return np.array([(values < value).sum() + ((values == value).sum() - 1) / 2 for value in values])


def figures(results: list[dict], folder: Path) -> None:
    """`sjepa_study.png`: gain of every row; `sjepa_label_free.png`: accuracy against what needs no labels."""
    folder.mkdir(parents=True, exist_ok=True)
    own = [result for result in results if result["row"].startswith("irds")]
    figure = Figure(figsize=(8, 0.34 * len(own) + 1.2), layout="constrained")
    axes = figure.add_subplot()
    place = np.arange(len(own))[::-1]
    for offset, key, colour in ((0.2, "knn", "#0072b2"), (-0.2, "linear", "#e69f00")):
        axes.barh(place + offset, [result[f"{key}_gain"] for result in own], 0.38, color=colour, label=key)
        for y, result in zip(place + offset, own, strict=True):
            gains = [part[key][0] - part[key][1] for part in result["folds"].values()]
            axes.plot(gains, [y] * len(gains), "k.", markersize=3)
    axes.set_yticks(place, [result["row"].partition("/")[2] for result in own], fontsize=8)
    axes.axvline(0, color="black", linewidth=0.8)
    axes.set_xlabel("gain over a random encoder of the same shape, points; dots are folds")
    axes.legend()
    figure.savefig(folder / "sjepa_study.png", dpi=110)

    own = [result for result in own if "/stream/" not in result["row"]]
    keys = [key for key in LABEL_FREE if any(key in part for result in own for part in result["folds"].values())]
    figure = Figure(figsize=(11, 5), layout="constrained")
    strength = correlations(results)
    for axes, key in zip(figure.subplots(2, 4).flat, keys, strict=False):
        for probe, colour in (("knn", "#0072b2"), ("linear", "#e69f00")):
            points = [(part[key], part[probe][0]) for result in own for part in result["folds"].values() if key in part]
            label = f"{probe} {strength[key][probe]:+.2f}" if key in strength else probe
            axes.plot(*zip(*points, strict=True), ".", color=colour, markersize=4, label=label)
        axes.set_xlabel(key)
        axes.legend(fontsize=7, title="Spearman", title_fontsize=7)
    figure.supylabel("accuracy, %")
    figure.savefig(folder / "sjepa_label_free.png", dpi=110)


def watched_figure(runs: Path, folder: Path) -> None:
    """`sjepa_watched.png`: what `skgraph.diagnose` found in two runs that kept their checkpoints, if they are there."""
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
    parser.add_argument("--figures", type=Path, help="draw what is finished into this folder")
    options = train_chosen(parser, rows, "runs/study", "irdsA, irdsB, irdsC, uiprmdA and uiprmdB")
    results = collect(options.data, options.runs)
    if not options.rows and not results:
        show(rows(options.data))
    if results:
        print(table(results))
        print(json.dumps(correlations(results)))
    if options.json:
        content = {"date": str(date.today()), "results": results, "spearman": correlations(results)}
        options.json.write_text(json.dumps(content, indent=1) + "\n")
    if options.figures and results:
        figures(results, options.figures)
        watched_figure(options.runs, options.figures)


if __name__ == "__main__":
    main()
