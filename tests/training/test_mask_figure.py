from __future__ import annotations

import torch

from skgraph.training.mask_figure import mask_figure


def test_the_figure_shows_poses_and_the_mask(topology):
    visible = torch.tensor([0, 26, 99])
    figure = mask_figure(topology, torch.randn(16, 25, 3), visible, grid=(4, 25), moments=3)
    assert len(figure.axes) == 4
    table = figure.axes[-1].images[0].get_array()
    assert table.shape == (25, 4) and table.sum() == 3 and table[0, 0] and table[1, 1] and table[24, 3]
