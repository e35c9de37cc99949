"""From a video to labels: pose estimation, recognition by the model that ships, and a page to look at.

python examples/video_to_label.py VIDEO.mp4 pose_landmarker_full.task [STORE]

estimates poses with MediaPipe (Apache-2.0; pip install mediapipe imageio-ffmpeg; the model file is on its page "Pose
landmark detection"). STORE holds labelled clips of the actions, by default synthetic ones. Without arguments it draws a
video of a synthetic person, and takes the landmarks that an estimator without error would find in it.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from skgraph import SkeletonStore, Topology
from skgraph.api import predict, prepare
from skgraph.transforms import MapJoints
from skgraph.viewer import animate, clip_of_store


def estimate(video: Path, model: Path) -> tuple[float, Iterator[list[list[dict]]]]:
    """Return the frames a second of a video, and people's landmarks in metres, frame by frame."""
    import imageio_ffmpeg
    from mediapipe import Image, ImageFormat
    from mediapipe.tasks.python import BaseOptions, vision

    frames = imageio_ffmpeg.read_frames(str(video))
    meta = next(frames)
    options = vision.PoseLandmarkerOptions(
        BaseOptions(model_asset_path=str(model)), running_mode=vision.RunningMode.VIDEO, num_poses=2
    )

    def landmarks() -> Iterator[list[list[dict]]]:
        with vision.PoseLandmarker.create_from_options(options) as landmarker:
            for i, frame in enumerate(frames):
                pixels = np.frombuffer(frame, np.uint8).reshape(meta["size"][1], meta["size"][0], 3)
                image = Image(image_format=ImageFormat.SRGB, data=pixels)
                found = landmarker.detect_for_video(image, round(1000 * i / meta["fps"]))
                keys = ("x", "y", "z", "visibility")
                yield [
                    [{key: getattr(p, key) for key in keys} for p in person] for person in found.pose_world_landmarks
                ]

    return float(meta["fps"]), landmarks()


def draw(store: SkeletonStore, action: str, video: Path) -> tuple[float, Iterator[list[list[dict]]]]:
    """Draw a video of a clip of an action, and return its frames a second and landmarks as `estimate` does."""
    clip = int(store.split("xsub", "test")[store.y[store.split("xsub", "test")] == store.class_names.index(action)][0])
    video.write_bytes(animate(store.topology, [clip_of_store(store, clip)], "mp4", "part"))
    to_mediapipe = MapJoints.load(store.topology, Topology.load("mediapipe_33"))
    bodies = to_mediapipe(store.clip(clip)).joints * torch.tensor([-1.0, -1.0, 1.0])  # MediaPipe's axes

    def landmarks() -> Iterator[list[list[dict]]]:
        for people in bodies.unbind(dim=1):
            yield [[dict(zip("xyz", point, strict=True), visibility=1.0) for point in body] for body in people.tolist()]

    return float(store.meta["fps"]), landmarks()


if len(sys.argv) > 3:
    actions = sys.argv[3]
else:  # synthetic ones, with the joints of MediaPipe
    actions = "data/actions"
    if not Path("data/people").exists():
        prepare("synthetic", out="data/people", subjects=4, repetitions=1)
    if not Path(actions).exists():
        prepare("store", "data/people", out=actions, topology_map="mediapipe_33")

if len(sys.argv) > 2:
    fps, frames = estimate(Path(sys.argv[1]), Path(sys.argv[2]))
else:
    fps, frames = draw(SkeletonStore.open("data/people"), "sit down", Path("drawn.mp4"))
with open("landmarks.jsonl", "w") as file:
    for number, people in enumerate(frames):
        file.write(json.dumps({"frame": number, "pose_world_landmarks": people}) + "\n")

predictions = predict("builtin", "landmarks.jsonl", learn_from=actions, people="each", fps=fps)
predictions.save("predictions")
print(predictions)
view = ["skgraph.view", "landmarks.jsonl", f"fps={fps:g}", "predictions=predictions"]
subprocess.run([sys.executable, "-m", *view], check=True)
