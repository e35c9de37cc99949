"""The benchmarks NTU RGB+D 60 and 120: which recordings belong to them, their splits, and how many clips they have."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skgraph.datasets.formats.ntu.names import ClipName
from skgraph.datasets.preparation.split import Split
from skgraph.errors import ConfigError

_TRAIN_SUBJECTS_60 = (1, 2, 4, 5, 8, 9, 13, 14, 15, 16, 17, 18, 19, 25, 27, 28, 31, 34, 35, 38)
_TRAIN_SUBJECTS_120 = (
    *_TRAIN_SUBJECTS_60,
    45,
    46,
    47,
    49,
    50,
    52,
    53,
    54,
    55,
    56,
    57,
    58,
    59,
    70,
    74,
    78,
    80,
    81,
    82,
    83,
    84,
    85,
    86,
    89,
    91,
    92,
    93,
    94,
    95,
    97,
    98,
    100,
    103,
)
_TRAIN_CAMERAS = (2, 3)


@dataclass(frozen=True)
class Benchmark:
    """One of the two.

    Args:
        actions: how many classes, the first so many of `ACTIONS`.
        setups: how many setups, from 1.
        recordings: files in the archives.
        missing: those of them that the authors list as having no or incomplete skeletons.
        parts: clips that train and test in each split, without the missing ones.
    """

    actions: int
    setups: int
    recordings: int
    missing: int
    parts: dict[str, tuple[int, int]]

    def holds(self, clip: ClipName) -> bool:
        """Whether a recording belongs to the benchmark."""
        return clip.action <= self.actions and clip.setup <= self.setups

    def splits(self, clips: list[ClipName]) -> list[Split]:
        """The published splits of some recordings."""
        setup, camera, subject = np.array([clip[:3] for clip in clips]).T
        train_subjects = _TRAIN_SUBJECTS_60 if self.actions == 60 else _TRAIN_SUBJECTS_120
        splits = {
            "xsub": (np.isin(subject, train_subjects), f"the {len(train_subjects)} published subjects train"),
            "xview": (np.isin(camera, _TRAIN_CAMERAS), "cameras 2 and 3 train, 1 tests"),
            "xset": (setup % 2 == 0, "even setups train"),
        }
        return [Split(name, *splits[name]) for name in self.parts]


# Shahroudy et al., CVPR 2016, and Liu et al., TPAMI 2019; clips of the parts as every published pipeline counts them.
BENCHMARKS = {
    60: Benchmark(60, 17, 56_880, 302, {"xsub": (40_091, 16_487), "xview": (37_646, 18_932)}),
    120: Benchmark(120, 32, 114_480, 535, {"xsub": (63_026, 50_919), "xset": (54_468, 59_477)}),
}


def benchmark(number: int) -> Benchmark:
    """
    Raises:
        ConfigError: neither 60 nor 120.
    """
    if number not in BENCHMARKS:
        raise ConfigError(f"NTU RGB+D is 60 or 120, found {number}")
    return BENCHMARKS[number]
