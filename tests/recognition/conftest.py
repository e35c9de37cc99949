"""A recogniser of the tiny store's classes by a run of a few steps."""

from __future__ import annotations

import pytest

from skgraph.recognition import Recogniser


@pytest.fixture
def recogniser(run_folder, store) -> Recogniser:
    return Recogniser.fit(run_folder, store, "xsub", precision="fp32")
