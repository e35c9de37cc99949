"""HTML page with the clips, three.js and the player."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

import numpy as np

from skgraph._internal.html_page import render_page
from skgraph._internal.text import plain
from skgraph.topology import Topology
from skgraph.viewer.scene import Segment, ViewedClip, check_drawable, front, ramp_maximum

_STEPS = 32000  # over half the range of a clip's coordinates: less than 0.1 mm in three metres


def viewer_page(
    topology: Topology,
    clips: Sequence[ViewedClip],
    title: str,
    about: str = "",
    colour: str = "part",
    video: tuple[str, float] | None = None,
) -> str:
    """Return a self-contained page, which opens offline.

    Args:
        topology: topology of all clips.
        clips: shown side by side, with the same layers.
        title: title of the page.
        about: line under the title.
        colour: first colour of the clips, ``"part"`` or the key of a layer.
        video: data URL of a video, and its second at which the clip begins; shown behind a clip in pixels, y up.

    Raises:
        ConfigError: no such colour.
        DataError: no clip, or coordinates that are not finite.
    """
    check_drawable(clips, colour)
    parts = list(topology.parts)
    maxima = {key: ramp_maximum([clip.layers[key] for clip in clips]) for key in clips[0].layers}
    data = {
        "topology": {
            "joints": list(topology.joints),
            "parents": topology.parents.tolist(),
            "parts": parts,
            "part": [
                next(i for i, name in enumerate(parts) if v in topology.parts[name].tolist())
                for v in range(topology.num_joints)
            ],
            "head": _head(topology),
        },
        "clips": [_clip(clip, maxima) for clip in clips],
        "layers": [
            {"key": key, **{name: text for name, text in vars(layer).items() if name != "values"}, "max": maxima[key]}
            for key, layer in clips[0].layers.items()
        ],
        "front": front(topology, clips[0]),
        "flat": topology.dim == 2,
        "size": _size(clips),
        "colour": colour,
        "video": video,
    }
    return render_page("viewer/assets/page.html", title=plain(title), about=plain(about, 400), data=data)


def _clip(clip: ViewedClip, maxima: dict[str, float]) -> dict[str, Any]:
    bodies, frames = clip.present.shape
    seen = clip.joints[clip.present]  # absent bodies are zero and not shown
    low, high = (seen.min(axis=(0, 1)), seen.max(axis=(0, 1))) if len(seen) else (np.zeros(3), np.zeros(3))
    origin = (low.astype(float) + high) / 2
    step = max(float((high - low).max()) / (2 * _STEPS), 1e-9)
    whole = np.round((clip.joints.swapaxes(0, 1) - origin) / step).clip(-_STEPS, _STEPS)  # [T, M, V, 3]
    # Quantiles, so that a joint lost for a moment does not make everything else small.
    usual = np.quantile(seen, [0.01, 0.99], axis=(0, 1)) if len(seen) else np.zeros((2, 3))
    return {
        "name": plain(clip.name),
        "label": plain(clip.label),
        "fps": clip.fps,
        "frames": frames,
        "bodies": bodies,
        "segments": _segments(clip.segments),
        "people": {body: _segments(segments) for body, segments in clip.people.items() if body < bodies},
        "low": usual[0].tolist(),
        "high": usual[1].tolist(),
        "present": _base64(clip.present.T.astype(np.uint8)),
        "joints": _base64(whole.astype("<i2")),
        "step": step,
        "origin": origin.tolist(),
        "layers": {
            key: {
                "spans": layer.values.shape[1],
                "values": _base64(np.round(255 * (layer.values / (maxima[key] or 1)).clip(0, 1)).astype(np.uint8)),
            }
            for key, layer in clip.layers.items()
        },
    }


def _segments(segments: Sequence[Segment]) -> list[list[Any]]:
    return [[plain(s.label), s.start, s.end, s.probability] for s in segments]


def _head(topology: Topology) -> int | None:
    """Return the joint that labels stand over; ``None`` where no landmark of the head is known."""
    joint_at = {mark: joint for joint, mark in topology.landmarks.items()}
    known = [joint_at[mark] for mark in ("head_top", "head", "nose") if mark in joint_at]
    return topology.joint(known[0]) if known else None


def _size(clips: Sequence[ViewedClip]) -> float:
    """Return the median extent of a body, which scales joints, floor and camera."""
    extents = [np.ptp(clip.joints[clip.present], axis=1).max(axis=1) for clip in clips if clip.present.any()]
    return max(float(np.median(np.concatenate(extents))), 1e-6) if extents else 1.0


def _base64(array: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode("ascii")
