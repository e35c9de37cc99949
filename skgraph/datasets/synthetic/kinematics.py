"""Forward kinematics of the NTU skeleton: joint positions from limb angles."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import yaml

from skgraph.datasets.synthetic.limbs import LIMBS

_MIDDLE_AND_LEFT = yaml.safe_load(Path(__file__).with_name("skeleton.yaml").read_text(encoding="utf-8"))
SKELETON = _MIDDLE_AND_LEFT | {
    joint.replace("Left", "Right"): (parent.replace("Left", "Right"), (-x, y, z), part)
    for joint, (parent, (x, y, z), part) in _MIDDLE_AND_LEFT.items()
    if "Left" in joint
}

# Height of a joint of a foot that stands on the floor, in metres.
_SOLE = {"Ankle": 0.08, "Foot": 0.025}
# Difference in ankle height, in metres, from which the lower foot carries most of the weight and stays fixed.
_WEIGHT_SHIFT = 0.03


def forward_kinematics(pose: dict[str, np.ndarray], scale: dict[str, float]) -> dict[str, np.ndarray]:
    """Compute the joint positions of a performer who stands on the floor and faces z, with y up and x to the left.

    Each joint is carried by its parent: `p[j] = p[parent] + R[j] @ offset[j]` and `R[j] = R[parent] @ local[j]`, with
    local rotations from the limb's angles. Then the lower foot is put on the floor, the foot that carries the weight
    stays fixed, and the whole body is displaced along its path.

    Args:
        pose: limb -> its angles [T, A], as named in `LIMBS`.
        scale: factor on the bone lengths of each of `PARTS`.

    Returns:
        joint name -> positions [T, 3] in metres.
    """
    angle = {name: dict(zip(limb.angles, pose[name].T, strict=True)) for name, limb in LIMBS.items()}
    path, frames = angle["path"], len(pose["path"])
    local = _local_rotations(angle)
    rotation = {"SpineBase": np.broadcast_to(np.eye(3), (frames, 3, 3))}
    joints = {"SpineBase": np.zeros((frames, 3))}
    for joint, (parent, offset, part) in SKELETON.items():
        if parent is None:
            continue
        rotation[joint] = rotation[parent] @ local[joint] if joint in local else rotation[parent]
        if "Foot" in joint:  # level with the floor, whatever the leg does
            rotation[joint] = local[joint]
        joints[joint] = joints[parent] + rotation[joint] @ (np.array(offset) * scale[part])
    root = _pelvis(joints)
    root[:, 1] += path["up"]
    heading = _about("y", path["turn"])
    drift = np.stack([path["left"], np.zeros(frames), path["forward"]], axis=-1)
    return {joint: np.einsum("tij,tj->ti", heading, at + root) + drift for joint, at in joints.items()}


def _local_rotations(angle: dict[str, dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Return joint -> rotation of its bone relative to the parent's, [T, 3, 3]."""
    torso, head = angle["torso"], angle["head"]
    local = {
        "SpineMid": _about("y", torso["twist"]) @ _about("x", torso["lean"]) @ _about("z", -torso["side"]),
        "SpineShoulder": _about("x", torso["curl"]),
        "Neck": _about("x", head["nod"] / 2) @ _about("y", head["shake"] / 2),
        "Head": _about("x", head["nod"] / 2) @ _about("y", head["shake"] / 2),
    }
    for side, sign in (("Left", 1), ("Right", -1)):
        arm, leg = angle[f"{side.lower()}_arm"], angle[f"{side.lower()}_leg"]
        plane = 90 - arm["plane"]
        local |= {
            f"Elbow{side}": (
                _about("y", sign * plane) @ _about("x", -arm["raise"]) @ _about("y", -sign * (plane + arm["roll"]))
            ),
            f"Wrist{side}": _about("x", -arm["elbow"]),
            f"Hand{side}": _about("x", -arm["wrist"]),
            f"Knee{side}": _about("x", -leg["hip"]) @ _about("z", sign * leg["spread"]),
            f"Ankle{side}": _about("x", leg["knee"]),
            f"Foot{side}": _about("x", leg["toe"]),
        }
    return local


def _about(axis: str, degrees: np.ndarray) -> np.ndarray:
    """Return right-handed rotations about a coordinate axis, [T, 3, 3]."""
    first, second = {"x": (1, 2), "y": (2, 0), "z": (0, 1)}[axis]
    radians = np.deg2rad(degrees)
    matrix = np.broadcast_to(np.eye(3), (*radians.shape, 3, 3)).copy()
    matrix[..., first, first] = matrix[..., second, second] = np.cos(radians)
    matrix[..., second, first] = np.sin(radians)
    matrix[..., first, second] = -matrix[..., second, first]
    return matrix


def _pelvis(joints: dict[str, np.ndarray]) -> np.ndarray:
    """Compute the pelvis position [T, 3]: the lower foot on the floor, the ankle that carries the weight fixed."""
    soles = [joints[f"{joint}{side}"][:, 1] - height for joint, height in _SOLE.items() for side in ("Left", "Right")]
    ankles = np.stack([joints["AnkleLeft"], joints["AnkleRight"]])
    rest = np.stack([joints["HipLeft"], joints["HipRight"]])
    left = 1 / (1 + np.exp((ankles[0, :, 1] - ankles[1, :, 1]) / _WEIGHT_SHIFT))
    weight = np.stack([left, 1 - left])[..., None]
    root = (weight * (rest - ankles)).sum(axis=0)
    root[:, 1] = -np.min(soles, axis=0)
    return root
