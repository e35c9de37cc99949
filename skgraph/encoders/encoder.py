"""The contract of encoders."""

from __future__ import annotations

from abc import abstractmethod

import torch
from torch import Tensor, nn

from skgraph._internal.options import at_least
from skgraph.encoders.joint_embedding import JointEmbedding
from skgraph.encoders.token_grid import patchify
from skgraph.errors import ConfigError, DataError
from skgraph.topology import Topology


class Encoder(nn.Module):
    """Base class of encoders: ``encoder(joints [B, T, V, C], visible [B, K] | None) -> tokens [B, K or L, D]``.

    The output does not depend on hidden joints, and tokens come in the order of ``visible``. A subclass implements
    :meth:`encode`; any other module that keeps the contract serves as well (:func:`skgraph.checks.check_encoder`).

    Args:
        topology: the skeleton; gives the joint count ``V``.
        frames: frames of the input, ``T``.
        channels: coordinates of a joint, ``C``.
        patch_length: frames of a token, ``l``; divides ``frames``.
        dim: width of the tokens, ``D``.

    Attributes:
        dim: width of the tokens.
        grid: ``(T_e, V)``, with ``T_e = T / l`` patches.
        topology: the skeleton.
        any_length: takes any number of patches, and encodes ``T'`` frames as ``T' / l`` patches.
        static_shapes: whether every batch takes the same operations, so that compiling pays.

    Raises:
        ConfigError: ``patch_length`` does not divide ``frames``, a size is below 1, or ``topology`` is none.
    """

    any_length = False
    static_shapes = False
    _checked = False

    def __init__(self, topology: Topology, frames: int, channels: int, patch_length: int, dim: int) -> None:
        super().__init__()
        at_least(type(self).__name__, 1, frames=frames, channels=channels, patch_length=patch_length, dim=dim)
        if not isinstance(topology, Topology):
            raise ConfigError(f"an encoder takes a Topology, as Topology.load('ntu_rgbd') is, found {topology!r:.80}")
        if frames % patch_length:
            raise ConfigError(f"patch_length must divide the frames, found {patch_length} for {frames} frames")
        self.dim, self.topology = dim, topology
        self.grid = (frames // patch_length, topology.num_joints)
        self.patch_length, self.channels = patch_length, channels

    def forward(self, joints: Tensor, visible: Tensor | None = None) -> Tensor:
        """Encode bodies.

        Args:
            joints: ``[B, T, V, C]``.
            visible: token ids ``[B, K]``, token ``t * V + v``; all tokens if not given.

        Returns:
            tokens ``[B, K, D]``, or ``[B, L, D]`` without ``visible``, in the order of ``visible``.

        Raises:
            DataError: ``joints`` does not have this encoder's frames, joints and channels, or ``visible`` does not hold
                token ids of each body.
        """
        frames: int | str = self.grid[0] * self.patch_length
        if self.any_length:
            fits, frames = joints.size(1) % self.patch_length == 0, f"a multiple of {self.patch_length}"
        else:
            fits = joints.size(1) == frames
        if not fits or joints.shape[2:] != (self.grid[1], self.channels):
            expected = f"[B, {frames}, {self.grid[1]}, {self.channels}]"
            raise DataError(f"the encoder expects joints {expected}, found {[*joints.shape]}")
        if visible is not None:
            self._check_visible(joints, visible)
        return self.encode(joints, visible)

    def use(self, topology: Topology) -> None:
        """Take bodies of another topology from now on.

        Raises:
            ConfigError: the encoder knows joints by their number, or the topology has other coordinates.
        """
        if topology == self.topology:
            return
        embeddings = [module for module in self.modules() if isinstance(module, JointEmbedding)]
        if not embeddings:
            raise ConfigError(
                f"the encoder was built for topology '{self.topology.name}', and knows joints by their number: train "
                "with encoder.joint_embedding=graph"
            )
        if topology.dim != self.topology.dim:
            raise ConfigError(f"the encoder takes {self.topology.dim}D joints, '{topology.name}' is {topology.dim}D")
        for embedding in embeddings:
            embedding.use(topology)
        self.topology, self.grid = topology, (self.grid[0], topology.num_joints)

    def _check_visible(self, joints: Tensor, visible: Tensor) -> None:
        """Check the shape of token ids, and their range until one call has passed; compiled code skips the range."""
        tokens = joints.size(1) // self.patch_length * self.grid[1]
        wrong = visible.dtype != torch.int64 or visible.dim() != 2 or visible.size(0) != joints.size(0)
        if not (wrong or self._checked or torch.compiler.is_compiling()):
            wrong = bool(((visible < 0) | (visible >= tokens)).any())
            self._checked = not wrong
        if wrong:
            raise DataError(
                f"visible must be token ids [{joints.size(0)}, K], int64 in 0 to {tokens - 1}, "
                f"found {str(visible.dtype)[6:]} {[*visible.shape]}"
            )

    @abstractmethod
    def encode(self, joints: Tensor, visible: Tensor | None) -> Tensor:
        """Encode checked input, see :meth:`forward`."""

    def raw_tokens(self, joints: Tensor, visible: Tensor | None) -> Tensor:
        """Return the visible raw tokens ``[B, K, l * C]``, or all ``[B, L, l * C]``; hidden ones are never read."""
        tokens = patchify(joints, joints.size(1) // self.patch_length)
        return tokens if visible is None else tokens.gather(1, visible[..., None].expand(-1, -1, tokens.size(-1)))
