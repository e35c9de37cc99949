"""The overview that `prepare` prints of a new store."""

from __future__ import annotations

import re
import shlex
import textwrap
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from skgraph.data.bone_lengths import bone_lengths
from skgraph.data.dataset import SkeletonDataset
from skgraph.data.store import SkeletonStore
from skgraph.data.upright_axis import upright_axis
from skgraph.datasets.preparation.write_store import PreparedStore
from skgraph.errors import printable

_SAMPLE = 500
_BATCH = 16  # the default trainer.batch_size
_WIDTH = 100
_KEY_WIDTH = 14


def format_overview(prepared: PreparedStore, seconds: float) -> str:
    """Format clips, classes, bodies, sizes and splits of a new store, and the command that trains on it.

    Sizes of bodies and bones are medians over at most 500 clips, evenly spaced. A store in metres also gets its bone
    length variation (`bone_lengths`), the median over the bones of a clip.

    Args:
        prepared: the store, its notes, and the clips that were left out.
        seconds: how long preparing it took.
    """
    store = SkeletonStore.open(prepared.path)
    unit, preprocessing, notes = store.meta["units"], store.meta["preprocessing"], prepared.notes
    rows = {
        "clips": f"{store.num_clips}",
        "excluded": _excluded(prepared.excluded),
        "classes": _classes(store),
        **({"segments": _segments(store)} if store.has_segments else {}),
        "subjects": _subjects(store),
        "bodies": _bodies(store),
        "frames": _frames(store),
        "joints": f"{store.topology.num_joints} of topology '{store.topology.name}', {store.topology.dim}D",
        "unit": unit if prepared.unit == unit else f"{unit}, from {prepared.unit} in the files",
        **({"prepared": preprocessing} if preprocessing != "none" else {}),
        **_sizes(store),
        **{f"split {name}": _split(store, name) for name in store.splits()},
        "source": store.meta["source"],
        "store": f"{prepared.path}, {_bytes(store)}, made in {seconds:.1f} s",
        **{f"note {i}" if len(notes) > 1 else "note": note for i, note in enumerate(notes, start=1)},
    }
    width = max(_KEY_WIDTH, *(len(key) + 2 for key in rows))
    lines = [
        textwrap.fill(
            printable(value),
            _WIDTH,
            initial_indent=key.ljust(width),
            subsequent_indent=" " * width,
            break_long_words=False,
            break_on_hyphens=False,
        )
        for key, value in rows.items()
    ]
    lines.append(" ".join(["next: python -m skgraph.pretrain dataset=store", *_training_options(prepared.path, store)]))
    return "\n".join(lines)


def _training_options(path: Path, store: SkeletonStore) -> list[str]:
    """Return the options of `pretrain` that this store needs."""
    root = str(path) if re.fullmatch(r"[\w./~-]+", str(path)) else "'" + str(path).replace("'", "\\'") + "'"
    options = [shlex.quote(f"dataset.root={root}")]  # quoted for Hydra's grammar, then for the shell
    if store.topology.dim == 2:
        options.append("augment=planar")
    elif (up := upright_axis(store)) not in (None, "y"):  # rotate about the vertical
        options += ["augment.rotate.y=0", f"augment.rotate.{up}=3.1416"]
    if store.has_segments or len(store.class_names) == 1:  # no labels to probe for
        options.append("'evaluate=[]'")
    bodies = len(SkeletonDataset(store, store.splits()[0], "train", items="bodies")) if store.splits() else _BATCH
    if bodies < _BATCH:
        options.append(f"trainer.batch_size={2 ** (bodies.bit_length() - 1)}")
    return options


def _excluded(excluded: dict[str, list[str]]) -> str:
    if not excluded:
        return "none"
    reasons = []
    for reason, names in excluded.items():
        reasons.append(f"{len(names)} {reason} ({', '.join(names[:3])}{', ...' if len(names) > 3 else ''})")
    return "; ".join([*reasons, "all in excluded.csv"])


def _classes(store: SkeletonStore) -> str:
    labels, what = (store.segment_label, "segments") if store.has_segments else (store.y, "clips")
    counts = np.bincount(labels.numpy(), minlength=len(store.class_names))
    if len(counts) <= 20:
        listed = ", ".join(f"{name} ({count})" for name, count in zip(store.class_names, counts, strict=True))
        return f"{len(counts)}: {listed}"
    fewest, most = int(counts.argmin()), int(counts.argmax())
    if counts[fewest] == counts[most]:
        return f"{len(counts)}, of {counts[most]} {what} each"
    return (
        f"{len(counts)}, of {counts[fewest]} ({store.class_names[fewest]}) to {counts[most]} {what} "
        f"({store.class_names[most]}), median {np.median(counts):g}"
    )


def _segments(store: SkeletonStore) -> str:
    counts = store.segment_ptr.diff()
    recordings = counts.nonzero().flatten().tolist()
    labelled = sum(int((store.frame_labels(i) >= 0).sum()) for i in recordings)
    fewest, most = int(counts[recordings].min()), int(counts[recordings].max())
    return (
        f"{len(store.segment_label)} in {len(recordings)} recordings, {fewest} to {most} each; "
        f"{labelled / int(store.length.sum()):.0%} of all frames are labelled"
    )


def _subjects(store: SkeletonStore) -> str:
    known = np.unique(store.subject[store.subject >= 0].numpy())
    return str(len(known)) if len(known) else "not known"


def _bodies(store: SkeletonStore) -> str:
    bodies = store.body_ptr.diff()
    if store.max_bodies == 1:
        return "1 in every clip"
    return f"{bodies.double().mean():.2f} a clip, at most {store.max_bodies}"


def _frames(store: SkeletonStore) -> str:
    length, fps = store.length.numpy(), store.meta["fps"]
    each = f"{length.min()} to {length.max()} a clip, median {np.median(length):g}"
    if length.min() == length.max():
        each = f"{length.min()} frame{'s' if length.min() > 1 else ''} a clip"
    return f"{each}; {length.sum()} in all, {_duration(length.sum() / fps)} at {fps:g} a second"


def _duration(seconds: float) -> str:
    if seconds >= 120:
        return f"{seconds / 60:.0f} min"
    return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.2g} s"


def _sizes(store: SkeletonStore) -> dict[str, str]:
    """Return the rows of body sizes and bone lengths."""
    sample = np.unique(np.linspace(0, store.num_clips - 1, _SAMPLE).astype(int))
    clips = [store.clip(int(i)) for i in sample]
    bodies = [clip.joints[clip.frame_mask].numpy() for clip in clips]
    extents = np.stack([np.median(body.max(axis=1) - body.min(axis=1), axis=0) for body in bodies])
    height = np.median(extents.max(axis=1))
    unit, axes = store.meta["units"], "xyz"[: store.topology.dim]
    size = " x ".join(f"{extent:.3g}" for extent in np.median(extents, axis=0))
    rows = {"body size": f"{height:.3g} {unit} along the largest axis, {size} {unit} in {axes} (medians)"}
    variation = np.array([_variation(clip.joints.numpy(), clip.frame_mask.numpy(), store) for clip in clips])
    if unit == "m" and np.isfinite(variation).any():  # no variation where all bones have length 0
        worst = int(np.nanargmax(variation))
        rows["bone lengths"] = (
            f"vary by {np.nanmedian(variation):.1%} within a clip (median), at most {variation[worst]:.1%} "
            f"({store.name[sample[worst]]})"
        )
    return rows


def _variation(joints: NDArray[np.floating], frame_mask: NDArray[np.bool_], store: SkeletonStore) -> float:
    """Compute the variation of bone lengths in a clip, the median over bones and bodies."""
    there = frame_mask[frame_mask.any(axis=1)].sum(axis=1)
    rows = joints[frame_mask].transpose(2, 1, 0)  # [C, V, n]
    variation = bone_lengths(rows, np.cumsum(there) - there, store.topology)[1]
    return float(np.nanmedian(variation)) if not np.isnan(variation).all() else float("nan")


def _split(store: SkeletonStore, name: str) -> str:
    train, test = (len(store.split(name, side)) for side in ("train", "test"))
    how = store.meta["splits"][name]
    return f"{train} train, {test} test" + (f"; {how}" if how else "")


def _bytes(store: SkeletonStore) -> str:
    size = sum(file.stat().st_size for file in store.path.iterdir())
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{size / 1e3:.0f} kB"
