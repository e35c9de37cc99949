"""Choosing training clips: labelled subsets, and people held out for validation."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from skgraph.errors import ConfigError, DataError

Sampling = Literal["per_class", "global"]


def labelled_subset(y: Tensor, fraction: float, sampling: Sampling, seed: int) -> Tensor:
    """Clips that keep their labels in a semi-supervised evaluation.

    Args:
        y: labels of the training clips, ``[N]``.
        fraction: share that is kept.
        sampling: ``"per_class"``: ``round(fraction * n_c)`` of each class and at least one (AimCLR, HYSP);
            ``"global"``: ``int(fraction * N)`` of all (MAMP, CMD), whatever their classes.
        seed: of the choice.

    Returns:
        sorted positions in ``y``.

    Raises:
        ConfigError: a fraction outside (0, 1], an unknown sampling, or nothing left.
    """
    if not 0 < fraction <= 1:
        raise ConfigError(f"protocol: fraction must be in (0, 1], found {fraction}")
    generator = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(y), generator=generator)
    if sampling == "global":
        chosen = order[: int(fraction * len(y))]
    elif sampling == "per_class":
        parts = []
        for label in y.unique():
            members = order[y[order] == label]
            parts.append(members[: max(1, round(fraction * len(members)))])
        chosen = torch.cat(parts)
    else:
        raise ConfigError(f"protocol: sampling must be 'per_class' or 'global', found '{sampling}'")
    if not len(chosen):
        raise ConfigError(f"protocol: fraction {fraction} of {len(y)} training clips is none")
    return chosen.sort().values


def hold_out_subjects(subject: Tensor, share: float, seed: int) -> Tensor:
    """Which training clips to hold out for validation: all clips of some people.

    Args:
        subject: person of each training clip, ``[N]``; -1 where unknown.
        share: of the people, rounded, and at least one.
        seed: of the choice.

    Returns:
        ``[N]`` bool, True for held-out clips.

    Raises:
        ConfigError: a share outside (0, 1).
        DataError: people are unknown, or fewer than two.
    """
    if not 0 < share < 1:
        raise ConfigError(f"validation must be a share of the training people in (0, 1), found {share}")
    people = subject.unique()
    if (people < 0).any() or len(people) < 2:
        raise DataError(
            f"validation=... holds out training people: the training clips must have known subjects, at least 2 of "
            f"them, found {people[people >= 0].tolist()}{' and unknown ones' if (people < 0).any() else ''}"
        )
    count = min(max(1, round(share * len(people))), len(people) - 1)
    order = torch.randperm(len(people), generator=torch.Generator().manual_seed(seed))
    return torch.isin(subject, people[order[:count]])
