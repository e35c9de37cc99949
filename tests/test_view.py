from __future__ import annotations

import json
import shutil
import sys

import numpy as np
import pytest
from PIL import Image

from skgraph._internal.command import words_as_list
from skgraph.data import SkeletonStore
from skgraph.errors import DataError
from skgraph.view import chosen_clips, main


def call(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["view", *words_as_list(list(arguments), "source")])
    main()


def test_one_command(store_path, run_folder, tmp_path, monkeypatch, capsys):
    out = tmp_path / "v.html"
    call(monkeypatch, str(store_path), "clip=[clip03,1]", f"run={run_folder}", f"out={out}")
    assert f"written: {out} (0." in capsys.readouterr().out
    text = out.read_text()
    assert "clip03" in text and '"key":"attention"' in text and "clip07" not in text


def test_a_moving_picture_of_a_part(store_path, run_folder, tmp_path, monkeypatch, capsys):
    out = tmp_path / "v.gif"
    call(monkeypatch, str(store_path), "seconds=[0.2,0.6]", "colour=mask", f"run={run_folder}", f"out={out}")
    assert Image.open(out).n_frames == 10 and "1 clip of tiny, 12 frames" in capsys.readouterr().out


def test_what_was_recognised(store_path, tmp_path, monkeypatch, capsys):
    row = {"label": "waving", "start": 0, "end": 0.5, "probability": 0.7}
    (tmp_path / "found").mkdir()
    content = {"recordings": [{"name": "clip01", "segments": [row]}]}
    (tmp_path / "found" / "predictions.json").write_text(json.dumps(content))
    arguments = [str(store_path), f"predictions={tmp_path / 'found'}", f"out={tmp_path / 'v.html'}"]
    call(monkeypatch, *arguments, "clip=clip01")
    assert '"segments":[["waving",0.0,0.5,0.7]]' in (tmp_path / "v.html").read_text()
    with pytest.raises(SystemExit):
        call(monkeypatch, *arguments, "clip=clip02")
    assert "has no segments of 'clip02': its recordings are clip01" in capsys.readouterr().err


def test_raw_clips(tmp_path, monkeypatch):
    np.save(tmp_path / "mine.npy", np.random.rand(20, 17, 2).astype(np.float32))
    call(monkeypatch, str(tmp_path / "mine.npy"), "topology=coco_17", "unit=px", f"out={tmp_path / 'v.html'}")
    assert '"flat":true' in (tmp_path / "v.html").read_text()


@pytest.mark.parametrize(
    ("name", "message"), [("v.avi", "a file that ends in .mp4 or .webm"), ("v.mp4", "has 9 MB, a page holds at most 5")]
)
def test_videos_that_a_page_cannot_hold(tmp_path, monkeypatch, capsys, name, message):
    np.save(tmp_path / "mine.npy", np.random.rand(20, 17, 2).astype(np.float32))
    (tmp_path / name).write_bytes(bytes(9_000_000))
    monkeypatch.setattr("skgraph.view._LARGEST_VIDEO", 5_000_000)
    with pytest.raises(SystemExit):
        call(monkeypatch, str(tmp_path / "mine.npy"), "topology=coco_17", "unit=px", f"video={tmp_path / name}")
    assert message in capsys.readouterr().err


def test_clips_by_name_and_number(store):
    assert (
        chosen_clips(store, None) == [0]
        and chosen_clips(store, "clip07") == [7]
        and chosen_clips(store, ["clip01", 2]) == [1, 2]
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["clip=nobody"],
            "error: no clip 'nobody': give a name or a number from 0 to 47; the names are clip00, clip01",
        ),
        (["clip=48"], "error: no clip '48'"),
        (["clip=[]"], "error: clip must name at least one clip"),
        (
            ["out=v.txt"],
            "error: out must be a file that ends in .html or .gif or .mp4, in a folder that exists, found 'v.txt'",
        ),
        (["run=nowhere"], "error: no checkpoint at 'nowhere/checkpoint.pt'"),
        (["topology=ntu_rgbd"], "error: topology=ntu_rgbd is for recordings in files"),
        (["masks=few"], "error: view.masks must be a whole number, found 'few'"),
        (["seconds=[2,1]"], "error: seconds must be [start,end] with 0 <= start < end, found '[2, 1]'"),
        (["seconds=[50,60]"], "seconds, so it has no frame between 50 and 60"),
        (["colour=error"], "error: colour must be one of part, motion, found 'error'"),
        (["seed=-1"], "error: view: seed must be at least 0, found -1"),
        (["video=v.mp4"], "error: video is for one clip in pixels: clip=NAME, and 2D keypoints read with unit=px"),
        (["another"], "error: source must be one store, file or folder, found 2"),
    ],
)
def test_bad_input(store_path, tmp_path, monkeypatch, capsys, arguments, message):
    with pytest.raises(SystemExit):
        call(monkeypatch, str(store_path), f"out={tmp_path / 'v.html'}", *arguments)
    assert message in capsys.readouterr().err and not list(tmp_path.iterdir())


def test_a_clip_that_was_left_out_is_named_with_its_reason(store_path, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(store_path, copy)
    (copy / "excluded.csv").write_text("name,reason\nc02,too short\n")
    with pytest.raises(DataError, match="clip 'c02' was left out of the store: too short"):
        chosen_clips(SkeletonStore.open(copy), "c02")


def test_the_source_is_not_written_into(store_path, monkeypatch, capsys):
    with pytest.raises(SystemExit):
        call(monkeypatch, str(store_path), f"out={store_path / 'v.html'}")
    assert "would write into the source" in capsys.readouterr().err and not (store_path / "v.html").exists()
