import pytest
import torch

from skgraph.encoders import CompactEncoder, TransformerEncoder
from skgraph.errors import ConfigError
from skgraph.evaluation.features.pooling import pooled

JOINTS = torch.randn(3, 16, 25, 3, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def compact(topology):
    return CompactEncoder(topology, frames=16, dim=8, depth=1, heads=2)


def test_each_pool_is_what_it_says(compact):
    class_token, tokens = compact.encode_grid(JOINTS)
    mean = tokens.mean(dim=1)
    by_joint = torch.stack([tokens[:, v::25].mean(dim=1) for v in range(25)], dim=1).flatten(1)
    expected = {"mean": mean, "class": class_token, "class_mean": torch.cat([class_token, mean], 1), "joints": by_joint}
    expected["mean_std"] = torch.cat([mean, tokens.var(dim=1, correction=0).sqrt()], 1)
    for pool, feature in expected.items():
        assert torch.allclose(pooled(compact, JOINTS, pool), feature, atol=1e-6), pool


def test_a_class_token_must_be_there(topology):
    encoder = TransformerEncoder(topology, frames=16, patch_length=4, dim=8, depth=1, heads=2)
    assert pooled(encoder, JOINTS, "joints").shape == (3, 200)
    with pytest.raises(ConfigError, match="pool=class needs an encoder with a class token, found TransformerEncoder"):
        pooled(encoder, JOINTS, "class")
    with pytest.raises(ConfigError, match="pool must be one of mean, mean_std, class, class_mean, joints, found 'max'"):
        pooled(encoder, JOINTS, "max")
