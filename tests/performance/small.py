"""A pre-training configuration of the smallest sizes, on the CPU."""

from __future__ import annotations

from typing import Any

from tests.test_configs import SMALL, composed


def small_pretraining(*overrides: str) -> dict[str, Any]:
    return composed(*overrides, "patch_length=4", "frames=16", *SMALL[:3]) | {"device": "cpu"}


MAMP = ("objective=mamp", "objective.decoder.depth=1")
