"""Timelines as files (JSON, CSV, figures) and as text."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from skgraph._internal.atomic import atomic_folder
from skgraph._internal.figures import save_png
from skgraph._internal.text import aligned, csv_text, file_name, legend_label, plain
from skgraph.recognition.timeline import COLUMNS, Timeline

DRAWN = 20  # figures, at most


def is_replaceable(folder: Path) -> bool:
    """Return whether a folder holds only files of :func:`save_timelines`."""
    names = {path.name for path in folder.iterdir()}
    drawings = {name for name in names if re.fullmatch(r"\d\d_.*\.png", name)}
    return names - drawings == {"predictions.json", "segments.csv"}


def save_timelines(folder: Path, found: Sequence[Timeline], **metadata: Any) -> None:
    """Write ``predictions.json`` with ``metadata``, ``segments.csv`` and figures of the first timelines with windows.

    The folder is written whole or not at all, and replaced if it exists.
    """
    recordings: list[dict[str, Any]] = []
    for timeline in found:
        if timeline.body is None:
            about = {"name": timeline.name, "fps": timeline.fps, "frames": len(timeline.probabilities)}
            recordings.append({**about, **_recognised(timeline)})
        else:
            span = (timeline.first, timeline.first + len(timeline.probabilities))
            start, end = (round(frame / timeline.fps, 3) for frame in span)
            about = {"body": timeline.body, "start": start, "end": end}
            about |= {"identity": timeline.identity} if timeline.identity >= 0 else {}
            recordings[-1].setdefault("bodies", []).append({**about, **_recognised(timeline)})
    class_names = list(found[0].class_names) if found else []
    content = {**metadata, "class_names": class_names, "recordings": recordings}
    with atomic_folder(folder) as partial:
        text = json.dumps(content, indent=1, allow_nan=False)
        (partial / "predictions.json").write_text(text + "\n", encoding="utf-8")
        rows = [list(row.values()) for timeline in found for row in timeline.rows()]
        (partial / "segments.csv").write_text(csv_text([COLUMNS, *rows]), encoding="utf-8")
        for i, timeline in enumerate([t for t in found if not t.whole][:DRAWN]):
            save_png(timeline_figure(timeline), partial / f"{i:02d}_{file_name(timeline.title)}.png", dpi=110)


def _recognised(timeline: Timeline) -> dict[str, Any]:
    rows = timeline.rows()
    return {
        "best": [{"label": label, "probability": round(p, 4)} for label, p in timeline.best[:5]],
        "segments": [{key: row[key] for key in ("label", "start", "end", "probability")} for row in rows],
    }


def timeline_figure(timeline: Timeline, most: int = 10) -> Figure:
    """Draw probabilities of labels over time, above the segments.

    At most ``most`` labels are drawn: those of the segments, then those most probable at some time.
    """
    p = timeline.probabilities.nan_to_num().numpy()
    named = dict.fromkeys(timeline.segments[:, 0].tolist())
    shown = list(dict.fromkeys([*named, *np.argsort(-p.max(axis=0)).tolist()]))[:most]
    seconds = (timeline.first + np.arange(len(p)) + 0.5) / timeline.fps
    figure = Figure(figsize=(10, 4), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    for i, label in enumerate(shown):
        name = legend_label(timeline.class_names[label], 40)
        above.plot(seconds, p[:, label], color=f"C{i}", linewidth=1.2, label=name)
    above.set_ylabel("probability")
    above.set_ylim(0, 1)
    above.legend(fontsize=7, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    above.set_title(plain(timeline.title, 80), fontsize=9, parse_math=False)
    for label, start, end in timeline.segments.tolist():
        colour = f"C{shown.index(label)}" if label in shown else "0.7"
        below.axvspan(start / timeline.fps, end / timeline.fps, color=colour, alpha=0.8, linewidth=0)
    below.set_yticks([])
    below.set_xlabel("seconds")
    below.set_xlim(timeline.first / timeline.fps, (timeline.first + len(p)) / timeline.fps)
    return figure


def format_timelines(found: Sequence[Timeline], most: int = 20) -> str:
    """Format a line for each of the first segments."""
    rows = [(timeline.title, row) for timeline in found for row in timeline.rows()]
    lines = [["recording", "from", "to", "label", "probability"]]
    for title, row in rows[:most]:
        times = [f"{row[key]:.2f} s" for key in ("start", "end")]
        lines.append([plain(title, 40), *times, plain(row["label"], 40), f"{row['probability']:.2f}"])
    more = [f"and {len(rows) - most} more"] if len(rows) > most else []
    return "\n".join([*aligned(lines, left=5), *more]) if rows else "nothing was recognised"
