"""The actions: each a short sequence of named postures, for one person or for two who face each other."""

from __future__ import annotations

from dataclasses import dataclass, field

from skgraph.datasets.synthetic.postures import STANDING

# Both arms or both legs under one name.
_PAIRS = {"arms": ("right_arm", "left_arm"), "legs": ("right_leg", "left_leg")}


@dataclass(frozen=True)
class Step:
    """A step of an action: some limbs move to new postures, the others stay.

    Args:
        beats: duration; a beat is 0.28 s at a performer's usual tempo.
        moves: limb -> name of a posture.
        partner: the same for the second person.
    """

    beats: float
    moves: dict[str, str]
    partner: dict[str, str]


@dataclass(frozen=True)
class Action:
    """A class of motions: the steps `begin`, then `loop` some times, then `end`.

    Args:
        name: the class name.
        begin, loop, end: the steps, from standing with hanging arms.
        repeats: smallest and largest number of loops.
        start: limb -> posture of the first person at the beginning, where it is not standing.
        gap: metres between two people, for performers 1.7 m tall; None for an action of one.
    """

    name: str
    begin: tuple[Step, ...] = ()
    loop: tuple[Step, ...] = ()
    end: tuple[Step, ...] = ()
    repeats: tuple[int, int] = (1, 1)
    start: dict[str, str] = field(default_factory=dict)
    gap: float | None = None

    def limbs(self, person: int = 0) -> set[str]:
        """Return the limbs that the first person (0) or the partner (1) needs for the action."""
        steps = (*self.begin, *self.loop, *self.end)
        moves = [step.partner for step in steps] if person else [*(step.moves for step in steps), self.start]
        return {limb for postures in moves for limb in postures}

    def end_posture(self) -> dict[str, str]:
        """Return limb -> posture of the first person at the end, where it is not standing, as in `start`."""
        end = dict(self.start)
        for step in (*self.begin, *self.loop, *self.end):
            end |= step.moves
        return {limb: posture for limb, posture in end.items() if limb != "path" and posture != STANDING[limb]}


def _limbs(moves: dict[str, str]) -> dict[str, str]:
    return {limb: posture for key, posture in moves.items() for limb in _PAIRS.get(key, (key,))}


def _step(beats: float, partner: dict[str, str] | None = None, **moves: str) -> Step:
    return Step(beats, _limbs(moves), _limbs(partner or {}))


def _both(beats: float, **moves: str) -> Step:
    return _step(beats, partner=moves, **moves)


ACTIONS = (
    Action(
        "wave",
        begin=(_step(2, right_arm="wave_in"),),
        loop=(_step(1, right_arm="wave_out"), _step(1, right_arm="wave_in")),
        end=(_step(2, right_arm="hang"),),
        repeats=(1, 4),
    ),
    Action(
        "throw",
        begin=(_step(2, right_arm="cocked", torso="wound"),),
        loop=(_step(1, right_arm="front", torso="unwound"), _step(0.7, right_arm="across")),
        end=(_step(2, right_arm="hang", torso="upright"),),
    ),
    Action(
        "clap",
        begin=(_step(1.5, arms="open"),),
        loop=(_step(0.8, arms="closed"), _step(0.8, arms="open")),
        end=(_step(1.5, arms="hang"),),
        repeats=(2, 5),
    ),
    Action(
        "drink",
        begin=(_step(1.5, right_arm="carry"), _step(1.5, right_arm="mouth")),
        loop=(_step(1.5, head="back"),),
        end=(_step(1.5, right_arm="carry", head="level"), _step(1.5, right_arm="hang")),
    ),
    Action(
        "make a phone call",
        begin=(_step(1.5, right_arm="carry"), _step(1.5, right_arm="ear", head="aside")),
        loop=(_step(3, head="aside"),),
        end=(_step(2, right_arm="hang", head="level"),),
    ),
    Action(
        "point",
        begin=(_step(2, right_arm="front"),),
        loop=(_step(2.5, right_arm="front"),),
        end=(_step(2, right_arm="hang"),),
    ),
    Action(
        "punch",
        begin=(_step(1.5, arms="guard"),),
        loop=(_step(0.7, right_arm="front", torso="unwound"), _step(1, right_arm="guard", torso="upright")),
        end=(_step(1.5, arms="hang"),),
        repeats=(1, 3),
    ),
    Action(
        "kick",
        loop=(
            _step(1.2, right_leg="cocked"),
            _step(0.7, right_leg="kick", torso="arched"),
            _step(1.5, right_leg="stand", torso="upright"),
        ),
        repeats=(1, 2),
    ),
    Action(
        "squat",
        loop=(
            _step(2, legs="squat", torso="rising", arms="reach"),
            _step(2, legs="stand", torso="upright", arms="hang"),
        ),
        repeats=(1, 2),
    ),
    Action(
        "bow",
        begin=(_step(2.2, torso="bowed", head="down"),),
        loop=(_step(1, torso="bowed"),),
        end=(_step(2.2, torso="upright", head="level"),),
    ),
    Action(
        "jump",
        loop=(
            _step(1.2, legs="bent", arms="back", torso="rising"),
            _step(0.8, legs="tiptoe", arms="swing", torso="upright", path="aloft"),
            _step(0.8, legs="bent", path="here"),
            _step(1, legs="stand", arms="hang"),
        ),
        repeats=(1, 3),
    ),
    Action(
        "sit down",
        begin=(_step(1.8, legs="bent", torso="rising"), _step(1.5, legs="sit"), _step(1, torso="upright")),
    ),
    Action(
        "stand up",
        begin=(_step(1, torso="rising"), _step(1.5, legs="bent"), _step(1.8, legs="stand", torso="upright")),
        start=_limbs({"legs": "sit"}),
    ),
    Action(
        "walk in place",
        loop=(
            _step(0.9, right_leg="step", left_arm="swing"),
            _step(0.9, right_leg="stand", left_arm="hang"),
            _step(0.9, left_leg="step", right_arm="swing"),
            _step(0.9, left_leg="stand", right_arm="hang"),
        ),
        repeats=(1, 3),
    ),
    Action(
        "turn around",
        begin=(
            _step(0.9, left_leg="step"),
            _step(0.9, left_leg="stand", path="half_round"),
            _step(0.9, right_leg="step"),
            _step(0.9, right_leg="stand", path="round"),
        ),
    ),
    Action(
        "raise both arms",
        begin=(_step(2.5, arms="up"),),
    ),
    Action(
        "lower both arms",
        begin=(_step(2.5, arms="hang"),),
        start=_limbs({"arms": "up"}),
    ),
    Action(
        "pick up",
        begin=(
            _step(2, torso="stooped", legs="bent", arms="reach"),
            _step(2, torso="upright", legs="stand", arms="carry"),
        ),
    ),
    Action(
        "put down",
        begin=(
            _step(2, torso="stooped", legs="bent", arms="reach"),
            _step(2, torso="upright", legs="stand", arms="hang"),
        ),
        start=_limbs({"arms": "carry"}),
    ),
    Action(
        "put on a hat",
        begin=(_step(2, arms="crown"), _step(1, arms="crown"), _step(2, arms="hang")),
        start=_limbs({"arms": "carry"}),
    ),
    Action(
        "take off a hat",
        begin=(_step(2, arms="crown"), _step(1, arms="crown"), _step(2, arms="carry")),
    ),
    Action(
        "shake hands",
        begin=(_both(2, right_arm="shake_high"),),
        loop=(_both(0.8, right_arm="shake_low"), _both(0.8, right_arm="shake_high")),
        end=(_both(2, right_arm="hang"),),
        repeats=(1, 3),
        gap=0.95,
    ),
    Action(
        "high five",
        begin=(_both(2, right_arm="wave_in"),),
        loop=(_both(1, right_arm="five", torso="pushing"),),
        end=(_both(2, right_arm="hang", torso="upright"),),
        gap=1.0,
    ),
    Action(
        "push",
        begin=(_step(1.5, arms="guard"),),
        loop=(
            _step(1, arms="reach", torso="pushing", partner={"torso": "pushed"}),
            _step(1, arms="guard", torso="upright", partner={"path": "farther", "right_leg": "step"}),
        ),
        end=(_step(1.5, arms="hang", partner={"torso": "upright", "right_leg": "stand"}),),
        gap=0.8,
    ),
    Action(
        "hug",
        begin=(_both(1.5, path="nearer", arms="embrace", right_leg="stride"), _both(0.8, right_leg="stand")),
        loop=(_both(1.5, torso="pushing"),),
        end=(_both(2, path="here", arms="hang", torso="upright"),),
        gap=0.85,
    ),
    Action(
        "give an object",
        begin=(_step(1, right_arm="offer"), _step(1, partner={"right_arm": "offer"})),
        loop=(_step(0.8, partner={"right_arm": "carry"}, right_arm="offer"),),
        end=(_step(1.5, right_arm="hang"),),
        start=_limbs({"right_arm": "carry"}),
        gap=1.05,
    ),
)
