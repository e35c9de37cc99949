"""What of a survey somebody should look at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from skgraph._internal.text import count, few, plain, share, worst
from skgraph.datasets.preparation.units import PLAUSIBLE_HEIGHT
from skgraph.inspection.bodies import STRETCHED
from skgraph.inspection.survey import Survey

EMPTY = 0.2
UNSEEN = 0.2
SHORT_SECONDS = 0.3


@dataclass(frozen=True)
class Problem:
    """Something to look at.

    Args:
        text: what it is.
        where: names of clips or joints, the first or the worst of them.
    """

    text: str
    where: str = ""

    def __str__(self) -> str:
        return f"{self.text}: {self.where}" if self.where else self.text


def problems(survey: Survey) -> list[Problem]:
    """What may be wrong with a store, what spoils an evaluation first. None of it is an error: the data may be so."""
    return [*_broken(survey), *_splits(survey), *_duplicates(survey), *_tracking(survey), *_clips(survey)]


def _broken(survey: Survey) -> Iterator[Problem]:
    missing = survey.missing
    if missing.damaged:
        what = count(missing.damaged, "joint")
        yield Problem(f"{what} not finite, in frames that no other figure counts", worst(missing.damaged_at))
    heights = survey.bodies.heights
    if survey.unit == "m" and len(heights):
        low, high = PLAUSIBLE_HEIGHT
        median = float(np.median(heights))
        odd = int(((heights < low) | (heights > high)).sum())
        if not low <= median <= high:
            yield Problem(f"bodies are {median:.3g} m tall (median), people {low:g} to {high:g} m: a wrong unit?")
        elif odd:
            ends = [survey.bodies.smallest, survey.bodies.largest]
            where = [f"{place} {place.value:.3g} m" for place in ends if place and not low <= place.value <= high]
            yield Problem(f"{count(odd, 'body')} not of {low:g} to {high:g} m, as people are", few(where))


def _splits(survey: Survey) -> Iterator[Problem]:
    labels, duplicates = survey.labels, survey.duplicates
    distance = _distance(survey)
    for leak in duplicates.leaks:
        split = f"split {plain(leak.split)}"
        if leak.exact:
            what = count(len(leak.exact), "test clip")
            yield Problem(f"{split}: {what} with the same frames as a training clip", few(leak.exact))
        if leak.near:
            what = count(len(leak.near), "test clip")
            yield Problem(f"{split}: {what} with the motion of a training clip, within {distance}", few(leak.near))
    for split in labels.splits:
        for part, word in (("train", "training"), ("test", "test")):
            if len(absent := split.absent(part)):
                names = [labels.class_names[label] for label in absent]
                what = count(len(names), "class")
                yield Problem(f"split {plain(split.name)}: {what} without {word} {labels.what}", few(names))
        # A split by camera has all people on both sides, and is meant to.
        if split.shared.get("subject") and all(split.shared.values()):
            people = count(len(split.shared["subject"]), "subject")
            yield Problem(f"split {plain(split.name)}: {people} in both parts", few(split.shared["subject"]))
    if len(unused := np.flatnonzero(labels.classes == 0)):
        what = count(len(unused), "class")
        yield Problem(f"{what} without any {labels.what}", few([labels.class_names[label] for label in unused]))


def _duplicates(survey: Survey) -> Iterator[Problem]:
    found, distance = survey.duplicates, _distance(survey)
    if found.relabelled:
        what = count(len(found.relabelled), "group")
        yield Problem(f"{what} of clips with the same frames and different labels", _groups(found.relabelled))
    if found.exact:
        clips = sum(map(len, found.exact))
        yield Problem(f"{clips} clips in {count(len(found.exact), 'group')} of the same frames", _groups(found.exact))
    if found.near:
        clips = sum(map(len, found.near))
        what = count(len(found.near), "group")
        yield Problem(f"{clips} clips in {what} of the same motion, within {distance}", _groups(found.near))
    if found.doubled:
        what = count(len(found.doubled), "clip")
        yield Problem(f"{what} with two bodies that move alike, within {distance}", few(found.doubled))


def _tracking(survey: Survey) -> Iterator[Problem]:
    jumps, bodies, missing, joints = survey.jumps, survey.bodies, survey.missing, survey.store.topology.joints
    if jumps.count:
        where = [f"{place} {place.value:.2g} {jumps.unit}" for place in jumps.largest]
        what = f"{count(jumps.count, 'jump')} over {jumps.limit:g} {jumps.unit}, in {count(jumps.clips, 'clip')}"
        yield Problem(f"{what}, the farthest", worst(where))
    if bodies.stretched:
        where = [f"{place} {place.value:.0%}" for place in bodies.worst if place.value > STRETCHED]
        what = count(bodies.stretched, "body")
        yield Problem(f"{what} with a bone whose length varies by more than {STRETCHED:.0%}", worst(where))
    if missing.repeated_at:
        where = [f"{place} {place.value:.1f} s" for place in missing.repeated_at]
        yield Problem(f"whole bodies at rest to the last digit, {share(missing.repeated)} of the frames", worst(where))
    if missing.frozen_at:
        where = [f"{place} {place.value:.1f} s" for place in missing.frozen_at]
        what = f"joints at rest to the last digit for {missing.frozen_seconds:g} s and longer"
        yield Problem(f"{what}, at most {share(float(missing.frozen.max()))} of the frames of a joint", worst(where))
    if missing.pairs:
        where = [f"{pair} {share(part)}" for pair, part in missing.pairs.items()]
        what = f"{count(len(where), 'pair')} of joints at exactly the same place in some frames"
        yield Problem(what, f"{few(where)}; in {worst(missing.pairs_in)}")
    sometimes = np.flatnonzero((missing.origin > 0) & (missing.origin < 1))
    unseen = np.flatnonzero(missing.unseen > UNSEEN) if missing.unseen is not None else []
    for what, parts, those, clips in (
        ("exactly at the origin in some frames", missing.origin, sometimes, missing.origin_in),
        (f"not seen in more than {UNSEEN:.0%} of the frames", missing.unseen, unseen, []),
    ):
        if len(those):
            where = [f"{joints[joint]} {share(float(parts[joint]))}" for joint in those[np.argsort(-parts[those])]]
            yield Problem(
                f"{count(len(those), 'joint')} {what}", few(where) + (f"; in {worst(clips)}" if clips else "")
            )


def _clips(survey: Survey) -> Iterator[Problem]:
    presence = survey.presence
    empty = [place for place in presence.emptiest if place.value > EMPTY]
    if empty:
        where = [f"{place} {place.value:.0%}" for place in empty]
        yield Problem(f"clips with nobody in more than {EMPTY:.0%} of their frames", worst(where))
    short = int((presence.seconds < SHORT_SECONDS).sum())
    if short:
        where = f"the shortest {plain(presence.shortest)}, {count(int(presence.shortest.value), 'frame')}"
        yield Problem(f"{count(short, 'clip')} shorter than {SHORT_SECONDS:g} s", where)


def _groups(groups: Sequence[Sequence[str]]) -> str:
    return few([" = ".join(plain(name) for name in group[:3]) + (" = ..." if group[3:] else "") for group in groups])


def _distance(survey: Survey) -> str:
    tolerance = survey.duplicates.tolerance
    return f"{1000 * tolerance:g} mm" if survey.unit == "m" else f"{tolerance:.3g} {survey.unit}"
