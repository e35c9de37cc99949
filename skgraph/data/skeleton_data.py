"""A skeleton clip, or a batch of clips, as one spatiotemporal graph."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch_geometric.data import Data

from skgraph.errors import DataError

if TYPE_CHECKING:
    from skgraph.topology import Topology

# Attributes that hold one row a graph: batching stacks them along a new dimension instead of concatenating them.
_STACKED = ("visible", "masked", "reference")
# Attributes that are views of what is stored.
_VIEWS = ("x", "frame_mask", "confidence")


class SkeletonData(Data):
    r"""A graph whose nodes are the joints of every body in every frame.

    The node order is fixed, (graph, body, frame, joint), so that :attr:`joints` is a view of ``x`` and no
    per-sample edge list is ever collated: all graphs of a dataset share one :class:`~skgraph.topology.Topology`, and
    :meth:`to_pyg` builds the edges where a message-passing layer wants them.

    The same class is a clip (``frame_mask [M, T]``) and a batch of ``B`` clips (``frame_mask [B, M, T]``), which has
    the clips as its items.

    Attributes:
        pos: joint positions ``[N, C]``, ``N = M * T * V`` (clip) or ``B * M * T * V`` (batch); metres for 3D joints.
            Absent frames hold zeros. After a stream transform, bones or motion.
        x: node features ``[N, ...]``: ``pos`` itself, until features of your own are assigned. New :attr:`joints` drop
            these.
        frame_mask: ``[M, T]`` or ``[B, M, T]`` bool, True where that body is present.
        y: class label, ``[1]`` or ``[B]`` int64.
        confidence: optional ``[M, T, V]`` or ``[B, M, T, V]`` in 0 to 1, how sure the tracker is of each joint.
        reference: optional pose ``[V, C]`` or ``[B, V, C]`` that normalisation is relative to, where it is not in the
            graph itself: a single body of a clip keeps its position relative to the clip's main body.
    """

    @classmethod
    def from_joints(cls, joints: Tensor, frame_mask: Tensor | None = None, **attributes: Any) -> SkeletonData:
        """Make a clip from ``joints [M, T, V, C]``, or a batch from ``joints [B, M, T, V, C]``.

        Args:
            joints: joint positions in (body, frame, joint, coordinate) order.
            frame_mask: ``joints.shape[:-2]`` bool; all True if not given.
            attributes: anything else the graph carries (``y``, ``name``, ``subject``, ...).

        Raises:
            DataError: ``joints`` is no tensor of such a rank, ``frame_mask`` no bool of that shape, or ``y`` of another
                length.
        """
        if not isinstance(joints, Tensor) or joints.dim() not in (4, 5):
            found = f"shape {tuple(joints.shape)}" if isinstance(joints, Tensor) else type(joints).__name__
            raise DataError(f"joints must be a tensor [M, T, V, C] or [B, M, T, V, C], found {found}")
        if frame_mask is None:
            frame_mask = torch.ones(joints.shape[:-2], dtype=torch.bool, device=joints.device)
        if frame_mask.shape != joints.shape[:-2] or frame_mask.dtype != torch.bool:
            raise DataError(
                f"frame_mask must be bool {tuple(joints.shape[:-2])} for joints {tuple(joints.shape)}, "
                f"found {str(frame_mask.dtype)[6:]} {tuple(frame_mask.shape)}"
            )
        y, graphs = attributes.get("y"), joints.size(0) if joints.dim() == 5 else 1
        if isinstance(y, Tensor) and y.shape[:1] != (graphs,):
            raise DataError(f"y must have one label for each of {graphs} graphs, found shape {tuple(y.shape)}")
        return cls(pos=joints.reshape(-1, joints.shape[-1]), frame_mask=frame_mask, **attributes)

    @property
    def x(self) -> Tensor:
        """Node features ``[N, ...]``; ``pos`` unless others were assigned."""
        return self._store.get("x", self._store.get("pos"))

    @x.setter
    def x(self, x: Tensor) -> None:
        self._store["x"] = x

    @property
    def num_node_features(self) -> int:
        """Features of a node."""
        return self.x.size(-1)

    @property
    def frame_mask(self) -> Tensor:
        """``[*, M, T]`` bool, True where that body is present."""
        frame_mask, grid = self._store.frame_mask, self._store.get("grid")
        if grid is None:
            return frame_mask
        if isinstance(grid[0], int):
            return frame_mask.view(*grid)
        shapes = {tuple(shape) for shape in grid}  # of clips that PyG has batched
        if len(shapes) > 1:
            raise DataError(
                f"a batch of clips of {len(shapes)} different shapes [M, T] has no common joints and frame_mask: take "
                f"one clip, batch[i], or give all the same number of frames, SkeletonDataset(..., frames=T)"
            )
        return frame_mask.view(len(grid), *grid[0])

    @frame_mask.setter
    def frame_mask(self, frame_mask: Tensor) -> None:
        # Stored flat, with its shape beside it, for a clip: PyG can then batch clips of any lengths.
        self._store["grid"] = tuple(frame_mask.shape) if frame_mask.dim() == 2 else None
        self._store["frame_mask"] = frame_mask.flatten() if frame_mask.dim() == 2 else frame_mask

    @property
    def confidence(self) -> Tensor:
        """``[*, M, T, V]`` in 0 to 1, how sure the tracker is of each joint."""
        return self._store.confidence.view(*self.frame_mask.shape, -1)

    @confidence.setter
    def confidence(self, confidence: Tensor) -> None:
        self._store["confidence"] = confidence.flatten()

    @property
    def joints(self) -> Tensor:
        """Zero-copy view ``[*, M, T, V, C]`` of ``pos``."""
        # PyG masks an AttributeError raised inside a property of `Data`.
        if "pos" not in self._store or "frame_mask" not in self._store:
            raise DataError(f"this graph has no 'pos' and 'frame_mask', found only {self.keys()}")
        pos, frame_mask = self._store.pos, self.frame_mask
        grid = frame_mask.numel()
        if grid == 0 or pos.size(0) % grid:
            raise DataError(f"pos has {pos.size(0)} nodes, which frame_mask {tuple(frame_mask.shape)} does not divide")
        return pos.view(*frame_mask.shape, pos.size(0) // grid, pos.size(-1))

    @joints.setter
    def joints(self, joints: Tensor) -> None:
        self._store["pos"], self._store["x"] = joints.reshape(-1, joints.shape[-1]), None

    @property
    def num_joints(self) -> int:
        """Joints a body, ``V``."""
        return self.joints.size(-2)

    @property
    def is_batch(self) -> bool:
        """True for a batch of clips, False for one clip."""
        grid = self._store.get("grid")
        return grid is None or not isinstance(grid[0], int)

    @property
    def num_graphs(self) -> int:
        """Clips in the batch; 1 for a clip."""
        return self.frame_mask.size(0) if self.is_batch else 1

    def to_pyg(self, topology: Topology, temporal: bool = True, cross_body: bool = False) -> Data:
        """Return this graph with explicit edges, for any PyG layer or for exploration.

        Args:
            topology: the skeleton; its bones are the edges within a frame.
            temporal: also join each joint with itself in the next frame.
            cross_body: also join each joint with the same joint of the other bodies in the frame.

        Returns:
            ``Data`` with ``x [N, C]`` and ``pos [N, C]`` (one tensor, unless ``x`` was assigned), ``edge_index [2, E]``
            (both directions), ``edge_type [E]`` (:class:`~skgraph.data.edges.EdgeType`), ``present [N]`` bool (nodes of
            absent frames have no edges), for a batch ``batch [N]``, and all other attributes but ``reference``.

        Raises:
            DataError: the joint count differs from the topology's.
        """
        from skgraph.data.edges import spatiotemporal_edges

        joints, frame_mask = self.joints, self.frame_mask
        if joints.size(-2) != topology.num_joints:
            raise DataError(
                f"topology '{topology.name}' has {topology.num_joints} joints, the graph has {joints.size(-2)}"
            )
        bodies, frames, vertices = joints.shape[-4:-1]
        edge_index, edge_type = spatiotemporal_edges(topology, bodies, frames, temporal, cross_body)
        edge_index, edge_type = edge_index.to(joints.device), edge_type.to(joints.device)
        nodes = bodies * frames * vertices
        graphs = self.num_graphs
        offset = torch.arange(graphs, device=joints.device) * nodes
        edge_index = (edge_index[:, None, :] + offset[None, :, None]).flatten(1)
        edge_type = edge_type.repeat(graphs)
        present = frame_mask.flatten().repeat_interleave(vertices)
        kept = present[edge_index].all(dim=0)
        data = Data(x=self.x, edge_index=edge_index[:, kept], edge_type=edge_type[kept], present=present)
        if self.is_batch:
            data.batch = torch.arange(graphs, device=joints.device).repeat_interleave(nodes)
        used = ("x", "frame_mask", "grid", "reference")
        return data.update({key: value for key, value in self._store.items() if key not in used})

    def __getitem__(self, key: Any) -> Any:
        """Return an attribute by its name, or clips of a batch by index, slice, mask or index tensor."""
        if isinstance(key, str):
            return getattr(self, key) if key in _VIEWS else super().__getitem__(key)
        if not self.is_batch:
            raise DataError("this is one clip, not a batch: only attribute names can be looked up")
        graphs, nodes = self.num_graphs, self._store.pos.size(0)
        if isinstance(key, list):
            key = torch.tensor(key)
        out = self.__class__()
        for name, value in self._store.items():
            if name == "frame_mask":
                out.frame_mask = value[key]
            elif isinstance(value, Tensor) and value.size(0) == nodes:
                out._store[name] = value.unflatten(0, (graphs, -1))[key].reshape(-1, *value.shape[1:])
            elif isinstance(value, Tensor) and value.size(0) == graphs:
                picked = value[key]
                out._store[name] = picked.view(1) if picked.dim() == 0 else picked
            elif isinstance(value, list) and len(value) == graphs:
                chosen = torch.arange(graphs)[key]
                out._store[name] = [value[i] for i in chosen] if chosen.dim() else value[int(chosen)]
            else:
                out._store[name] = value
        return out

    def __len__(self) -> int:
        """Count the clips of a batch; the attributes of a clip, as of any PyG graph."""
        return self.num_graphs if self.is_batch else super().__len__()

    def __iter__(self) -> Iterator[Any]:
        """Yield the clips of a batch; names and values of the attributes of a clip, as of any PyG graph."""
        return (self[i] for i in range(self.num_graphs)) if self.is_batch else super().__iter__()

    def __cat_dim__(self, key: str, value: Any, *args: Any, **kwargs: Any) -> Any:
        return None if key in _STACKED else super().__cat_dim__(key, value, *args, **kwargs)
