"""Frames per second of the viewer in a real browser.

    python -m pip install -e '.[browser]' -c constraints.txt     # and a Chromium: apt install chromium
    python -m benchmarks.viewer_frame_rate --json examples/results/viewer_frame_rate.json

A clip of 300 frames with two bodies of 25 joints plays for some seconds at two window sizes. Chromium draws on the
processor, the slowest case.
"""

import argparse
import json
import os
import platform
import shutil
import tempfile
from datetime import date
from pathlib import Path

import numpy as np
from playwright.sync_api import sync_playwright

from skgraph import Topology
from skgraph.viewer import ViewedClip, viewer_page

FLAGS = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"]
SIZES = {"1280 x 720": (1280, 720), "390 x 844, a phone's": (390, 844)}


def two_bodies(topology: Topology, frames: int) -> ViewedClip:
    """Return a clip of two waving bodies."""
    pose = np.random.default_rng(0).normal(size=(topology.num_joints, 3)) * 0.4
    wave = 0.2 * np.sin(np.arange(frames) / 10)[:, None, None]
    bodies = np.stack([pose + wave, pose - wave + [1.5, 0, 0]]).astype(np.float32)
    return ViewedClip("two", "wave", 30.0, bodies, np.ones((2, frames), bool))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=10.0, help="measured at each size of the window")
    parser.add_argument("--json", type=Path, help="file for the measurements")
    options = parser.parse_args()
    topology, measured = Topology.load("ntu_rgbd"), {}
    text = viewer_page(topology, [two_bodies(topology, 300)], "Two bodies")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        path = Path(folder) / "view.html"
        path.write_text(text, encoding="utf-8")
        found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
        browser = driver.chromium.launch(executable_path=found, args=FLAGS)
        version = browser.version
        for name, (width, height) in SIZES.items():
            tab = browser.new_page(viewport={"width": width, "height": height})
            tab.goto(path.as_uri())
            tab.wait_for_timeout(2000)  # it plays from the start
            before = tab.evaluate("viewer.draws")
            tab.wait_for_timeout(1000 * options.seconds)
            measured[f"frames/s, {name}"] = (tab.evaluate("viewer.draws") - before) / options.seconds
            tab.close()
        browser.close()
    measured |= {"page, MB": len(text.encode()) / 1e6}
    for key, value in measured.items():
        print(f"{key:<40}{value:>8.1f}")
    if options.json:
        cores = len(os.sched_getaffinity(0))
        record = {
            "measured": measured,
            "browser": f"Chromium {version}, drawn by the processor",
            "device": f"{platform.machine()}, {cores} cores",
            "command": "python -m benchmarks.viewer_frame_rate",
            "date": str(date.today()),
        }
        options.json.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
