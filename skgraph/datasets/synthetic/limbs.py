"""Limbs: their angles, the named postures of which actions consist, and how these vary.

Angles are anatomical and in degrees, displacements in metres. The shoulder follows the recommendation of the
International Society of Biomechanics (Wu et al., J. Biomech. 2005): the plane in which the upper arm is raised, how
far, and its roll about itself. Postures are those of a right-handed performer.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limb:
    """A group of angles that move together.

    Args:
        angles: names of the angles [A].
        habit: standard deviations [A] of a person's offset from all postures.
        aim: standard deviations [A] of the offset from a posture in one performance.
        sway: standard deviations [A] of the idle sway.
        postures: name -> angles [A]; the first is that of a standing person.
    """

    angles: tuple[str, ...]
    habit: tuple[float, ...]
    aim: tuple[float, ...]
    sway: tuple[float, ...]
    postures: dict[str, tuple[float, ...]]


# plane: 0 raises sideways, 90 forward; raise: 0 hangs, 180 points up; roll turns the forearm inward; then two bends
_ARM = Limb(
    angles=("plane", "raise", "roll", "elbow", "wrist"),
    habit=(14, 6, 11, 11, 6),
    aim=(11, 9, 11, 11, 8),
    sway=(5, 3, 5, 5, 4),
    postures={
        "hang": (45, 10, 0, 15, 0),
        "hip": (-16, 55, 70, 100, 10),
        "belly": (40, 40, 72, 105, 0),
        "pocket": (10, 18, 30, 40, 0),
        "back": (-60, 25, 60, 30, 0),
        "swing": (85, 30, 10, 25, 0),
        "mouth": (90, 70, 35, 122, 0),
        "ear": (60, 90, -10, 135, 0),
        "wave_in": (10, 95, -80, 110, 0),
        "wave_out": (5, 95, -80, 55, 0),
        "cocked": (-10, 95, -85, 100, -20),
        "front": (85, 90, 0, 5, 0),
        "across": (105, 50, 25, 20, 25),
        "guard": (70, 35, 25, 125, 0),
        "open": (20, 65, 20, 90, 0),
        "closed": (70, 50, 42, 88, 0),
        "up": (60, 165, 0, 12, 0),
        "crown": (60, 118, -10, 98, 10),
        "reach": (85, 85, 0, 10, 0),
        "carry": (78, 12, 5, 95, 0),
        "shake_high": (92, 47, 15, 58, 0),
        "shake_low": (95, 28, 18, 54, 0),
        "five": (95, 125, 0, 15, -15),
        "embrace": (65, 85, 55, 75, 10),
        "offer": (90, 50, 12, 50, 10),
    },
)
# forward lean from the pelvis, sideways lean and twist to the left, forward bend of the upper spine
_TORSO = Limb(
    angles=("lean", "side", "twist", "curl"),
    habit=(4, 3, 7, 3),
    aim=(4, 3, 6, 4),
    sway=(3, 2, 7, 2),
    postures={
        "upright": (0, 0, 0, 0),
        "bowed": (50, 0, 0, 15),
        "stooped": (55, 0, 5, 25),
        "wound": (-6, -4, -28, 0),
        "unwound": (16, 4, 22, 6),
        "rising": (32, 0, 0, 8),
        "pushing": (14, 0, 0, 4),
        "pushed": (-16, 0, 0, -6),
        "arched": (-8, 0, 0, -4),
    },
)
_HEAD = Limb(
    angles=("nod", "shake"),
    habit=(5, 4),
    aim=(4, 6),
    sway=(4, 8),
    postures={"level": (0, 0), "down": (22, 0), "back": (-22, 0), "aside": (6, -14)},
)
# hip and knee bend, spread outward, pitch of the toes below the horizontal
_LEG = Limb(
    angles=("hip", "spread", "knee", "toe"),
    habit=(1.5, 1.5, 2, 1),
    aim=(5, 4, 6, 2),
    sway=(0.4, 0.4, 0.6, 0),
    postures={
        "stand": (0, 4, 0, 0),
        "step": (42, 4, 65, 25),
        "bent": (42, 8, 60, 0),
        "squat": (100, 18, 120, 0),
        "sit": (84, 8, 88, 0),
        "cocked": (62, 6, 95, 25),
        "kick": (72, 4, 12, 15),
        "stride": (22, 4, 10, 0),
        "tiptoe": (0, 4, 0, 35),
    },
)
# of the whole body over the floor: metres forward, left and up, turn to the left
_PATH = Limb(
    angles=("forward", "left", "up", "turn"),
    habit=(0, 0, 0, 0),
    aim=(0, 0, 0, 0),
    sway=(0, 0, 0, 5),
    postures={
        "here": (0, 0, 0, 0),
        "aloft": (0, 0, 0.28, 0),
        "nearer": (0.22, 0, 0, 0),
        "farther": (-0.25, 0, 0, 0),
        "half_round": (0, 0, 0, 90),
        "round": (0, 0, 0, 180),
    },
)

LIMBS = {
    "right_arm": _ARM,
    "left_arm": _ARM,
    "torso": _TORSO,
    "head": _HEAD,
    "right_leg": _LEG,
    "left_leg": _LEG,
    "path": _PATH,
}
STANDING = {name: next(iter(limb.postures)) for name, limb in LIMBS.items()}
# Postures of an arm without a task, and their probabilities.
IDLE_ARM = {"hang": 0.5, "hip": 0.14, "belly": 0.16, "pocket": 0.12, "back": 0.08}
