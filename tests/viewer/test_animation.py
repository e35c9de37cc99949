from __future__ import annotations

import io
import sys
from dataclasses import replace

import imageio_ffmpeg
import numpy as np
import pytest
from PIL import Image

from skgraph.errors import ConfigError, DataError
from skgraph.viewer import Layer, ViewedClip, animate, clip_of_store

PART = {"torso": (0, 100, 173), "left arm": (207, 90, 0)}


def walking(seconds=2.0, bodies=1, shift=1.0, fps=30.0):
    """A body of 25 joints that stands in a column, and goes to the right by ``shift`` metres."""
    frames = round(seconds * fps)
    joints = np.zeros((bodies, frames, 25, 3), np.float32)
    joints[..., 1] = np.linspace(0, 1.7, 25)
    joints[..., 0] += np.linspace(0, shift, frames)[None, :, None]
    joints[1:, ..., 2] = 0.5
    return ViewedClip("c", "walk", fps, joints, np.ones((bodies, frames), bool))


def gif(data):
    """The pictures of a GIF, ``[n, height, width, 3]``."""
    image = Image.open(io.BytesIO(data))
    pictures = []
    for i in range(image.n_frames):
        image.seek(i)
        pictures.append(np.asarray(image.convert("RGB")))
    return np.stack(pictures)


def columns(picture, colour):
    """Where a colour is in a picture, from left to right in pixels."""
    return np.flatnonzero((np.abs(picture.astype(int) - colour).sum(axis=-1) < 30).any(axis=0))


def test_a_gif_runs_in_the_clips_own_time(topology):
    data = animate(topology, [walking(2.0)])
    image = Image.open(io.BytesIO(data))
    assert image.size == (320, 360) and image.n_frames == 50 and image.info["duration"] == 40
    assert "loop" in image.info


def test_the_skeleton_moves_to_the_right(topology):
    first, *_, last = gif(animate(topology, [walking()]))
    # Above the legend.
    begin, end = (columns(picture[40:330], PART["torso"]).mean() for picture in (first, last))
    assert end - begin > 100


def test_clips_stand_side_by_side_and_the_longest_decides(topology):
    pictures = gif(animate(topology, [walking(1.0), walking(2.0)]))
    assert pictures.shape[1:3] == (360, 640) and len(pictures) == 50
    middle, last = pictures[30], pictures[-1]
    assert np.array_equal(middle[40:330, :320], last[40:330, :320])  # the short one has ended
    assert not np.array_equal(middle[40:330, 320:], last[40:330, 320:])


def test_a_body_that_is_not_there_is_not_drawn(topology):
    clip = walking()
    gone = replace(clip, present=np.arange(60)[None] < 30)
    first, *_, last = gif(animate(topology, [gone]))
    assert len(columns(first[40:330], PART["torso"])) and not len(columns(last[40:330], PART["torso"]))


def test_colours_of_a_layer(topology):
    seen = np.zeros((1, 2, 25), np.float32)
    seen[0, 0] = 1  # visible in the first half
    clip = replace(walking(shift=0.0), layers={"mask": Layer("m", seen, kind="binary", high="seen", low="hidden")})
    pictures = gif(animate(topology, [clip], colour="mask"))
    blue, grey = (10, 79, 143), (134, 134, 134)
    for picture, there, absent in ((pictures[0], blue, grey), (pictures[-1], grey, blue)):
        assert len(columns(picture[40:330], there)) and not len(columns(picture[40:330], absent))
        assert len(columns(picture[340:], blue)) and len(columns(picture[340:], grey))  # the legend


def test_mp4(topology, tmp_path):
    (tmp_path / "c.mp4").write_bytes(animate(topology, [walking(1.0)], "mp4"))
    frames, seconds = imageio_ffmpeg.count_frames_and_secs(str(tmp_path / "c.mp4"))
    assert frames == 25 and seconds == pytest.approx(1.0, abs=0.05)


def test_an_mp4_that_ffmpeg_refuses(topology, monkeypatch):
    monkeypatch.setattr(imageio_ffmpeg, "write_frames", lambda path, *_, **__: written(path))

    def written(path):
        yield
        open(path, "wb").close()
        while True:
            yield

    with pytest.raises(DataError, match="ffmpeg wrote nothing of 320 x 360 pixels"):
        animate(topology, [walking(0.2)], "mp4")


def test_mp4_says_what_it_needs(topology, monkeypatch):
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    with pytest.raises(ConfigError, match=r"an MP4 needs imageio-ffmpeg: pip install 'skgraph\[figures\]'"):
        animate(topology, [walking()], "mp4")


def test_clips_of_a_store(store):
    clips = [clip_of_store(store, 0)]  # two bodies, of which one comes late
    assert clips[0].joints.shape[0] == 2
    pictures = gif(animate(store.topology, clips, colour="motion"))
    assert len(pictures) == round(clips[0].joints.shape[1] / 30 * 25)


def test_bad_input(topology):
    with pytest.raises(DataError, match="no clip to show"):
        animate(topology, [])
    with pytest.raises(ConfigError, match="colour must be one of part, found 'mask'"):
        animate(topology, [walking()], colour="mask")
    with pytest.raises(ConfigError, match="an animation is gif or mp4, found 'avi'"):
        animate(topology, [walking()], "avi")
    with pytest.raises(DataError, match=r"takes 80 seconds, an animation of so many at most 60: show .*0,60"):
        animate(topology, [walking(80.0)])
    with pytest.raises(DataError, match=r"of 3 clips takes 30 seconds, .* at most 20: show a span of each with .*0,20"):
        animate(topology, [walking(30.0)] * 3)
    with pytest.raises(DataError, match="at most 12 clips, found 13"):
        animate(topology, [walking(0.1)] * 13)
    broken = walking()
    broken.joints[0, 0, 0, 0] = np.nan
    with pytest.raises(DataError, match="not finite"):
        animate(topology, [broken])
