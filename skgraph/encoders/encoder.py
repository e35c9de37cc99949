"""What objectives know of an encoder."""

from __future__ import annotations

from abc import abstractmethod

from torch import Tensor, nn

from skgraph._internal.options import at_least
from skgraph.encoders.patches import patchify
from skgraph.errors import ConfigError, DataError
from skgraph.topology import Topology


class Encoder(nn.Module):
    """The contract of encoders: ``encoder(joints [B, T, V, C], visible [B, K] | None) -> tokens [B, K or L, D]``.

    What a hidden joint holds must not change the output, and tokens come in the order of ``visible``. A subclass says
    :meth:`encode`; any other module that keeps the contract will do as well
    (:func:`skgraph.checks.check_encoder` tells).

    Args:
        topology: the skeleton; gives the joint count ``V``.
        frames: of the input, ``T``.
        channels: coordinates of a joint, ``C``.
        patch_length: frames of a token, ``l``; divides ``frames``.
        dim: width of the tokens, ``D``.

    Attributes:
        dim: width of the tokens.
        grid: ``(T_e, V)``, with ``T_e = T / l`` segments.
        static_shapes: whether it does the same operations with every batch, so that compiling it is worth it.

    Raises:
        ConfigError: ``patch_length`` does not divide ``frames``, or a size is below 1.
    """

    static_shapes = False

    def __init__(self, topology: Topology, frames: int, channels: int, patch_length: int, dim: int) -> None:
        super().__init__()
        at_least(type(self).__name__, 1, patch_length=patch_length, dim=dim)
        if frames % patch_length:
            raise ConfigError(f"patch_length must divide the frames, found {patch_length} for {frames} frames")
        self.dim = dim
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
            DataError: ``joints`` does not have this encoder's frames, joints and channels.
        """
        expected = (self.grid[0] * self.patch_length, self.grid[1], self.channels)
        if joints.shape[1:] != expected:
            raise DataError(f"the encoder expects joints [B, {', '.join(map(str, expected))}], found {[*joints.shape]}")
        return self.encode(joints, visible)

    @abstractmethod
    def encode(self, joints: Tensor, visible: Tensor | None) -> Tensor:
        """:meth:`forward`, after its input has been checked."""

    def raw_tokens(self, joints: Tensor, visible: Tensor | None) -> Tensor:
        """The visible raw tokens ``[B, K, l * C]``, or all of them: what is hidden is not even looked at."""
        tokens = patchify(joints, self.grid[0])
        return tokens if visible is None else tokens.gather(1, visible[..., None].expand(-1, -1, tokens.size(-1)))
