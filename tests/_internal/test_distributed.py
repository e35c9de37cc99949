import torch
from torch import distributed as dist
from torch import multiprocessing

from skgraph._internal.distributed import mean_over_ranks, num_ranks
from skgraph.objectives.vicreg import vicreg_terms


def test_one_process_is_its_own_mean():
    x = torch.tensor([1.0, 2.0])
    assert num_ranks() == 1
    assert mean_over_ranks(x) is x and x.tolist() == [1, 2]


def test_two_processes_share_their_statistics(tmp_path):
    multiprocessing.spawn(_rank, args=(str(tmp_path / "meeting"),), nprocs=2)


def _rank(rank: int, meeting: str) -> None:
    dist.init_process_group("gloo", init_method=f"file://{meeting}", rank=rank, world_size=2)
    assert num_ranks() == 2
    assert mean_over_ranks(torch.tensor([1.0 + rank, 4.0])).tolist() == [1.5, 4]
    whole = torch.randn(8, 3, 5, generator=torch.Generator().manual_seed(0))
    shared = vicreg_terms(whole[rank::2])
    dist.destroy_process_group()
    for mine, alone in zip(shared, vicreg_terms(whole), strict=True):
        assert torch.allclose(mine, alone, atol=1e-6)
