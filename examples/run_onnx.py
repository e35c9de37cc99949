"""Recognise the action of a recording with NumPy and onnxruntime alone.

    python -m skgraph.export run=runs/NAME format=onnx head=linear out=model.onnx
    python examples/run_onnx.py model.onnx recording.npy

The recording is `[bodies, frames, joints, coordinates]`, or without bodies, in the unit of the training data. It holds
one action. Features are printed for a model without a head.
"""

import json
import sys

import numpy as np


def resample(body: np.ndarray, frames: int) -> np.ndarray:
    """Interpolate a body `[t, V, C]` linearly to `frames` frames."""
    position = np.clip((np.arange(frames) + 0.5) * len(body) / frames - 0.5, 0, len(body) - 1)
    low = np.floor(position).astype(int)
    high = np.minimum(low + 1, len(body) - 1)
    weight = (position - low)[:, None, None]
    return ((1 - weight) * body[low] + weight * body[high]).astype(np.float32)


def main(model: str, recording: str) -> None:
    import onnxruntime

    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    metadata = json.loads(session.get_modelmeta().custom_metadata_map["skgraph"])
    bodies = np.load(recording, allow_pickle=False)
    bodies = bodies[None] if bodies.ndim == 3 else bodies
    _, frames, *shape = metadata["input"]
    if list(bodies.shape[2:]) != shape:
        sys.exit(f"{recording} must be [bodies, frames, {shape[0]}, {shape[1]}], found {list(bodies.shape)}")
    output = session.run(None, {"joints": np.stack([resample(body, frames) for body in bodies])})[0].mean(axis=0)
    if metadata["class_names"] is None:
        print(output)
        return
    probability = np.exp(output - output.max())
    probability /= probability.sum()
    for k in np.argsort(-probability)[:5]:
        print(f"{metadata['class_names'][k]:<40} {probability[k]:.1%}")


if __name__ == "__main__":
    if len(sys.argv) == 3:
        main(*sys.argv[1:])
    else:
        print(__doc__)
