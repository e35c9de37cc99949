from __future__ import annotations

import inspect
import json
import sys

import numpy as np
import pytest

from skgraph import inspect as inspect_command
from skgraph._internal.command import words_as_list
from skgraph.inspect import main
from skgraph.inspection.survey import survey_store
from tests.conftest import SHARED_DATA
from tests.made_up_people import people, write


def call(monkeypatch, folder, *arguments):
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "argv", ["inspect", *words_as_list(list(map(str, arguments)), "source")])
    main()


def test_the_standard_library_keeps_its_inspect():
    assert inspect is not inspect_command and inspect.signature(survey_store).parameters["frozen"].default == 1.0


def test_command_line(tmp_path, monkeypatch, capsys):
    clips = people()
    clips["p6"] = clips["p1"].copy()
    clips["p5"][0, 7:, 7] += np.float32([0.6, 0, 0])
    write(tmp_path / "data set", clips)
    call(monkeypatch, tmp_path, "data set", "json=out.json")
    printed, errors = capsys.readouterr()
    assert errors == ""
    assert "! split xsub: 1 test clip with the same frames as a training clip: p6\n" in printed
    assert "! 1 jump over 0.5 m, in 1 clip, the largest: p5 (frame 7, HandLeft) 0." in printed
    assert printed.endswith("written: out.json\nwritten: inspect_data_set.html\n")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["data set", "inspect_data_set.html", "out.json"]
    figures = json.loads((tmp_path / "out.json").read_text())
    assert figures["source"] == "data set" and figures["jumps"]["count"] == 1
    assert figures["duplicates"]["leaks"] == [{"split": "xsub", "exact": ["p6"], "near": []}]
    assert len(figures["problems"]) == printed.count("\n! ")
    page = (tmp_path / "inspect_data_set.html").read_text(encoding="utf-8")
    assert "<title>data set: contents and problems</title>" in page


def test_raw_clips(tmp_path, monkeypatch, capsys):
    clips = list(people(4).values())
    about = {"y": [0, 1, 0, 1], "class_names": ["wave", "sit"], "split": ["train", "train", "test", "test"]}
    np.savez(
        tmp_path / "raw.npz",
        x=1000 * np.concatenate(clips, axis=1).swapaxes(0, 1),
        offsets=40 * np.arange(5),
        name=["a", "b", "c", "d"],
        unit="mm",
        fps=25,
        **about,
    )
    call(monkeypatch, tmp_path, "raw.npz", "topology=ntu_rgbd", "html=null")
    printed = capsys.readouterr().out
    assert "classes        2, of 2 clips each\n" in printed and "no problem was found" in printed
    assert "split given    2 train, 2 test" in printed
    folder = tmp_path / "clips"
    folder.mkdir()
    for name, clip in zip("abcd", clips, strict=True):
        np.save(folder / f"{name}.npy", 100 * clip)
    call(monkeypatch, tmp_path, "clips", "topology=ntu_rgbd", "html=page.html")
    assert "m tall (median), people 0.3 to 3 m: a wrong unit?" in capsys.readouterr().out.replace("\n  ", " ")
    call(monkeypatch, tmp_path, "clips/a.npy", "topology=ntu_rgbd", "unit=cm", "html=null")
    assert "no problem was found" in capsys.readouterr().out
    assert sorted(file.name for file in tmp_path.iterdir()) == ["clips", "page.html", "raw.npz"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere"], "no recordings at 'nowhere': expected a store, or files that skgraph.prepare reads"),
        (["s", "s"], "source must be one store, file or folder, found 2: s, s"),
        ([], "say source=..."),
        (["a.npy"], "dataset=npy has no topology: say topology=..., a file or one of cmu_31, coco_17"),
        (["text.npz", "topology=ntu_rgbd"], "text.npz"),
        (["s", "topology=ntu_rgbd"], "topology=ntu_rgbd is for recordings in files: the store 's' has its own"),
        (["a.npy", "dataset=words"], "dataset must be one of asf_amc, bvh"),
        (["a.npy", "dataset=bvh"], "'a.npy'"),
        (["a.npy", "read.world=true"], "dataset=npy has no option world"),
        (["s", "jump=far"], "inspect.jump must be a number or null, found 'far'"),
        (["s", "frozen=-1"], "inspect: frozen must be at least 0, found -1"),
        (["s", "near=inf"], "inspect: near must be at least 0, found inf"),
        (["s", "html=page.txt"], "html must be a file that ends in .html, in a folder that exists, found 'page.txt'"),
        (["s", "json=no/such.json"], "json must be a file that ends in .json, in a folder that exists"),
        (["s", "json=s/out.json"], "json=s/out.json would write into the source 's'"),
    ],
)
def test_bad_input(tmp_path, monkeypatch, capsys, arguments, message):
    write(tmp_path / "s", people(2))
    np.save(tmp_path / "a.npy", people(1)["p0"])
    (tmp_path / "text.npz").write_text("no archive")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(SystemExit) as stop:
        call(monkeypatch, tmp_path, *arguments)
    printed = capsys.readouterr().err
    assert stop.value.code == 1 and message in printed and printed.count("\n") == 1
    assert sorted(tmp_path.rglob("*")) == before


def test_a_file_with_a_hole_says_where(tmp_path, monkeypatch, capsys):
    clip = people(1)["p0"]
    clip[0, 4, 3, 1] = np.nan
    np.save(tmp_path / "hole.npy", clip)
    with pytest.raises(SystemExit):
        call(monkeypatch, tmp_path, "hole.npy", "topology=ntu_rgbd")
    assert "clip 'hole': body 0, frame 4, joint 'Head' is [" in capsys.readouterr().err


def test_real_data(tmp_path, monkeypatch, capsys):
    path = SHARED_DATA / "uiprmd.npz"
    if not path.is_file():
        pytest.skip(f"'{path}' is not here")
    call(monkeypatch, tmp_path, path, "topology=uiprmd_22", "html=null", "json=out.json")
    figures = json.loads((tmp_path / "out.json").read_text())
    assert figures["store"]["clips"] == 2000 and figures["labels"]["classes"] == [200] * 10
    assert figures["duplicates"]["exact"] == [] and figures["duplicates"]["near"] == []
    # Kinect loses feet and hands: among others the left toes of this clip, by more than a metre.
    assert (figures["jumps"]["largest"][0]["clip"], figures["jumps"]["largest"][0]["frame"]) == ("m01_s06_e05_inc", 76)
    assert 0.02 < figures["bodies"]["typical"] < 0.05
