"""A prepared dataset on disk: ragged, memory-mapped, opened in milliseconds."""

from __future__ import annotations

import copy
import csv
import hashlib
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from skgraph._internal.atomic import restore_folder
from skgraph._internal.files import read_plain_yaml
from skgraph._internal.text import from_csv
from skgraph.data.names import Names
from skgraph.data.rows import MappedRows, RowFiles, select_rows
from skgraph.data.skeleton_data import SkeletonData
from skgraph.data.store_checks import PER_CLIP, PER_SEGMENT, PER_TRACK, check_description, check_index
from skgraph.data.store_files import FORMAT_VERSION, read_index
from skgraph.errors import BROKEN_YAML, StoreError, first_line
from skgraph.topology import Topology

SPLIT_SIDES = ("train", "test")
_TRANSFORMED_AT_ONCE = 64  # clips
_CHECKED_AT_OPEN = 2**20  # clips; larger indices are checked when they are written, and would be read whole


class SkeletonStore:
    """Skeleton clips of one topology, read from a folder that :class:`~skgraph.data.StoreWriter` made.

    On disk, the frames of all bodies stand one after the other, so that any batch is one gather:

    - ``frames.npy`` ``[rows, V, C]`` float32 or float16, memory-mapped; a body's rows run from its first appearance in
      the clip to its last;
    - ``present.npy`` ``[rows]`` bool, False in the gaps of a body that left and returned;
    - ``confidence.npy`` ``[rows, V]`` uint8, confidence of the tracker, 255 for 1; optional;
    - ``index/``, one array a file, memory-mapped: per clip label, name, subject, camera, setup, length and bodies; per
      body (*track*) its first row, first frame and length; per split the side of each clip; where clips are untrimmed
      recordings, per *segment* its label, first frame and the frame after its last;
    - ``excluded.csv``: name and reason of each clip of the source that was left out; optional;
    - ``meta.yaml``: topology, class names, splits, units, source, preprocessing, content hash.

    A store that was joined from shares has its rows in ``frames-1.npy``, ``frames-2.npy``, ..., in the order of the
    clips, and likewise the other two; a file is mapped when a row of it is first read.

    Open one with :meth:`open`.

    Attributes:
        topology: the skeleton.
        meta: content of ``meta.yaml``.
        name: clip names ``[N]``, which stay on disk.
        y: labels ``[N]`` int64, in a store with segments -1 for a recording that has no single label; likewise
            ``subject``, ``camera``, ``setup`` (-1 where unknown) and ``length`` (frames).
        body_ptr: ``[N + 1]``; the tracks of clip ``i`` are ``body_ptr[i] .. body_ptr[i + 1] - 1``.
        identity: number of each track in the source, such as a tracker's, -1 where unknown.
        segment_ptr: ``[N + 1]``; the segments of clip ``i`` are ``segment_ptr[i] .. segment_ptr[i + 1] - 1``, all 0
            where the store has none.
        segment_label: ``[S]``; likewise ``segment_start`` and ``segment_end``, frames of the clip, the end exclusive.
    """

    def __init__(self, path: Path, meta: dict[str, Any], arrays: dict[str, np.ndarray], check_all: bool) -> None:
        self.path = path
        self.meta = meta
        self.topology = Topology.from_dict(meta["topology"], source=str(path / "meta.yaml"))
        check_description(str(path), meta, arrays)
        if check_all or meta["clips"] <= _CHECKED_AT_OPEN:
            check_index(str(path), meta, arrays)
        self.class_names: list[str] = meta["class_names"]
        joints, shards = self.topology.num_joints, meta.get("shards", [meta["rows"]])
        self._files = {
            "frames": RowFiles(path, "frames", shards, (joints, self.topology.dim), (np.float32, np.float16)),
            "present": RowFiles(path, "present", shards, (), (np.bool_,)),
            "confidence": RowFiles(path, "confidence", shards, (joints,), (np.uint8,)),
        }
        self._frames: MappedRows | Tensor = MappedRows(self._files["frames"])
        self._present: MappedRows | Tensor = MappedRows(self._files["present"])
        confidence = self._files["confidence"]
        self._confidence: MappedRows | Tensor | None = MappedRows(confidence) if confidence.exists() else None
        self.name = Names(arrays["name"], arrays["name_ptr"], str(path))
        tensors = {key: torch.from_numpy(value) for key, value in arrays.items() if not key.startswith("name")}
        self._split_sides = {name: tensors[f"split_{name}"] for name in meta["splits"]}
        self.y, self.subject, self.camera, self.setup, self.length = (tensors[key] for key in PER_CLIP)
        self.track_row, self.track_first, self.track_length = (tensors[key] for key in PER_TRACK)
        self.body_ptr = tensors["body_ptr"]
        self.identity = tensors.get("identity", self.body_ptr.new_full((1,), -1).expand(len(self.track_row)))
        self.num_clips = len(self.y)
        no_segment = torch.zeros(0, dtype=torch.long)
        self.segment_ptr = tensors.get("segment_ptr", no_segment.new_zeros(1).expand(self.num_clips + 1))
        self.segment_label, self.segment_start, self.segment_end = (tensors.get(k, no_segment) for k in PER_SEGMENT)
        self.max_bodies: int = meta["max_bodies"]

    @classmethod
    def open(cls, path: str | Path, check_all: bool = False) -> SkeletonStore:
        """Open the store at ``path`` without reading its frames.

        Args:
            path: its folder.
            check_all: check every number of the index, also in a store of more than a million clips, where that takes
                seconds. Those who write a store do.

        Raises:
            StoreError: the folder is missing, incomplete, truncated or of another format version.
        """
        path = Path(path)
        restore_folder(path)
        if not (path / "meta.yaml").is_file():
            raise StoreError(f"no store at '{path}': expected a folder with meta.yaml, made by `skgraph.prepare`")
        try:
            meta = read_plain_yaml(path / "meta.yaml")
        except BROKEN_YAML as error:
            raise StoreError(f"'{path / 'meta.yaml'}' is not readable YAML: {first_line(error)}") from error
        if isinstance(meta, dict) and (found := meta.get("format", FORMAT_VERSION)) != FORMAT_VERSION:
            raise StoreError(
                f"store '{path}' has format {found}, this version reads {FORMAT_VERSION}: prepare it again"
            )
        counts = {"clips", "bodies", "max_bodies", "rows"}
        wanted = {"format", "topology", "class_names", "splits", "content_hash", *counts}
        if missing := wanted.difference(meta if isinstance(meta, dict) else ()):
            keys = ", ".join(sorted(missing))
            raise StoreError(f"'{path / 'meta.yaml'}' is not a store's description: it has no {keys}")
        return cls(path, meta, read_index(path), check_all)

    def to(self, device: torch.device | str) -> SkeletonStore:
        """Return this store with frames and index on a device, where batches are then made; names stay on disk."""
        moved = copy.copy(self)
        for key, value in vars(self).items():
            if isinstance(value, Tensor | MappedRows):
                setattr(moved, key, value.to(device))
        moved._split_sides = {name: sides.to(device) for name, sides in self._split_sides.items()}
        return moved

    @property
    def device(self) -> torch.device:
        """Device of the frames; the CPU for a store that is mapped from disk."""
        return self._frames.device

    @cached_property
    def track_clip(self) -> Tensor:
        """The clip of each track, ``[tracks]``, computed at first use."""
        clips = torch.arange(self.num_clips, device=self.body_ptr.device)
        return torch.repeat_interleave(clips, self.body_ptr.diff())

    @cached_property
    def excluded(self) -> dict[str, str]:
        """Reason why each clip of the source that is not in the store was left out, by name; read at first use."""
        path = self.path / "excluded.csv"
        if not path.is_file():
            return {}
        try:
            with path.open(encoding="utf-8", newline="") as file:
                return {from_csv(row["name"]): from_csv(row["reason"]) for row in csv.DictReader(file)}
        except (OSError, UnicodeDecodeError, KeyError, csv.Error) as error:
            raise StoreError(f"'{path}' cannot be read: {error}") from error

    @property
    def content_hash(self) -> str:
        """SHA-256 of the frames, the index and the topology."""
        return self.meta["content_hash"]

    @property
    def frames_written(self) -> int:
        """Time of the last write to the frames, in nanoseconds; it tells an edited store from its original."""
        return max(path.stat().st_mtime_ns for path in self._files["frames"].paths)

    @property
    def nbytes(self) -> int:
        """Bytes of the frames on disk."""
        return self._frames.nbytes

    def splits(self) -> list[str]:
        """Names of the splits."""
        return list(self._split_sides)

    def sides(self, split: str) -> Tensor:
        """Return the side of each clip in a split, ``[N]`` int8: 0 train, 1 test, -1 neither.

        Raises:
            StoreError: no such split.
        """
        if split not in self._split_sides:
            raise StoreError(f"store '{self.path}' has no split '{split}', only {', '.join(self.splits()) or 'none'}")
        return self._split_sides[split]

    def split(self, name: str, part: str) -> Tensor:
        """Return the clip ids of the ``"train"`` or ``"test"`` side of a split.

        Raises:
            StoreError: no such split or side.
        """
        sides = self.sides(name)
        if part not in SPLIT_SIDES:
            raise StoreError(f"a split has the sides {', '.join(SPLIT_SIDES)}, found '{part}'")
        return (sides == SPLIT_SIDES.index(part)).nonzero().flatten()

    def with_train_clips(self, split: str, count: int, seed: int = 0) -> SkeletonStore:
        """Return this store with ``count`` training clips of a split, drawn by ``seed``, and a content hash of its own.

        Classes are not balanced.

        Raises:
            StoreError: ``count`` is below 1, or above the training clips.
        """
        clips = self.split(split, "train")
        if not 1 <= count <= len(clips):
            raise StoreError(
                f"train_clips must be from 1 to {len(clips)}, the training clips of split {split} of '{self.path}', "
                f"found {count}"
            )
        drawn = clips[torch.randperm(len(clips), generator=torch.Generator().manual_seed(seed))[:count]]
        sides = self._split_sides[split].clone()
        sides[clips] = -1  # neither side
        sides[drawn] = SPLIT_SIDES.index("train")
        smaller = copy.copy(self)
        smaller._split_sides = {**self._split_sides, split: sides}
        content = f"{self.content_hash} {split} {drawn.sort().values.tolist()}"
        digest = hashlib.sha256(content.encode()).hexdigest()
        smaller.meta = {**self.meta, "content_hash": digest, "train_clips": count}
        return smaller

    def transformed(
        self, clips: Tensor, transform: Callable[[SkeletonData, torch.Generator], SkeletonData], seed: int = 0
    ) -> SkeletonStore:
        """Return this store with the frames of ``clips`` transformed, in memory, and a content hash of its own.

        It has no confidence. Its clips are read one by one or in batches; nothing reaches the files.

        Args:
            clips: clip ids ``[n]``, each once.
            transform: graph transform that keeps the number of frames, joints and coordinates.
            seed: seed of its random draws.
        """
        changed, generator = copy.copy(self), torch.Generator().manual_seed(seed)
        content = f"{self.content_hash} {transform} {seed} {clips.tolist()}"
        digest = hashlib.sha256(content.encode()).hexdigest()
        changed.meta = {**self.meta, "content_hash": digest, "transform": str(transform)}
        # New mappings, copy-on-write: only what is written takes memory.
        frames, present = (MappedRows(self._files[name], "c") for name in ("frames", "present"))
        changed._frames, changed._present, changed._confidence = frames, present, None
        of_like_length = clips[self.length[clips].argsort(stable=True)]
        for some in of_like_length.split(_TRANSFORMED_AT_ONCE):
            body = self.body_ptr[some, None] + torch.arange(self.max_bodies)
            track = torch.where(body < self.body_ptr[some + 1, None], body, -1).flatten()
            frame = torch.arange(int(self.length[some].max())).expand(len(track), -1)
            joints, frame_mask = (x.unflatten(0, (len(some), -1)) for x in self.gather(track, frame.float()))
            graphs = transform(SkeletonData.from_joints(joints, frame_mask), generator)
            position = frame - self.track_first[track, None]
            stored = (position >= 0) & (position < self.track_length[track, None]) & (track >= 0)[:, None]
            rows = (self.track_row[track, None] + position)[stored]
            frames.write(rows, graphs.joints.flatten(0, 1)[stored].flatten(1))
            present.write(rows, graphs.frame_mask.flatten(0, 1)[stored])
        return changed

    def gather(self, tracks: Tensor, positions: Tensor) -> tuple[Tensor, Tensor]:
        """Read bodies at fractional frames of their clips: one gather and one linear interpolation for all of them.

        Args:
            tracks: body ids ``[n]``; -1 reads an absent body.
            positions: frames of the clip ``[n, T]``, fractional.

        Returns:
            joints ``[n, T, V, C]`` float32, zero where absent, and frame_mask ``[n, T]`` bool, True where every
            interpolated frame is present.
        """
        track = tracks.clamp(min=0)
        row, length = self.track_row[track, None], self.track_length[track, None]
        position = positions - self.track_first[track, None]
        inside = (position >= 0) & (position <= length - 1) & (tracks >= 0)[:, None]
        position = torch.minimum(position.clamp(min=0), length - 1)
        low = position.floor()
        weight = position - low
        low = low.long()
        high = torch.minimum(low + 1, length - 1)
        low, high = row + low, row + high
        seen_low, seen_high = (seen.view_as(inside) for seen in select_rows(self._present, low, high))
        frame_mask = inside & (seen_low | (weight == 1)) & (seen_high | (weight == 0))
        start, end = (joints.float() for joints in select_rows(self._frames, low, high))
        joints = start.lerp_(end, weight.reshape(-1, 1).to(start))  # in place on a fresh tensor
        joints = joints.view(*positions.shape, self.topology.num_joints, self.topology.dim)
        return joints.masked_fill_(~frame_mask[..., None, None], 0), frame_mask

    def read_tracks(self, first: int, last: int) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        """Read bodies ``first .. last - 1`` as stored, for one pass over all frames.

        The files are mapped for this call alone, so that memory does not grow.

        Returns:
            frames ``[n, V, C]``, present ``[n]`` and confidence ``[n, V]`` uint8 or ``None``, body after body.

        Raises:
            StoreError: the store is :meth:`transformed`, and its files hold the frames before that.
        """
        if "transform" in self.meta:
            raise StoreError(f"a transformed copy of '{self.path}' is read clip by clip or in batches")
        row, length = self.track_row[first:last].numpy(), self.track_length[first:last].numpy()
        # Nearly always one slice: bodies lie one behind the other.
        file = np.searchsorted(self._files["frames"].ends, row, side="right")
        breaks = np.flatnonzero((row[1:] != row[:-1] + length[:-1]) | (file[1:] != file[:-1])) + 1
        starts, ends = row[np.append(0, breaks)], (row + length)[np.append(breaks - 1, -1)]
        slices = list(zip(starts.tolist(), ends.tolist(), strict=True))
        frames, present = self._files["frames"].read(slices), self._files["present"].read(slices)
        return frames, present, self._files["confidence"].read(slices) if self.has_confidence else None

    def clip(self, i: int) -> SkeletonData:
        """Read clip ``i`` at full length: ``joints [M, T, V, C]`` and, if stored, ``confidence [M, T, V]``."""
        self._check_clip(i)
        tracks = torch.arange(int(self.body_ptr[i]), int(self.body_ptr[i + 1]))
        frames = torch.arange(int(self.length[i]), dtype=torch.float32).expand(len(tracks), -1)
        joints, frame_mask = self.gather(tracks, frames)
        numbers = {key: getattr(self, key)[i : i + 1] for key in ("subject", "camera", "setup")}
        name = str(self.name[i])
        clip = SkeletonData.from_joints(joints, frame_mask, y=self.y[i : i + 1], name=name, **numbers)
        if self._confidence is not None:
            clip.confidence = torch.zeros(joints.shape[:-1])
            for body, track in enumerate(tracks.tolist()):
                row, first, length = (int(t[track]) for t in (self.track_row, self.track_first, self.track_length))
                (confidence,) = select_rows(self._confidence, torch.arange(row, row + length)[None])
                clip.confidence[body, first : first + length] = confidence.float() / 255
        return clip

    @property
    def has_confidence(self) -> bool:
        """True if the store has the confidence of each joint."""
        return self._confidence is not None

    @property
    def has_segments(self) -> bool:
        """True if any clip is an untrimmed recording with labelled segments."""
        return len(self.segment_label) > 0

    def segments(self, i: int) -> Tensor:
        """Return the segments of clip ``i``, as they were written: rows (label, start, end) ``[S, 3]`` int64.

        Start and end are frames of the clip, the end exclusive. Segments may overlap; a clip without any has 0 rows.
        """
        self._check_clip(i)
        rows = slice(int(self.segment_ptr[i]), int(self.segment_ptr[i + 1]))
        return torch.stack([self.segment_label[rows], self.segment_start[rows], self.segment_end[rows]], dim=1)

    def frame_labels(self, i: int) -> Tensor:
        """Return the label of every frame of clip ``i``, ``[T]`` int64: that of its last segment, or -1."""
        segments, frame = self.segments(i), torch.arange(int(self.length[i]))
        # The first row labels all frames -1, so that every frame has a label.
        label, start, end = torch.cat([torch.tensor([[-1, 0, len(frame)]]), segments]).T
        inside = (start[:, None] <= frame) & (frame < end[:, None])  # [1 + S, T]
        last = (inside * torch.arange(len(label))[:, None]).amax(dim=0)
        return label[last]

    def _check_clip(self, i: int) -> None:
        if not 0 <= i < self.num_clips:
            raise StoreError(f"store '{self.path}' has clips 0 .. {self.num_clips - 1}, found {i}")

    def __len__(self) -> int:
        return self.num_clips

    def __repr__(self) -> str:
        return (
            f"SkeletonStore({self.path}, clips={self.num_clips}, bodies={len(self.track_row)}, "
            f"classes={len(self.class_names)}, topology={self.topology.name}, splits={self.splits()})"
        )
