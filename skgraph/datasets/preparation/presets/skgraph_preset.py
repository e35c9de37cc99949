"""The preset `skgraph`: bodies at the times and distances that the sensor recorded."""

from __future__ import annotations

import numpy as np

from skgraph.datasets.formats.kinect_recording import Recording, Track
from skgraph.datasets.preparation.presets.body_selection import ranked_by_motion, without_spurious
from skgraph.datasets.raw_dataset import NO_FRAMES, NOBODY, RawClip

# A person who is tracked again under another id appears within 0.4 m of the last position, or has walked at 1.5 m/s.
_NEAR, _WALK, _FPS = 0.4, 1.5, 30.0
_CENTRE = 1  # SpineMid
_MOST_BODIES = 2


def skgraph_preset(recording: Recording) -> RawClip:
    """Keep two bodies at their own times and distances.

    Tracks that continue one another become one body. Spurious bodies are dropped (`without_spurious`), and of the
    others the two that move most are kept. The clip runs from the first frame with a body to the last; a body that
    leaves and returns stays at its own times. The first body's SpineMid in its first frame is the origin of all;
    nothing is rotated or scaled.

    Returns:
        Joints in metres, with the tracker's confidence; or an excluded clip, if nobody is in it.
    """
    tracks = ranked_by_motion(without_spurious(_continued(recording.tracks)))[:_MOST_BODIES]
    if not tracks:
        return RawClip.left_out(NOBODY if recording.frames else NO_FRAMES)
    first = min(int(track.frame[0]) for track in tracks)
    frames = max(int(track.frame[-1]) for track in tracks) + 1 - first
    num_joints = tracks[0].joints.shape[1]
    joints = np.zeros((len(tracks), frames, num_joints, 3), np.float32)
    confidence = np.zeros(joints.shape[:-1], np.float32)
    frame_mask = np.zeros(joints.shape[:2], bool)
    for body, track in enumerate(tracks):
        rows = body, track.frame - first
        joints[rows] = track.joints - tracks[0].joints[0, _CENTRE]
        confidence[rows], frame_mask[rows] = track.confidence, True
    return RawClip(joints, frame_mask, confidence)


def _continued(tracks: list[Track]) -> list[Track]:
    """Join each track to the nearest one that ended before it starts, if near enough."""
    bodies: list[list[Track]] = []
    ends, positions = np.zeros(len(tracks), np.int64), np.zeros((len(tracks), 3))  # the last of each body
    for track in sorted(tracks, key=lambda track: int(track.frame[0])):
        gap = track.frame[0] - ends[: len(bodies)]
        distance = np.linalg.norm(positions[: len(bodies)] - track.joints[0, _CENTRE], axis=1)
        distance[(gap <= 0) | ~(distance <= _NEAR + _WALK * (gap - 1) / _FPS)] = np.inf
        nearest = int(np.argmin(distance)) if np.isfinite(distance).any() else len(bodies)
        if nearest == len(bodies):
            bodies.append([])
        bodies[nearest].append(track)
        ends[nearest], positions[nearest] = track.frame[-1], track.joints[-1, _CENTRE]
    return [Track.join(body) if len(body) > 1 else body[0] for body in bodies]
