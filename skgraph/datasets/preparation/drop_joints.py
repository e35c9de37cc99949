"""Leaving joints out of a raw dataset, such as a root that is no part of the body."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from skgraph.datasets.raw_dataset import ALL_CLIPS, RawClip, RawDataset
from skgraph.datasets.readers.reader import check_clip_shape


def without_joints(raw: RawDataset, joints: str | Sequence[str]) -> RawDataset:
    """Leave joints out of the topology and of every clip; see :meth:`skgraph.Topology.without` for the bones.

    Args:
        raw: the dataset.
        joints: names of the joints, one or several.

    Raises:
        TopologyError: there is no such joint, or fewer than two stay.
    """
    names = [joints] if isinstance(joints, str) else list(joints)
    whole, part = raw.topology, raw.topology.without(names)
    kept = [whole.joint(joint) for joint in part.joints]

    def clips(part: slice = ALL_CLIPS) -> Iterator[RawClip]:
        for name, clip in zip(raw.name[part], raw.clips(part), strict=True):
            if not clip.excluded:
                check_clip_shape(clip.joints.shape, whole, f"clip '{name}'")
                confidence = None if clip.confidence is None else clip.confidence[:, :, kept]
                clip = replace(clip, joints=clip.joints[:, :, kept], frame_mask=clip.there, confidence=confidence)
            yield clip

    done = f"without {', '.join(names)}"
    unmirrored = whole.to_dict()["mirror"] and not part.to_dict()["mirror"]
    note = f"{done} the skeleton has no left-right symmetry: drop joints of both sides"
    return replace(
        raw,
        topology=part,
        clips=clips,
        preprocessing="; ".join(filter(None, [raw.preprocessing, done])),
        notes=[*raw.notes, note] if unmirrored else raw.notes,
    )
