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
    """A problem, and the first or worst clips or joints that have it."""

    text: str
    where: str = ""

    def __str__(self) -> str:
        return f"{self.text}: {self.where}" if self.where else self.text


def find_problems(survey: Survey) -> list[Problem]:
    """Return what may be wrong with a store, first what spoils an evaluation.

    None of it is an error: the data may be meant so.
    """
    return [*_broken(survey), *_splits(survey), *_duplicates(survey), *_tracking(survey), *_clips(survey)]


def _broken(survey: Survey) -> Iterator[Problem]:
    missing, bodies = survey.missing, survey.bodies
    if missing.damaged:
        what = count(missing.damaged, "joint")
        yield Problem(f"{what} not finite, in frames that no other statistic counts", worst(missing.damaged_at))
    if survey.unit == "m" and len(bodies.heights):
        low, high = PLAUSIBLE_HEIGHT
        median = float(np.median(bodies.heights))
        odd = int(((bodies.heights < low) | (bodies.heights > high)).sum())
        if not low <= median <= high:
            yield Problem(f"bodies are {median:.3g} m tall (median), people {low:g} to {high:g} m: a wrong unit?")
        elif odd:
            ends = [end for end in (bodies.smallest, bodies.largest) if not low <= end.value <= high]
            yield Problem(f"{count(odd, 'body')} not of {low:g} to {high:g} m, as people are", _at(ends, "{:.3g} m"))


def _splits(survey: Survey) -> Iterator[Problem]:
    labels = survey.labels
    for leak in survey.duplicates.leaks:
        for clips, what in (
            (leak.exact, "the same frames as a training clip"),
            (leak.near, f"the motion of a training clip, within {_tolerance(survey)}"),
        ):
            if clips:
                yield Problem(f"split {plain(leak.split)}: {count(len(clips), 'test clip')} with {what}", few(clips))
    for split in labels.splits:
        name = f"split {plain(split.name)}"
        train, test = split.train_classes > 0, split.test_classes > 0
        for side, absent in (("training", test & ~train), ("test", train & ~test)):
            if absent.any():
                what = count(int(absent.sum()), "class")
                yield Problem(f"{name}: {what} without {side} {labels.what}", _class_names(survey, absent))
        # A split by camera or setup shares subjects by design, and has another key that is not shared.
        if split.shared.get("subject") and all(split.shared.values()):
            people = count(len(split.shared["subject"]), "subject")
            yield Problem(f"{name}: {people} in training and test clips", few(split.shared["subject"]))
    if (unused := labels.classes == 0).any():
        what = count(int(unused.sum()), "class")
        yield Problem(f"{what} without any {labels.what}", _class_names(survey, unused))


def _duplicates(survey: Survey) -> Iterator[Problem]:
    found = survey.duplicates
    if found.relabelled:
        what = count(len(found.relabelled), "group")
        yield Problem(f"{what} of clips with the same frames and different labels", _groups(found.relabelled))
    for groups, what in ((found.exact, "frames"), (found.near, f"motion, within {_tolerance(survey)}")):
        if groups:
            clips = sum(map(len, groups))
            yield Problem(f"{clips} clips in {count(len(groups), 'group')} of the same {what}", _groups(groups))
    if found.doubled:
        what = count(len(found.doubled), "clip")
        yield Problem(f"{what} with two bodies that move alike, within {_tolerance(survey)}", few(found.doubled))


def _tracking(survey: Survey) -> Iterator[Problem]:
    jumps, bodies, missing = survey.jumps, survey.bodies, survey.missing
    if jumps.count:
        what = f"{count(jumps.count, 'jump')} over {jumps.limit:g} {jumps.unit}, in {count(jumps.clips, 'clip')}"
        yield Problem(f"{what}, the largest", _at(jumps.largest, f"{{:.2g}} {jumps.unit}"))
    if bodies.stretched:
        what = f"{count(bodies.stretched, 'body')} with a bone whose length varies by more than {STRETCHED:.0%}"
        yield Problem(what, _at([bone for bone in bodies.worst if bone.value > STRETCHED], "{:.0%}"))
    if missing.repeated_at:
        what = f"whole bodies at rest to the last digit, {share(missing.repeated)} of the frames"
        yield Problem(what, _at(missing.repeated_at, "{:.1f} s"))
    if missing.frozen_at:
        what = f"joints at rest to the last digit for {missing.frozen_seconds:g} s and longer"
        most = share(float(missing.frozen.max()))
        yield Problem(f"{what}, at most {most} of the frames of a joint", _at(missing.frozen_at, "{:.1f} s"))
    if missing.pairs:
        pairs = few([f"{pair} {share(part)}" for pair, part in missing.pairs.items()])
        what = f"{count(len(missing.pairs), 'pair')} of joints with exactly the same coordinates in some frames"
        yield Problem(what, f"{pairs}; in {worst(missing.pairs_in)}")
    sometimes = (missing.origin > 0) & (missing.origin < 1)
    if sometimes.any():
        what = f"{count(int(sometimes.sum()), 'joint')} exactly at the origin in some frames"
        yield Problem(what, f"{_joints(survey, missing.origin, sometimes)}; in {worst(missing.origin_in)}")
    if missing.unseen is not None and (unseen := missing.unseen > UNSEEN).any():
        what = f"{count(int(unseen.sum()), 'joint')} not seen in more than {UNSEEN:.0%} of the frames"
        yield Problem(what, _joints(survey, missing.unseen, unseen))


def _clips(survey: Survey) -> Iterator[Problem]:
    presence = survey.presence
    if empty := [clip for clip in presence.emptiest if clip.value > EMPTY]:
        yield Problem(f"clips with nobody in more than {EMPTY:.0%} of their frames", _at(empty, "{:.0%}"))
    if short := int((presence.seconds < SHORT_SECONDS).sum()):
        where = f"the shortest {plain(presence.shortest)}, {count(int(presence.shortest.value), 'frame')}"
        yield Problem(f"{count(short, 'clip')} shorter than {SHORT_SECONDS:g} s", where)


def _at(locations: Sequence[Location], value: str) -> str:
    """Locations with their values in a format."""
    return worst([f"{location} {value.format(location.value)}" for location in locations])


def _joints(survey: Survey, shares: np.ndarray, chosen: np.ndarray) -> str:
    """Chosen joints with their shares, the largest first."""
    order = np.flatnonzero(chosen)[np.argsort(-shares[chosen])]
    return few([f"{survey.store.topology.joints[joint]} {share(float(shares[joint]))}" for joint in order])


def _class_names(survey: Survey, chosen: np.ndarray) -> str:
    return few([survey.labels.class_names[label] for label in np.flatnonzero(chosen)])


def _groups(groups: Sequence[Sequence[str]]) -> str:
    return few([" = ".join(plain(name) for name in group[:3]) + (" = ..." if group[3:] else "") for group in groups])


def _tolerance(survey: Survey) -> str:
    tolerance = survey.duplicates.tolerance
    return f"{1000 * tolerance:g} mm" if survey.unit == "m" else f"{tolerance:.3g} {survey.unit}"
