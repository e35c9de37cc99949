"""The overview that `prepare` prints of a new store."""

from __future__ import annotations

import re
import shlex
import textwrap
from pathlib import Path

import numpy as np

from skgraph.data.body_geometry import bone_lengths, upright_axis
from skgraph.data.dataset import SkeletonDataset
from skgraph.data.skeleton_data import SkeletonData
from skgraph.data.store import SkeletonStore
from skgraph.datasets.preparation.motion_checks import motion_warnings
from skgraph.datasets.preparation.write_store import PreparedStore
from skgraph.errors import printable

_SAMPLE = 500
_BATCH = 16  # the default trainer.batch_size
_WIDTH = 100
_KEY_WIDTH = 14


def format_overview(prepared: PreparedStore, seconds: float) -> str:
    """Format clips, classes, bodies, sizes and splits of a new store, and the command that trains on it.

    Sizes of bodies are medians over at most 500 clips, evenly spaced. A store in metres also gets the variation of its
    bone lengths (`bone_lengths`), the median over the bones of a clip. Warnings are those of `motion_warnings` about
    the same clips.

    Args:
        prepared: the store and notes on it.
        seconds: duration of the preparation.
    """
    store = SkeletonStore.open(prepared.path)
    sample = np.unique(np.linspace(0, store.num_clips - 1, _SAMPLE).astype(int))
    names, clips = store.name[sample].tolist(), [store.clip(int(i)) for i in sample]
    unit, preprocessing, notes = store.meta["units"], store.meta["preprocessing"], prepared.notes
    subjects = len(store.subject[store.subject >= 0].unique())
    bodies = f"{store.body_ptr.diff().double().mean():.2f} a clip, at most {store.max_bodies}"
    size = sum(file.stat().st_size for file in store.path.rglob("*.*"))
    size_text = f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{size / 1e3:.0f} kB"
    rows = {
        "clips": f"{store.num_clips}",
        "excluded": _excluded(prepared.excluded),
        "classes": _classes(store),
        **({"segments": _segments(store)} if store.has_segments else {}),
        "subjects": f"{subjects or 'not known'}",
        "bodies": "1 in every clip" if store.max_bodies == 1 else bodies,
        "frames": _frames(store),
        "joints": f"{store.topology.num_joints} of topology '{store.topology.name}', {store.topology.dim}D",
        "unit": unit if prepared.unit == unit else f"{unit}, from {prepared.unit} in the files",
        **({"prepared": preprocessing} if preprocessing != "none" else {}),
        **_sizes(store, names, clips),
        **{f"split {name}": _split(store, name) for name in store.splits()},
        "source": store.meta["source"],
        "store": f"{prepared.path}, {size_text}, made in {seconds:.1f} s",
        **_numbered("note", notes),
        **_numbered("warning", motion_warnings(store, names, clips)),
    }
    width = max(_KEY_WIDTH, *(len(key) + 2 for key in rows))
    wrapper = textwrap.TextWrapper(
        _WIDTH, subsequent_indent=" " * width, break_long_words=False, break_on_hyphens=False
    )
    lines = [wrapper.fill(key.ljust(width) + printable(value)) for key, value in rows.items()]
    if share := store.meta.get("share"):
        command = "python -m skgraph.prepare dataset=shares"
        options = f"{_path_option('source', prepared.path.parent)} out=FOLDER"
        lines.append(f"next, when all {share['of']} shares are there: {command} {options}")
    else:
        options = " ".join(_training_options(prepared.path, store))
        lines.append(f"next: python -m skgraph.pretrain dataset=store {options}")
    return "\n".join(lines)


def _path_option(key: str, path: Path) -> str:
    """Return an option, quoted for Hydra's grammar, then for the shell."""
    value = str(path) if re.fullmatch(r"[\w./~-]+", str(path)) else "'" + str(path).replace("'", "\\'") + "'"
    return shlex.quote(f"{key}={value}")


def _training_options(path: Path, store: SkeletonStore) -> list[str]:
    """Return the options of `pretrain` that a store needs."""
    options = [_path_option("dataset.root", path)]
    if store.topology.dim == 2:
        options.append("augment=planar")
    elif (up := upright_axis(store)) not in (None, "y"):  # rotate about the vertical
        options += ["augment.rotate.y=0", f"augment.rotate.{up}=3.1416"]
    untested = not any(len(store.split(name, "test")) for name in store.splits())
    if store.has_segments or len(store.class_names) == 1 or untested:  # nothing to probe
        options.append("'evaluate=[]'")
    bodies = len(SkeletonDataset(store, store.splits()[0], "train", items="bodies")) if store.splits() else _BATCH
    if bodies < _BATCH:
        options.append(f"trainer.batch_size={2 ** (bodies.bit_length() - 1)}")
    return options


def _excluded(excluded: dict[str, list[str]]) -> str:
    if not excluded:
        return "none"
    reasons = [
        f"{len(names)} {reason} ({', '.join(names[:3])}{', ...' if len(names) > 3 else ''})"
        for reason, names in excluded.items()
    ]
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
    recordings = counts.nonzero().flatten()
    labelled = sum(int((store.frame_labels(i) >= 0).sum()) for i in recordings.tolist())
    each = f"{counts[recordings].min()} to {counts.max()} each"
    share = labelled / int(store.length.sum())
    return f"{counts.sum()} in {len(recordings)} recordings, {each}; {share:.0%} of all frames are labelled"


def _frames(store: SkeletonStore) -> str:
    length, fps = store.length.numpy(), store.meta["fps"]
    each = f"{length.min()} to {length.max()} a clip, median {np.median(length):g}"
    if length.min() == length.max():
        each = f"{length.min()} frame{'s' if length.min() > 1 else ''} a clip"
    seconds = length.sum() / fps
    time = f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.2g} s"
    if seconds >= 120:
        time = f"{seconds / 60:.0f} min"
    return f"{each}; {length.sum()} in all, {time} at {fps:g} a second"


def _numbered(key: str, texts: list[str]) -> dict[str, str]:
    return {f"{key} {i}" if len(texts) > 1 else key: text for i, text in enumerate(texts, start=1)}


def _sizes(store: SkeletonStore, names: list[str], clips: list[SkeletonData]) -> dict[str, str]:
    """Format body heights, and the variation of bone lengths of a store in metres."""
    bodies = [clip.joints[clip.frame_mask].numpy() for clip in clips]
    extents = np.stack([np.median(body.max(axis=1) - body.min(axis=1), axis=0) for body in bodies])
    height = np.median(extents.max(axis=1))
    unit, axes = store.meta["units"], "xyz"[: store.topology.dim]
    size = " x ".join(f"{extent:.3g}" for extent in np.median(extents, axis=0))
    rows = {"body height": f"{height:.3g} {unit} along the largest axis, {size} {unit} in {axes} (medians)"}
    variation = np.array([_bone_variation(clip, store) for clip in clips])
    if unit == "m" and np.isfinite(variation).any():  # no variation where all bones have length 0
        worst = int(np.nanargmax(variation))
        rows["bone lengths"] = (
            f"vary by {np.nanmedian(variation):.1%} within a clip (median), at most {variation[worst]:.1%} "
            f"({names[worst]})"
        )
    return rows


def _bone_variation(clip: SkeletonData, store: SkeletonStore) -> float:
    """Compute the variation of bone lengths in a clip, the median over bones and bodies."""
    frames = clip.frame_mask.sum(dim=1).numpy()
    frames = frames[frames > 0]
    joints = clip.joints[clip.frame_mask].numpy().transpose(2, 1, 0)  # [C, V, n]
    _, variation = bone_lengths(joints, np.cumsum(frames) - frames, store.topology)
    return float(np.nanmedian(variation)) if not np.isnan(variation).all() else float("nan")


def _split(store: SkeletonStore, name: str) -> str:
    train, test = (len(store.split(name, side)) for side in ("train", "test"))
    how = store.meta["splits"][name]
    return f"{train} train, {test} test" + (f"; {how}" if how else "")
