import pytest
import torch

from skgraph.data import SkeletonData
from skgraph.errors import ConfigError
from skgraph.transforms import RandomShear


def test_random_shear():
    assert repr(RandomShear(0.5)) == "RandomShear(strength=0.5)"
    # The unit vectors as joints show the columns of the matrix.
    basis = torch.eye(3).view(1, 1, 1, 3, 3).expand(1000, 1, 1, 3, 3)
    matrix = RandomShear(0.5)(SkeletonData.from_joints(basis)).joints.view(1000, 3, 3).mT
    assert (matrix.diagonal(dim1=1, dim2=2) == 1).all()
    off = matrix[:, ~torch.eye(3, dtype=torch.bool)]
    assert off.abs().max() <= 0.5 and (off.amax(0) > 0.48).all() and (off.amin(0) < -0.48).all()


def test_no_strength_is_the_identity(batch):
    assert torch.equal(RandomShear(0.0)(batch).x, batch.x)


def test_random_shear_errors():
    with pytest.raises(ConfigError, match=r"strength must be at least 0, found -0.5"):
        RandomShear(-0.5)
