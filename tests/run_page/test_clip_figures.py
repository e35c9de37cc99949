from __future__ import annotations

import io

import pytest
from PIL import Image

from skgraph.evaluation.pretrained import PretrainedRun
from skgraph.run_page.clip_figures import clip_animation, mask_on_clip


@pytest.fixture
def run(run_folder):
    return PretrainedRun.open(run_folder)


def test_a_mask_on_a_clip(run, store):
    drawing = mask_on_clip(run, store, 3)
    assert drawing.rows[0] == ["patch", "joint", "visible"] and len(drawing.rows) == 1 + 4 * 25
    assert drawing.rows[26][:2] == [1, "SpineBase"]
    visible = sum(row[2] for row in drawing.rows[1:])
    assert visible == 100 - 90 and f"{visible} of 100 tokens" in drawing.caption
    assert mask_on_clip(run, store, 3).rows == drawing.rows != mask_on_clip(run, store, 3, seed=1).rows


def test_a_clip_that_moves(run, store):
    drawing = clip_animation(run, store, 0)
    clip = store.clip(0)
    assert len(drawing.rows) - 1 == int(clip.frame_mask.sum()) * 25
    first = drawing.rows[1]
    assert first[:3] == [0, 0, "SpineBase"]
    assert [float(x) for x in first[3:6]] == pytest.approx(clip.joints[0, 0, 0].tolist(), rel=1e-3)
    assert {row[6] for row in drawing.rows[1:]} == {0, 1}
    assert Image.open(io.BytesIO(drawing.content)).n_frames == round(clip.joints.shape[1] / 30 * 25)
