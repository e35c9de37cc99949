"""A recogniser of the tiny store's classes by a run of a few steps."""

from __future__ import annotations

import pytest

from skgraph.recognition import Recogniser
from tests.evaluation.conftest import run_folder  # noqa: F401


@pytest.fixture
def recogniser(run_folder, store) -> Recogniser:  # noqa: F811
    return Recogniser.fit(run_folder, store, "xsub", precision="fp32")
