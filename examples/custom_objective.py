"""A custom objective in one file. Check it:

    python custom_objective.py

and train any encoder with it, from the folder that holds this file:

    python -m skgraph.pretrain objective=custom objective._target_=custom_objective.PredictSpeed encoder=stgcn
"""

from torch import nn

from skgraph import Topology
from skgraph.checks import check_objective
from skgraph.encoders import TransformerEncoder
from skgraph.objectives import Objective, Predictor


class PredictSpeed(Objective):
    """Predict how fast every hidden joint moves in every patch, as the logarithm of its mean speed.

    The constructor gets `encoder`, `topology`, `frames` and `channels` from the run if it has arguments for them, and
    everything else from `objective.*` on the command line.
    """

    def __init__(self, encoder, depth=2, heads=4):
        super().__init__()
        self.encoder = encoder
        self.predictor = Predictor(encoder.dim, encoder.grid, out_dim=1, depth=depth, heads=heads)

    def forward(self, views, visible, masked):
        predictions = self.predictor(self.encoder(views[0], visible), visible, masked)[..., 0]  # [B, masked tokens]
        speed = (views[0, :, 1:] - views[0, :, :-1]).norm(dim=-1)  # [B, T - 1, V]
        length = views.size(2) // self.encoder.grid[0]
        speed = nn.functional.pad(speed, (0, 0, 0, 1)).unflatten(1, (-1, length)).mean(dim=2)  # [B, T_e, V]
        targets = speed.clamp(min=1e-3).log().flatten(1).gather(1, masked)
        loss = nn.functional.smooth_l1_loss(predictions.float(), targets)
        return loss, {"target_std": targets.std(), "prediction_std": predictions.detach().std()}


if __name__ == "__main__":
    encoder = TransformerEncoder(Topology.load("ntu_rgbd"), frames=64, patch_length=4, dim=64, depth=2, heads=4)
    objective = PredictSpeed(encoder)
    check_objective(objective, frames=64)
    print(f"{type(objective).__name__} satisfies the contract")
