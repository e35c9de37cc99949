import os

import pytest

from skgraph.errors import DataError
from skgraph.inspection.source import open_source


@pytest.mark.parametrize("name", ["a.npz", "a.npy"])
def test_a_pipe_is_not_waited_for(tmp_path, name):
    os.mkfifo(tmp_path / name)
    with pytest.raises(DataError, match=f"{name}'( is a pipe or a device,|:) expected a"):
        open_source(tmp_path / name, "ntu_rgbd", None, tmp_path / "scratch")
