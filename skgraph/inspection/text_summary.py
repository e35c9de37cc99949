"""A survey as text for a terminal."""

from __future__ import annotations

import functools
import textwrap
from collections.abc import Sequence

import numpy as np

from skgraph._internal.text import count, few, plain, share
from skgraph.inspection.labels import LabelStatistics, SplitStatistics
from skgraph.inspection.missing import MissingStatistics
from skgraph.inspection.presence import PresenceStatistics
from skgraph.inspection.problems import Problem
from skgraph.inspection.survey import Survey

_WIDTH = 110


def _excluded(excluded: dict[str, str]) -> str:
    """Count the clips that were left out by reason, with the first names of each."""
    reasons: dict[str, list[str]] = {}
    for name, reason in excluded.items():
        reasons.setdefault(reason.partition(": ")[0], []).append(name)
    return "; ".join(f"{len(names)} {plain(reason)} ({few(names)})" for reason, names in reasons.items())


def summarise(survey: Survey) -> dict[str, str]:
    """Describe the statistics in words, by topic."""
    store, topology, presence, labels = survey.store, survey.store.topology, survey.presence, survey.labels
    jumps, duplicates = survey.jumps, survey.duplicates
    bodies = ", ".join(f"{i} in {count(clips, 'clip')}" for i, clips in enumerate(presence.bodies, start=1) if clips)
    unit = "" if topology.dim == 3 and survey.unit == "m" else f"; unit {plain(survey.unit)}"
    minutes = presence.seconds.sum() / 60
    return {
        "clips": f"{store.num_clips}, {presence.frames} frames, {minutes:.1f} min at {survey.fps:g} frames a second",
        **({"left out": _excluded(store.excluded)} if store.excluded else {}),
        "source": plain(store.meta.get("source") or "unknown", 1000),
        "preprocessing": plain(store.meta.get("preprocessing") or "none", 1000),
        "skeleton": f"{plain(topology.name)}, {count(topology.num_joints, 'joint')}, {topology.dim}D{unit}",
        "classes": _classes(labels),
        **{f"{key}s": _ids(counts) for key, counts in labels.ids.items()},
        **{f"split {plain(split.name)}": _split(split, labels.what) for split in labels.splits},
        "bodies": bodies if presence.bodies[1:] else "1 in every clip",
        "length": _length(presence),
        "absent": _absent(presence),
        "body height": _size(survey),
        "bones": _bones(survey),
        "jumps": f"{jumps.count} of joints over {jumps.limit:g} {jumps.unit} in a frame, in "
        f"{count(jumps.clips, 'clip')}",
        "joints": _joints(survey.missing, topology.joints),
        "duplicates": f"{sum(map(len, duplicates.exact))} clips with the same frames as another, "
        f"{sum(map(len, duplicates.near))} with the same motion",
    }


def format_survey(survey: Survey, problems: Sequence[Problem], colour: bool = False) -> str:
    """Return the statistics and the problems, a line each; ``colour`` marks problems in red."""
    rows = summarise(survey)
    width = max(len(key) for key in rows) + 2
    fill = functools.partial(textwrap.fill, width=_WIDTH, break_long_words=False, break_on_hyphens=False)
    lines = [fill(text, initial_indent=key.ljust(width), subsequent_indent=" " * width) for key, text in rows.items()]
    red, normal = ("\033[31;1m", "\033[0m") if colour else ("", "")
    lines.append(f"\n{count(len(problems), 'problem')} to look at" if problems else "\nno problem was found")
    lines += [f"{red}!{normal} " + fill(str(problem), subsequent_indent="  ") for problem in problems]
    return "\n".join(lines)


def _range(low: int, high: int) -> str:
    return f"{low}" if low == high else f"{low} to {high}"


def _classes(labels: LabelStatistics) -> str:
    counts, names = labels.classes, labels.class_names
    fewest, most = int(counts.argmin()), int(counts.argmax())
    if counts[fewest] == counts[most]:
        return f"{len(counts)}, of {counts[most]} {labels.what} each"
    return (
        f"{len(counts)}, of {counts[fewest]} ({plain(names[fewest])}) to {counts[most]} ({plain(names[most])}) "
        f"{labels.what}, median {np.median(counts):g}"
    )


def _ids(counts: dict[int, int]) -> str:
    known = [clips for key, clips in counts.items() if key >= 0]
    unknown = f"; unknown of {count(counts[-1], 'clip')}" if -1 in counts else ""
    return f"{len(known)}, {_range(min(known), max(known))} clips each{unknown}"


def _split(split: SplitStatistics, what: str) -> str:
    clips = [f"{split.train} train", f"{split.test} test"] + ([f"{split.neither} in neither"] if split.neither else [])
    shared = [f"{count(len(ids), key)} in both" if ids else f"no {key} in both" for key, ids in split.shared.items()]
    classes = [
        f"{_range(counts[counts > 0].min(), counts.max())} {side} {what} a class"
        for side, counts in (("training", split.train_classes), ("test", split.test_classes))
        if counts.any()
    ]
    return "; ".join(filter(None, [", ".join(clips), ", ".join(shared), ", ".join(classes), plain(split.how)]))


def _length(presence: PresenceStatistics) -> str:
    seconds = presence.seconds
    return (
        f"{seconds.min():.3g} to {seconds.max():.3g} s, median {np.median(seconds):.3g} s "
        f"({count(int(presence.shortest.value), 'frame')} of {plain(presence.shortest)} to "
        f"{int(presence.longest.value)} of {plain(presence.longest)})"
    )


def _absent(presence: PresenceStatistics) -> str:
    if not (presence.late or presence.early or presence.gaps or presence.empty_frames):
        return "never: every body is present from the first frame of its clip to the last"
    longest = [f", the longest {int(gap.value)} after {plain(gap)}" for gap in presence.longest_gaps[:1]]
    return (
        f"{count(presence.late, 'body')} late, {presence.early} leaving early; {count(presence.gaps, 'gap')} in "
        f"{count(presence.gap_bodies, 'body')}, {count(presence.gap_frames, 'frame')}{''.join(longest)}; nobody in "
        f"{count(presence.empty_frames, 'frame')}"
    )


def _size(survey: Survey) -> str:
    bodies = survey.bodies
    if not bodies.smallest or not bodies.largest:
        return "nobody is present"
    return (
        f"{np.median(bodies.heights):.3g} {plain(survey.unit)} along the largest axis (median), "
        f"{bodies.smallest.value:.3g} ({plain(bodies.smallest)}) to {bodies.largest.value:.3g} "
        f"({plain(bodies.largest)})"
    )


def _bones(survey: Survey) -> str:
    bodies = survey.bodies
    if not np.isfinite(bodies.variation).any():
        return "no bone has a length"
    worst = int(np.nanargmax(bodies.variation))
    return (
        f"lengths vary by {bodies.typical:.1%} within a body (median), most that of {plain(bodies.bones[worst])}: "
        f"{bodies.variation[worst]:.1%}"
    )


def _joints(missing: MissingStatistics, names: Sequence[str]) -> str:
    texts = []
    for what, shares in missing.shares().items():
        worst = int(shares.argmax())
        most = f"{what} {share(float(shares[worst]))} ({plain(names[worst])})"
        texts.append(most if shares[worst] else f"none {what}")
    pairs = [f"{pair} {share(fraction)}" for pair, fraction in missing.pairs.items()]
    texts.append(f"same coordinates {few(pairs)}" if pairs else "none with the coordinates of another")
    if missing.confidence is not None:
        texts.append(f"mean confidence {missing.confidence.mean():.2f}")
    return "; ".join(texts) + " (worst joints, of all frames)"
