"""Actions: short sequences of named postures, for one person or for two."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from skgraph.datasets.synthetic.limbs import STANDING


@dataclass(frozen=True)
class Step:
    """A step of an action."""

    beats: float  # duration
    moves: tuple[dict[str, str], dict[str, str]]  # limb -> its new posture, of the first and the second person


@dataclass(frozen=True)
class Action:
    """A class of motions, with the fields of `actions.yaml` and `interactions.yaml`."""

    name: str
    begin: list[Step] = field(default_factory=list)
    loop: list[Step] = field(default_factory=list)
    end: list[Step] = field(default_factory=list)
    repeats: tuple[int, int] = (1, 1)
    start: dict[str, str] = field(default_factory=dict)
    gap: float | None = None
    partner_stands: str = "opposite"

    @property
    def steps(self) -> list[Step]:
        """All steps, the loop once."""
        return [*self.begin, *self.loop, *self.end]

    def limbs(self, person: int) -> set[str]:
        """Return the limbs that the first person (0) or the partner (1) needs for the action."""
        return set(self.start if person == 0 else ()).union(*(step.moves[person] for step in self.steps))

    def end_posture(self) -> dict[str, str]:
        """Return limb -> posture of the first person at the end, where it is not standing, as in `start`."""
        end = dict(self.start)
        for step in self.steps:
            end |= step.moves[0]
        return {limb: posture for limb, posture in end.items() if limb != "path" and posture != STANDING[limb]}


@functools.cache
def load_actions(file: str = "actions.yaml") -> list[Action]:
    """Read the actions of a file in the order of their labels."""
    content = yaml.safe_load(Path(__file__).with_name(file).read_text(encoding="utf-8"))
    return [_action(name, **fields) for name, fields in content.items()]


def _action(name: str, start: dict[str, str] | None = None, **fields: Any) -> Action:
    for part in {"begin", "loop", "end"} & set(fields):
        fields[part] = [_step(**step) for step in fields[part]]
    return Action(name, start=_sides(start or {}), **fields)


def _step(
    beats: float, both: dict[str, str] | None = None, partner: dict[str, str] | None = None, **moves: str
) -> Step:
    return Step(beats, (_sides(both or moves), _sides(both or partner or {})))


def _sides(moves: dict[str, str]) -> dict[str, str]:
    """Replace `arms` and `legs` by the limbs of both sides."""
    pairs = {"arms": ("right_arm", "left_arm"), "legs": ("right_leg", "left_leg")}
    return {limb: posture for key, posture in moves.items() for limb in pairs.get(key, (key,))}
