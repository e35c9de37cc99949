"""Accuracy of the timelines of `skgraph.predict` on recordings joined from labelled clips.

    python -m benchmarks.timeline_accuracy runs/NAME --windows 1 1.5 2

Each recording joins up to `--clips` clips of one test person in random order; test people have trained neither the
encoder nor the head. Measured for each width of the window:

    frames      share of frames with the right action, %
    boundary    median distance from a true boundary to the nearest predicted one, seconds

Without a run, an untrained one is measured on a small synthetic dataset.
"""

import argparse
import json
import tempfile
from datetime import date
from pathlib import Path

import numpy as np
import torch
from hydra import compose, initialize_config_dir

from skgraph._internal.command import plain_config
from skgraph._internal.data_dir import data_dir
from skgraph.api.pretraining import train_run
from skgraph.build import open_store
from skgraph.data import SkeletonStore, StoreWriter
from skgraph.evaluation import PretrainedRun
from skgraph.recognition import Recogniser, timelines


def untrained_run(folder: Path) -> Path:
    """Train one step on a small synthetic dataset, and return the run."""
    data = ["dataset.synthetic.subjects=4", "dataset.synthetic.repetitions=1", f"dataset.root={folder / 'data'}"]
    options = [*data, f"runs={folder}", "name=untrained", "trainer.stop_at=1", "trainer.progress=false"]
    with initialize_config_dir(str(data_dir("configs")), version_base="1.3"):
        train_run(plain_config(compose("pretrain", overrides=options)), torch.device("cpu"))
    return folder / "untrained"


def join_clips(store: SkeletonStore, split: str, clips: int, folder: Path) -> list[np.ndarray]:
    """Write a store with a recording of joined clips per test person, and return the label of every frame of each."""
    generator = np.random.default_rng(0)
    test, labels = store.split(split, "test").numpy(), []
    people, fps = store.subject[test].numpy(), float(store.meta.get("fps", 30.0))
    with StoreWriter(folder, store.topology, store.class_names, source="joined clips", fps=fps) as writer:
        for person in np.unique(people).tolist():
            own = generator.permutation(test[people == person])[:clips].tolist()
            joined = [store.clip(i).joints[0].numpy() for i in own]
            ends = np.cumsum([len(part) for part in joined])
            segments = np.stack([store.y[own].numpy(), ends - [len(part) for part in joined], ends], axis=1)
            writer.add(np.concatenate(joined)[None], y=-1, name=f"person {person}", subject=person, segments=segments)
            labels.append(np.repeat(segments[:, 0], segments[:, 2] - segments[:, 1]))
    return labels


def measure(recogniser: Recogniser, store: SkeletonStore, labels: list[np.ndarray], window: float) -> dict[str, float]:
    """Compute the share of right frames and the median distance of boundaries."""
    right, frames, away = 0, 0, []
    for found, truth in zip(timelines(recogniser, store, window=window), labels, strict=True):
        guess = np.full(len(truth), -1)
        for label, start, end in found.segments.tolist():
            guess[start:end] = label
        right, frames = right + int((guess == truth).sum()), frames + len(truth)
        true, seen = (np.flatnonzero(np.diff(x)) + 1 for x in (truth, guess))
        away += [np.abs(seen - b).min() / found.fps if len(seen) else len(truth) / found.fps for b in true]
    return {"frames, %": 100 * right / frames, "boundary, s": float(np.median(away)), "boundaries": len(away)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", nargs="?", type=Path, help="folder of a run")
    parser.add_argument("--clips", type=int, default=12, help="clips of each person")
    parser.add_argument("--windows", type=float, nargs="+", default=[2.0], help="widths of the window in seconds")
    parser.add_argument("--json", type=Path, help="file for the metrics")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        run = PretrainedRun.open(options.run or untrained_run(Path(scratch)))
        store, split = open_store(run.config["dataset"])
        recogniser = Recogniser.fit(run, store, split)
        labels = join_clips(store, split, options.clips, Path(scratch) / "joined")
        joined = SkeletonStore.open(Path(scratch) / "joined")
        measured = {f"window {w:g} s": measure(recogniser, joined, labels, w) for w in options.windows}
    print(f"{len(labels)} people, {sum(map(len, labels)) / float(joined.meta.get('fps', 30.0)):.0f} seconds")
    for window, metrics in measured.items():
        print(f"{window}: {metrics['frames, %']:.1f} % of the frames, boundaries {metrics['boundary, s']:.2f} s away")
    if options.json:
        record = {
            "run": run.folder.name,
            "clips": options.clips,
            "people": len(labels),
            "measured": measured,
            "date": str(date.today()),
        }
        options.json.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
