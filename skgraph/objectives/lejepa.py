"""LeJEPA: embeddings of crops that agree and follow a Gaussian, without a teacher."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor, nn

from skgraph._internal.distributed import num_ranks
from skgraph._internal.options import at_least
from skgraph.encoders.encoder import Encoder
from skgraph.encoders.layers import initialise
from skgraph.errors import ConfigError
from skgraph.objectives.gaussian import COLLAPSED_SIGREG, random_directions, sigreg, visreg
from skgraph.objectives.mlp import BatchNorm, mlp
from skgraph.objectives.objective import Objective


class LeJEPA(Objective):
    r"""Latent-Euclidean joint-embedding predictive architecture (Balestriero and LeCun, 2025), for skeletons.

    Every view is a crop in time of its own, augmented and masked, and goes through one encoder, with gradients: four
    views that hide 75 % of their tokens cost one whole pass. The mean of a view's tokens is projected to an embedding
    :math:`z_v`; embeddings of a body agree with their mean, and over bodies follow a standard normal distribution:

    .. math:: \mathcal L = (1 - \lambda) \frac1n \sum_v \lVert z_v - \bar z \rVert^2 / O
        + \lambda \frac1n \sum_v \mathrm{SIGReg}(z_v).

    There is no target network, no centre, no temperature and no schedule. The paper is about images; number of views,
    mask and projector are chosen for skeletons here.

    With a ``predictor`` the first view is also encoded whole, with gradients, and its projected tokens are predicted at
    the masked places from the visible ones: their mean squared error joins the first term, and the regulariser also
    acts on targets and on predictions, over bodies.

    Args:
        encoder: any encoder of :mod:`skgraph.encoders`.
        num_views: views of each body, at least 2.
        own_crops: every view is a crop of its own; otherwise all show the same frames.
        hidden_dim: width of the projector's two hidden layers.
        embedding_dim: width ``O`` of an embedding.
        regulariser: ``"sigreg"``, or ``"visreg"``, see :mod:`skgraph.objectives.gaussian`.
        regulariser_weight: :math:`\lambda`.
        num_directions: random directions of the regulariser, drawn anew in each step.
        predictor: called as ``predictor(in_dim=..., grid=..., out_dim=...)``; ``None`` for no prediction of tokens.

    Raises:
        ConfigError: a value out of its range.

    >>> from skgraph import Topology
    >>> from skgraph.encoders import TransformerEncoder
    >>> encoder = TransformerEncoder(Topology.load("ntu_rgbd"), frames=8, patch_length=4, dim=16, depth=1, heads=2)
    >>> objective = LeJEPA(encoder, num_views=2)
    >>> views, tokens = torch.randn(2, 4, 8, 25, 3), torch.arange(50).expand(2, 4, -1)  # [num_views, B, ...]
    >>> loss, logs = objective(views, visible=tokens[..., :15], masked=tokens[..., 15:])
    >>> loss.shape, sorted(logs)
    (torch.Size([]), ['collapse', 'embedding_std', 'invariance', 'sigreg'])
    """

    own_masks = True
    one_skeleton = None

    def __init__(
        self,
        encoder: Encoder,
        num_views: int = 4,
        own_crops: bool = True,
        hidden_dim: int = 512,
        embedding_dim: int = 64,
        regulariser: Literal["sigreg", "visreg"] = "sigreg",
        regulariser_weight: float = 0.05,
        num_directions: int = 256,
        predictor: Callable[..., nn.Module] | None = None,
    ) -> None:
        super().__init__()
        at_least("LeJEPA", 2, num_views=num_views)
        at_least("LeJEPA", 1, hidden_dim=hidden_dim, embedding_dim=embedding_dim, num_directions=num_directions)
        if regulariser not in ("sigreg", "visreg"):
            raise ConfigError(f"objective.regulariser must be 'sigreg' or 'visreg', found '{regulariser}'")
        if not 0 < regulariser_weight < 1:
            raise ConfigError(f"objective.regulariser_weight must be between 0 and 1, found {regulariser_weight}")
        self.num_views, self.own_crops = num_views, own_crops
        self.regulariser, self.regulariser_weight = regulariser, regulariser_weight
        self.embedding_dim, self.num_directions = embedding_dim, num_directions
        self.encoder = encoder
        self.projector = mlp(encoder.dim, hidden_dim, embedding_dim, layers=3, norm=BatchNorm).apply(initialise)
        self.predictor: nn.Module | None = None
        if predictor is not None:
            self.predictor = predictor(in_dim=encoder.dim, grid=encoder.grid, out_dim=embedding_dim)
            self._place_joints(self.predictor)
            self.token_projection = nn.Linear(encoder.dim, embedding_dim).apply(initialise)

    def forward(self, views: Tensor, visible: Tensor, masked: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """See :class:`~skgraph.objectives.objective.Objective`.

        The log has ``invariance``, the regulariser (``sigreg`` or ``visreg``), ``embedding_std`` (mean over dimensions
        of the deviation over bodies) and, of SIGReg, ``collapse``: its value over that of a collapse to zero. With a
        predictor it has ``prediction`` as well.
        """
        self.check_inputs(views, visible, masked)
        if self.training and views.size(1) < 2 and num_ranks() == 1:
            raise ConfigError("LeJEPA compares the bodies of a batch: trainer.batch_size must be at least 2, found 1")
        # Draw before the encoder does, whose draws depend on the rows of a process.
        directions = random_directions(self.embedding_dim, self.num_directions, views.device)
        tokens = self.encoder(views.flatten(0, 1), visible.flatten(0, 1)).unflatten(0, visible.shape[:2])
        embeddings = self.projector(tokens.mean(dim=2).flatten(0, 1)).float().unflatten(0, visible.shape[:2])
        agreement = invariance = (embeddings - embeddings.mean(dim=0)).square().mean()
        samples = [embeddings]  # each [..., B, O]
        logs = {"invariance": invariance.detach(), "embedding_std": embeddings.detach().std(dim=1).mean()}
        if self.predictor is not None:
            predictions = self.predictor(tokens[0], visible[0], masked[0]).float()
            targets = self.token_projection(self.encoder(views[0])).float()
            targets = targets.gather(1, masked[0][..., None].expand(-1, -1, self.embedding_dim))
            prediction = (predictions - targets).square().mean()
            agreement = invariance + prediction
            samples += [predictions.transpose(0, 1), targets.transpose(0, 1)]
            logs["prediction"] = prediction.detach()
        regularise = sigreg if self.regulariser == "sigreg" else visreg
        terms = torch.stack([regularise(sample, directions) for sample in samples])
        logs[self.regulariser] = terms[0].detach()
        if self.regulariser == "sigreg":
            logs["collapse"] = logs["sigreg"] / (COLLAPSED_SIGREG * views.size(1) * num_ranks())
        return (1 - self.regulariser_weight) * agreement + self.regulariser_weight * terms.mean(), logs
