from __future__ import annotations

import pytest

from skgraph.datasets.preparation.share import Share
from skgraph.errors import ConfigError


@pytest.mark.parametrize("total, of", [(10, 3), (8, 8), (1, 1), (1000, 7)])
def test_shares_are_consecutive_and_have_all_clips(total, of):
    slices = [Share.parse(f"{number}/{of}").clips(total) for number in range(1, of + 1)]
    assert [i for part in slices for i in range(total)[part]] == list(range(total))
    sizes = [part.stop - part.start for part in slices]
    assert max(sizes) - min(sizes) <= 1


@pytest.mark.parametrize("text", ["3", "0/8", "9/8", "1/0", "-1/8", "1/8/2", "a/b", ""])
def test_what_is_no_share(text):
    with pytest.raises(ConfigError, match=f"share must be a number of a number of shares, such as 3/8, found '{text}'"):
        Share.parse(text)


def test_more_shares_than_clips():
    with pytest.raises(ConfigError, match="4 clips cannot have 5 shares"):
        Share.parse("1/5").clips(4)
