"""A survey as text for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import numpy as np

from skgraph._internal.text import count, few, plain, share
from skgraph.inspection.labels import Labels, SplitCounts
from skgraph.inspection.problems import Problem
from skgraph.inspection.survey import Survey

_WIDTH = 110


def facts(survey: Survey) -> dict[str, str]:
    """What is in a store, in words, by what it is about."""
    store, presence, bodies, labels = survey.store, survey.presence, survey.bodies, survey.labels
    topology, missing, jumps = store.topology, survey.missing, survey.jumps
    own = "" if topology.dim == 3 and survey.unit == "m" else f"; unit {plain(survey.unit)}"
    return {
        "clips": f"{store.num_clips}, {presence.frames} frames, {presence.seconds.sum() / 60:.1f} min at "
        f"{survey.fps:g} a second",
        "source": plain(store.meta.get("source") or "not said", 1000),
        "preprocessing": plain(store.meta.get("preprocessing") or "none", 1000),
        "skeleton": f"{plain(topology.name)}, {count(topology.num_joints, 'joint')}, {topology.dim}D{own}",
        "classes": _classes(labels),
        **{f"{key}s": _ids(counted) for key, counted in labels.ids.items()},
        **{f"split {plain(split.name)}": _split(split, labels) for split in labels.splits},
        "bodies": _bodies(presence.bodies),
        "length": _length(presence),
        "absent": _absent(presence),
        "body size": _size(survey),
        "bones": _bones(bodies),
        "jumps": f"{jumps.count} of joints over {jumps.limit:g} {jumps.unit} in a frame, in "
        f"{count(jumps.clips, 'clip')}",
        "joints": _joints(missing, topology.joints),
        "duplicates": f"{sum(map(len, survey.duplicates.exact))} clips with the same frames as another, "
        f"{sum(map(len, survey.duplicates.near))} with the same motion",
    }


def table(survey: Survey, found: Sequence[Problem], colour: bool = False) -> str:
    """Facts, then what to look at, a line each.

    Args:
        survey: to show.
        found: its problems.
        colour: whether problems are red.
    """
    rows = facts(survey)
    width = max(len(key) for key in rows) + 2
    lines = [_filled(key.ljust(width), text) for key, text in rows.items()]
    red, normal = ("\033[31;1m", "\033[0m") if colour else ("", "")
    lines.append(f"\n{count(len(found), 'thing')} to look at" if found else "\nnothing odd was found")
    lines += [f"{red}!{normal} " + _filled("", str(problem), "  ") for problem in found]
    return "\n".join(lines)


def _filled(key: str, text: str, indent: str = "") -> str:
    return textwrap.fill(
        text,
        _WIDTH,
        initial_indent=key,
        subsequent_indent=indent or " " * len(key),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _classes(labels: Labels) -> str:
    counts, names = labels.classes, labels.class_names
    fewest, most = int(counts.argmin()), int(counts.argmax())
    if counts[fewest] == counts[most]:
        return f"{len(counts)}, of {counts[most]} {labels.what} each"
    return (
        f"{len(counts)}, of {counts[fewest]} ({plain(names[fewest])}) to {counts[most]} ({plain(names[most])}) "
        f"{labels.what}, median {np.median(counts):g}"
    )


def _ids(counted: dict[int, int]) -> str:
    known = {key: number for key, number in counted.items() if key >= 0}
    unknown = f"; unknown of {count(counted[-1], 'clip')}" if -1 in counted else ""
    low, high = min(known.values()), max(known.values())
    clips = f"{low} clips each" if low == high else f"{low} to {high} clips each"
    return f"{len(known)}, {clips}{unknown}"


def _split(split: SplitCounts, labels: Labels) -> str:
    parts = [f"{split.train} train", f"{split.test} test"] + ([f"{split.neither} in neither"] if split.neither else [])
    shared = [f"{count(len(ids), key)} in both" if ids else f"no {key} in both" for key, ids in split.shared.items()]
    ratios = []
    for part, counts in (("training", split.train_classes), ("test", split.test_classes)):
        if (counts > 0).any():
            low, high = counts[counts > 0].min(), counts.max()
            ratios.append(f"{low if low == high else f'{low} to {high}'} {part} {labels.what} a class")
    how = [plain(split.how)] if split.how else []
    return "; ".join([", ".join(parts), *([", ".join(shared)] if shared else []), ", ".join(ratios), *how])


def _bodies(bodies: list[int]) -> str:
    if sum(bodies) == bodies[0]:
        return "1 in every clip"
    return ", ".join(f"{number} in {count(clips, 'clip')}" for number, clips in enumerate(bodies, start=1) if clips)


def _length(presence) -> str:
    seconds = presence.seconds
    return (
        f"{seconds.min():.3g} to {seconds.max():.3g} s, median {np.median(seconds):.3g} s "
        f"({count(int(presence.shortest.value), 'frame')} of {plain(presence.shortest)} to "
        f"{int(presence.longest.value)} of {plain(presence.longest)})"
    )


def _absent(presence) -> str:
    if not (presence.late or presence.early or presence.gaps or presence.empty_frames):
        return "never: every body is there from the first frame of its clip to the last"
    return (
        f"{count(presence.late, 'body')} late, {presence.early} leaving early; {count(presence.gaps, 'gap')} in "
        f"{count(presence.gap_bodies, 'body')}, {count(presence.gap_frames, 'frame')}"
        + (f", the longest {_longest_gap(presence.longest_gaps[0])}" if presence.longest_gaps else "")
        + f"; nobody in {count(presence.empty_frames, 'frame')}"
    )


def _longest_gap(place) -> str:
    return f"{int(place.value)} after {plain(place)}"


def _size(survey: Survey) -> str:
    bodies = survey.bodies
    if not len(bodies.heights):
        return "nobody is there"
    unit = "m" if survey.unit == "m" else plain(survey.unit)
    return (
        f"{np.median(bodies.heights):.3g} {unit} along the largest axis (median), {bodies.smallest.value:.3g} "
        f"({plain(bodies.smallest)}) to {bodies.largest.value:.3g} ({plain(bodies.largest)})"
    )


def _bones(bodies) -> str:
    if not np.isfinite(bodies.variation).any():
        return "no bone has a length"
    worst = int(np.nanargmax(bodies.variation))
    return (
        f"lengths vary by {bodies.typical:.1%} within a body (median), most that of {plain(bodies.bones[worst])}: "
        f"{bodies.variation[worst]:.1%}"
    )


def _joints(missing, names: Sequence[str]) -> str:
    parts = [("at the origin", missing.origin), ("frozen", missing.frozen)]
    if missing.unseen is not None:
        parts += [("not seen", missing.unseen), ("unsure", missing.unsure)]
    texts = []
    for what, values in parts:
        worst = int(values.argmax())
        most = f"{what} {share(float(values[worst]))} ({plain(names[worst])})"
        texts.append(most if values[worst] else f"none {what}")
    pairs = [f"{pair} {share(part)}" for pair, part in missing.pairs.items()]
    texts.append(f"at the same place {few(pairs)}" if pairs else "none at the place of another")
    if missing.confidence is not None:
        texts.append(f"mean confidence {missing.confidence.mean():.2f}")
    return "; ".join(texts) + " (worst joints, of all frames)"
