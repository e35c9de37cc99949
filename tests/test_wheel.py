"""A built wheel, installed elsewhere, runs the main job."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# Runs commands one after the other in a process of its own.
RUN = """
import json, sys
import skgraph
from skgraph.__main__ import main
print(skgraph.__file__, end="END\\n")
for words in json.loads(sys.argv[1]):
    sys.argv[1:] = words
    main()
    print(end="END\\n")
"""


def test_a_wheel_runs_the_main_job(tmp_path, store_path):
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=120)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        archive.extractall(tmp_path / "site")  # what an installer does with a pure wheel
    assert "skgraph/topologies/ntu_rgbd.yaml" in names and "skgraph/configs/pretrain.yaml" in names
    assert "skgraph/datasets/formats/action_names.yaml" in names and "skgraph/py.typed" in names
    assert not any(name.startswith(("tests/", "examples/", "benchmarks/", "configs/", "topologies/")) for name in names)
    work = tmp_path / "work"
    work.mkdir()
    training = [
        "pretrain",
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
        "trainer.warmup_epochs=0",
        "trainer.batch_size=16",
        "trainer.progress=false",
    ]
    # Pages need their templates, which lie beside the modules.
    pages = [
        ["inspect", str(store_path)],
        ["view", str(store_path), "out=view.html"],
        ["report", "runs", "format=html", "device=cpu"],
    ]
    env = os.environ | {"PYTHONPATH": str(tmp_path / "site"), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", RUN, json.dumps([training, *pages])],
        cwd=work,
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    where, *printed = done.stdout.split("END\n")
    assert where.startswith(str(tmp_path))
    assert "linear" in printed[0] and (work / "runs" / "r" / "checkpoint.pt").exists()
    assert all(".html" in text for text in printed[1:4])
