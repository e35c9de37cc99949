"""Kill every command while it replaces its own output, and check the files.

    python -m tests.faults.kills          # before each rename, and 200 times at random moments: an hour

A command has run once; it runs again and is killed; then it runs a third time. After the kill `report` must show what
it showed. After the third run `report` must show it too, every file must be there, and no leftover.
"""

from __future__ import annotations

import importlib
import io
import multiprocessing
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np

# Overrides of each command, run in a folder with `store`, `runs/r`, `clips.npz` and `evaluations`.
SMALL = (
    "dataset=store dataset.root=store frames=16 min_frames=8 patch_length=4 precision=fp32 device=cpu encoder.dim=16"
)
SMALL += " encoder.depth=1 encoder.heads=2 objective.predictor.depth=1 trainer.batch_size=16 trainer.progress=false"
RUN = "run=runs/r device=cpu"
COMMANDS = {
    "pretrain": f"{SMALL} trainer.steps=3 name=again trainer.checkpoint_every=1 evaluate=[knn]",
    "evaluate": f"{RUN} dataset=store dataset.root=store protocol=knn",
    "ensemble": "scores=[evaluations/joint/evaluation/linear_ntu60_xsub,evaluations/bone/evaluation/linear_ntu60_xsub]"
    " out=fused",
    "embed": f"{RUN} source=store out=features.npz",
    "predict": f"{RUN} source=store out=predictions",
    "export": "run=runs/r out=model",
    "diagnose": "run=runs/r device=cpu",
    "inspect": "store html=page.html json=page.json",
    "prepare": "dataset=npz source=clips.npz topology=ntu_rgbd unit=m fps=30 out=prepared split.by=subject"
    " overwrite=true",
    "view": "store out=view.html",
    "report": "runs evaluations out=table.md",
}
LEFTOVERS = ("*.partial", "*.replaced")


def prepare_folder(folder: Path, store: Path, run: Path, evaluations: Path) -> None:
    """Fill a folder with the inputs of all commands."""
    shutil.copytree(store, folder / "store")
    shutil.copytree(run, folder / "runs" / "r")
    shutil.copytree(evaluations, folder / "evaluations")
    rng = np.random.default_rng(0)
    np.savez(
        folder / "clips.npz",
        x=0.3 * rng.normal(size=(8 * 20, 1, 25, 3)).astype(np.float32),
        offsets=np.arange(9) * 20,
        y=np.arange(8) % 2,
        name=np.array([f"c{i}" for i in range(8)]),
        subject=np.arange(8) // 2,
        class_names=np.array(["a", "b"]),
    )


def run_command(command: str, arguments: str, folder: Path, kill_at: int = 0, kill_after: float = 0.0) -> int:
    """Run a command in a process of its own; return its exit code, negative for a kill.

    Args:
        command: module of ``skgraph``.
        arguments: words of the command line.
        folder: working folder.
        kill_at: number of the rename that kills it; 0 for none.
        kill_after: seconds until a kill from outside; 0 for none.
    """
    context = multiprocessing.get_context("forkserver")
    process = context.Process(target=_main, args=(command, arguments.split(), str(folder), kill_at))
    process.start()
    if kill_after:
        time.sleep(kill_after)
        process.kill()
    process.join()
    assert process.exitcode is not None
    return process.exitcode


def _main(command: str, arguments: list[str], folder: str, kill_at: int) -> None:
    os.chdir(folder)
    sys.stdout = sys.stderr = open(os.devnull, "w")
    calls = 0

    def killing(rename: Callable[..., None]) -> Callable[..., None]:
        def renamed(*args: object, **kwargs: object) -> None:
            nonlocal calls
            calls += 1
            if calls == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)
            rename(*args, **kwargs)

        return renamed

    os.rename, os.replace = killing(os.rename), killing(os.replace)
    sys.argv = [command, *arguments]
    importlib.import_module(f"skgraph.{command}").main()


def names(folder: Path) -> set[str]:
    """Return the paths of all files outside hidden folders."""
    paths = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return {str(path) for path in paths if not any(part.startswith(".") for part in path.parts)}


def leftovers(folder: Path) -> list[str]:
    """Return what killed processes left."""
    return sorted(path.name for pattern in LEFTOVERS for path in folder.rglob(pattern))


def table(folder: Path) -> list[str]:
    """Return the rows of `report` over everything in a folder, without dates."""
    from skgraph.result_tables.collection import collect
    from skgraph.result_tables.tables import arrange_results

    results, _ = collect([folder])
    return [str(row) for each in arrange_results(results, []) for row in each.rows]


def check_kill(command: str, whole: Path, kill_at: int = 0, kill_after: float = 0.0) -> tuple[bool, list[str]]:
    """Kill a command in a copy of a folder in which it has run, run it again, and compare.

    Returns:
        whether it was killed, and a sentence for each violation.
    """
    wrong: list[str] = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(shutil.copytree(whole, Path(scratch) / "copy"))
        before = table(folder)
        killed = run_command(command, COMMANDS[command], folder, kill_at, kill_after) == -signal.SIGKILL
        if not killed:
            return False, wrong
        if table(folder) != before:
            wrong.append("report shows other rows after the kill")
        if code := run_command(command, COMMANDS[command], folder):
            wrong.append(f"the next run ends with {code}")
        if left := leftovers(folder):
            wrong.append(f"{left} are left")
        if lost := names(whole) - names(folder):
            wrong.append(f"{sorted(lost)} are lost")
        if table(folder) != before:
            wrong.append("report shows other rows after the next run")
    return killed, [f"{command}, rename {kill_at}, {kill_after:.2f} s: {text}" for text in wrong]


def before_each_rename(command: str, whole: Path) -> Iterator[list[str]]:
    """Kill a command before its first rename, its second, and so on to its end; yield the violations of each."""
    for number in range(1, 100):
        killed, wrong = check_kill(command, whole, kill_at=number)
        if not killed:
            return
        yield wrong


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch, redirect_stdout(io.StringIO()):
        whole = make_whole(Path(scratch))
        wrong: list[str] = []
        kills = 0
        for command in COMMANDS:
            for found in before_each_rename(command, whole):
                wrong += found
                kills += 1
        rng = random.Random(0)
        for _ in range(200):
            command = rng.choice(list(COMMANDS))
            killed, found = check_kill(command, whole, kill_after=rng.uniform(0.05, 4.0))
            wrong += found
            kills += killed
    print(*wrong, sep="\n")
    print(f"{kills} kills, {len(wrong)} violations")


def make_whole(scratch: Path) -> Path:
    """Make the inputs, and run every command once."""
    from skgraph.datasets.synthetic import write_synthetic
    from tests.made_up_evaluations import write_evaluation

    (scratch / "whole").mkdir()
    whole, store = scratch / "whole", scratch / "store"
    write_synthetic(store, subjects=2, repetitions=1)
    for stream in ("joint", "bone"):
        write_evaluation(scratch / "evaluations", stream)
    training = scratch / "training"
    training.mkdir()
    shutil.copytree(store, training / "store")
    run_command("pretrain", f"{SMALL} trainer.steps=3 name=r evaluate=[]", training)
    prepare_folder(whole, store, training / "runs" / "r", scratch / "evaluations")
    for command, arguments in COMMANDS.items():
        if code := run_command(command, arguments, whole):
            raise SystemExit(f"{command} ends with {code} before any kill")
    return whole


if __name__ == "__main__":
    main()
