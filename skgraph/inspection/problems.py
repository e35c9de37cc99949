"""Problems of a dataset, found in its survey."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from skgraph._internal.text import count, few, plain, share, worst
from skgraph.datasets.preparation.units import PLAUSIBLE_HEIGHT
from skgraph.inspection.bodies import STRETCHED
from skgraph.inspection.location import Location
from skgraph.inspection.survey import Survey

EMPTY = 0.2
UNSEEN = 0.2
SHORT_SECONDS = 0.3


@dataclass(frozen=True)
class Problem:
    """A problem, with the first or worst clips or joints."""

    text: str
    where: str = ""

    def __str__(self) -> str:
        return f"{self.text}: {self.where}" if self.where else self.text


def find_problems(survey: Survey) -> list[Problem]:
    """Return the problems of a store, those that spoil an evaluation first.

    No problem is an error: the data may be as intended.
    """
    return [*_broken(survey), *_splits(survey), *_duplicates(survey), *_tracking(survey), *_clips(survey)]


def _broken(survey: Survey) -> Iterator[Problem]:
    missing, bodies = survey.missing, survey.bodies
    what = "not finite, in frames that no other statistic counts"
    yield from _counted(missing.damaged, "joint", what, worst(missing.damaged_at))
    if survey.unit == "m" and len(bodies.heights):
        low, high = PLAUSIBLE_HEIGHT
        median = float(np.median(bodies.heights))
        if low <= median <= high:
            odd = (bodies.heights < low) | (bodies.heights > high)
            ends = [end for end in (bodies.smallest, bodies.largest) if end and not low <= end.value <= high]
            what = f"not of {low:g} to {high:g} m, as people are"
            yield from _counted(odd.sum(), "body", what, _at(ends, "{:.3g} m"))
        else:
            yield Problem(f"bodies are {median:.3g} m tall (median), people {low:g} to {high:g} m: a wrong unit?")


def _splits(survey: Survey) -> Iterator[Problem]:
    labels = survey.labels
    for leak in survey.duplicates.leaks:
        near = f"with the motion of a training clip, within {_tolerance(survey)}"
        for clips, what in ((leak.exact, "with the same frames as a training clip"), (leak.near, near)):
            yield from _counted(len(clips), "test clip", what, few(clips), f"split {plain(leak.split)}: ")
    for split in labels.splits:
        name = f"split {plain(split.name)}: "
        if not split.test:
            continue
        train, test = split.train_classes > 0, split.test_classes > 0
        for side, absent in (("training", test & ~train), ("test", train & ~test)):
            what = f"without {side} {labels.what}"
            yield from _counted(absent.sum(), "class", what, _class_names(survey, absent), name)
        # A split by camera or setup shares subjects by design, and has another key that is not shared.
        if all(split.shared.values()):
            people = split.shared.get("subject", [])
            yield from _counted(len(people), "subject", "in training and test clips", few(people), name)
    unused = labels.classes == 0
    yield from _counted(unused.sum(), "class", f"without any {labels.what}", _class_names(survey, unused))


def _duplicates(survey: Survey) -> Iterator[Problem]:
    found, tolerance = survey.duplicates, _tolerance(survey)
    what = "of clips with the same frames and different labels"
    yield from _counted(len(found.relabelled), "group", what, _groups(found.relabelled))
    for groups, what in ((found.exact, "frames"), (found.near, f"motion, within {tolerance}")):
        clips = f"{sum(map(len, groups))} clips in "
        yield from _counted(len(groups), "group", f"of the same {what}", _groups(groups), clips)
    what = f"with two bodies that move alike, within {tolerance}"
    yield from _counted(len(found.doubled), "clip", what, few(found.doubled))


def _tracking(survey: Survey) -> Iterator[Problem]:
    jumps, bodies, missing = survey.jumps, survey.bodies, survey.missing
    what = f"over {jumps.limit:g} {jumps.unit}, in {count(jumps.clips, 'clip')}, the largest"
    yield from _counted(jumps.count, "jump", what, _at(jumps.largest, f"{{:.2g}} {jumps.unit}"))
    stretched = [bone for bone in bodies.worst if bone.value > STRETCHED]
    what = f"with a bone whose length varies by more than {STRETCHED:.0%}"
    yield from _counted(bodies.stretched, "body", what, _at(stretched, "{:.0%}"))
    if missing.repeated_at:
        what = f"whole bodies at rest to the last digit, {share(missing.repeated)} of the frames"
        yield Problem(what, _at(missing.repeated_at, "{:.1f} s"))
    if missing.frozen_at:
        what = f"joints at rest to the last digit for {missing.frozen_seconds:g} s and longer"
        most = share(float(missing.frozen.max()))
        yield Problem(f"{what}, at most {most} of the frames of a joint", _at(missing.frozen_at, "{:.1f} s"))
    pairs = few([f"{pair} {share(fraction)}" for pair, fraction in missing.pairs.items()])
    what = "of joints with exactly the same coordinates in some frames"
    yield from _counted(len(missing.pairs), "pair", what, f"{pairs}; in {worst(missing.pairs_in)}")
    sometimes = (missing.origin > 0) & (missing.origin < 1)
    where = f"{_joints(survey, missing.origin, sometimes)}; in {worst(missing.origin_in)}"
    yield from _counted(sometimes.sum(), "joint", "exactly at the origin in some frames", where)
    if missing.unseen is not None:
        unseen = missing.unseen > UNSEEN
        what = f"not seen in more than {UNSEEN:.0%} of the frames"
        yield from _counted(unseen.sum(), "joint", what, _joints(survey, missing.unseen, unseen))


def _clips(survey: Survey) -> Iterator[Problem]:
    presence = survey.presence
    if empty := [clip for clip in presence.emptiest if clip.value > EMPTY]:
        yield Problem(f"clips with nobody in more than {EMPTY:.0%} of their frames", _at(empty, "{:.0%}"))
    where = f"the shortest {plain(presence.shortest)}, {count(int(presence.shortest.value), 'frame')}"
    short = (presence.seconds < SHORT_SECONDS).sum()
    yield from _counted(short, "clip", f"shorter than {SHORT_SECONDS:g} s", where)


def _counted(number: int | np.integer, noun: str, text: str, where: str, before: str = "") -> list[Problem]:
    """Return a problem with its count, or none if the count is 0."""
    return [Problem(f"{before}{count(int(number), noun)} {text}", where)] if number else []


def _at(locations: Sequence[Location], value: str) -> str:
    """Format locations with their values."""
    return worst([f"{location} {value.format(location.value)}" for location in locations])


def _joints(survey: Survey, shares: np.ndarray, chosen: np.ndarray) -> str:
    """Format chosen joints with their shares, the largest first."""
    order = np.flatnonzero(chosen)[np.argsort(-shares[chosen])]
    return few([f"{survey.store.topology.joints[joint]} {share(float(shares[joint]))}" for joint in order])


def _class_names(survey: Survey, chosen: np.ndarray) -> str:
    return few([survey.labels.class_names[label] for label in np.flatnonzero(chosen)])


def _groups(groups: Sequence[Sequence[str]]) -> str:
    return few([" = ".join(plain(name) for name in group[:3]) + (" = ..." if group[3:] else "") for group in groups])


def _tolerance(survey: Survey) -> str:
    tolerance = survey.duplicates.tolerance
    return f"{1000 * tolerance:g} mm" if survey.unit == "m" else f"{tolerance:.3g} {survey.unit}"
