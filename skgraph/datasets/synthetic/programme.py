"""Which actions a recording of the synthetic dataset holds, and in which order."""

from __future__ import annotations

import numpy as np

from skgraph.datasets.synthetic.actions import ACTIONS

# Recordings in which a person performs every action for one once.
RECORDINGS = 3


def programme(rng: np.random.Generator) -> list[list[int]]:
    """The actions of one person, numbers in `ACTIONS`, in random order and divided into `RECORDINGS` lists.

    An action that starts otherwise than standing comes right after one that ends so: one stands up after one sat down.
    """
    order = [i for i in rng.permutation(len(ACTIONS)).tolist() if ACTIONS[i].gap is None]
    followers = [i for i in order if ACTIONS[i].start]
    units = []
    for i in order:
        if ACTIONS[i].start:
            continue
        unit = [i]
        if left_in := ACTIONS[i].left_in():
            follower = next(j for j in followers if ACTIONS[j].start == left_in)
            followers.remove(follower)
            unit.append(follower)
        units.append(unit)
    assert not followers, "an action starts in a posture that no other ends in"
    # Interleaved, so that the recordings are about as long as each other.
    return [[i for unit in units[part::RECORDINGS] for i in unit] for part in range(RECORDINGS)]
