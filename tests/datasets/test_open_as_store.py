import os

import pytest

from skgraph.datasets.open_as_store import open_as_store
from skgraph.errors import DataError


@pytest.mark.parametrize("name", ["a.npz", "a.npy"])
def test_a_pipe_is_not_waited_for(tmp_path, name):
    os.mkfifo(tmp_path / name)
    with pytest.raises(DataError, match=f"{name}'( is a pipe or a device,|:) expected a"):
        open_as_store(tmp_path / name, "ntu_rgbd", None, tmp_path / "scratch")
