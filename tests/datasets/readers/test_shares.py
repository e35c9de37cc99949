"""Every reader reads a slice of its clips, and no more of a folder of clips than those."""

from __future__ import annotations

import numpy as np
import pytest

from skgraph.datasets.readers.npy import read_npy
from skgraph.errors import DataError
from tests.datasets.fuzzing.sources import SOURCES


@pytest.mark.parametrize("make", [make for several in SOURCES.values() for make in several])
def test_a_share_has_the_clips_of_its_slice(make, tmp_path):
    source = make()
    for path, content in source.files.items():
        (tmp_path / "in" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / path).write_bytes(content)

    def clips(*part):
        raw = source.read(tmp_path / "in", tmp_path / "parts")
        found = list(raw.clips(*part))
        if raw.finish is not None:
            raw.finish(np.arange(len(raw)))
        return found

    whole = clips()
    for part in (slice(0, 1), slice(1, 3), slice(2, len(whole))):
        shared = clips(part)
        assert len(shared) == len(whole[part])
        for one, other in zip(shared, whole[part], strict=True):
            assert one.excluded == other.excluded and np.array_equal(one.joints, other.joints)
            assert np.array_equal(one.there, other.there)
            assert np.array_equal(*(np.zeros(0) if x is None else x for x in (one.segments, other.segments)))


def test_the_files_of_other_shares_are_not_read(tmp_path):
    for path, content in SOURCES["npy"][0]().files.items():
        (tmp_path / path).write_bytes(content)
    raw = read_npy(tmp_path, "ntu_rgbd")
    next(tmp_path.glob(f"{raw.name[0]}.npy")).write_bytes(b"damaged")
    assert len(list(raw.clips(slice(1, None)))) == len(raw) - 1
    with pytest.raises(DataError):
        next(raw.clips(slice(0, 1)))
