"""A built wheel, installed elsewhere, runs the main job."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_a_wheel_runs_the_main_job(tmp_path, store_path):
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=120)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        archive.extractall(tmp_path / "site")  # what an installer does with a pure wheel
    assert "skgraph/topologies/ntu_rgbd.yaml" in names and "skgraph/configs/pretrain.yaml" in names
    assert "skgraph/datasets/formats/action_names.yaml" in names
    assert not any(name.startswith(("tests/", "examples/", "benchmarks/", "configs/", "topologies/")) for name in names)
    work = tmp_path / "work"
    work.mkdir()
    command = [
        sys.executable,
        "-m",
        "skgraph.pretrain",
        "objective=sjepa",
        "encoder=transformer",
        "dataset=store",
        f"dataset.root={store_path}",
        "name=r",
        "frames=16",
        "encoder.dim=16",
        "encoder.depth=1",
        "encoder.heads=2",
        "patch_length=4",
        "trainer.epochs=1",
        "trainer.batch_size=16",
        "trainer.progress=false",
    ]
    env = os.environ | {"PYTHONPATH": str(tmp_path / "site"), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=work, env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "linear" in done.stdout and (work / "runs" / "r" / "checkpoint.pt").exists()
    # Pages need their templates, which lie beside the modules.
    for page, arguments in (("inspect", []), ("view", ["out=view.html"]), ("report", ["format=html", "device=cpu"])):
        source = "runs" if page == "report" else str(store_path)
        command = [sys.executable, "-m", f"skgraph.{page}", source, *arguments]
        done = subprocess.run(command, cwd=work, env=env, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0 and ".html" in done.stdout, done.stderr[-2000:]
    where = subprocess.run(
        [sys.executable, "-c", "import skgraph; print(skgraph.__file__)"],
        cwd=work,
        env=env,
        capture_output=True,
        text=True,
        check=True,
    )
    assert where.stdout.startswith(str(tmp_path))
