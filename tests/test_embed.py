from __future__ import annotations

import sys

import numpy as np
import pytest

from skgraph.embed import main


def call(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["embed", *arguments])
    main()


def test_one_command(run_folder, store_path, tmp_path, monkeypatch, capsys):
    out = tmp_path / "f.npz"
    call(monkeypatch, f"run={run_folder}", f"source={store_path}", f"out={out}", "level=joint", "device=cpu")
    assert "joint features [64, 25, 16] of 64 bodies" in capsys.readouterr().out
    with np.load(out, allow_pickle=False) as file:
        assert file["features"].shape == (64, 25, 16) and int(file["step"]) == 4


def test_neighbours_and_a_map(run_folder, store_path, tmp_path, monkeypatch, capsys):
    more = [f"out={tmp_path / 'f.npz'}", "device=cpu", "neighbours=2", "map=true"]
    call(monkeypatch, f"run={run_folder}", f"source={store_path}", *more)
    assert "f_neighbours.csv" in capsys.readouterr().out
    rows = (tmp_path / "f_neighbours.csv").read_text().splitlines()
    assert rows[0] == "recording,rank,neighbour,similarity" and len(rows) == 1 + 2 * 48
    assert {path.name for path in tmp_path.iterdir()} == {"f.npz", "f_neighbours.csv", "f_map.svg", "f_map.csv"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["level=token"], "error: embed.level must be 'clip' or 'body' or 'frame' or 'joint', found 'token'"),
        (["neighbours=a"], "error: neighbours must be a whole number, 0 or more, found 'a'"),
        (["map=1"], "error: map must be true or false, found '1'"),
        (
            ["neighbours=2", "level=body"],
            "error: neighbours and map are of whole recordings: level=clip, without window",
        ),
        (["neighbours=48"], "error: neighbours must be from 1 to 47, found 48"),
        (["window=0"], "error: embed: window must be at least 1, found 0"),
        (["window=8", "stride=0"], "error: embed: stride must be at least 1, found 0"),
        (["source=f.npz", "out=f.npz"], "error: out=f.npz would write into the source 'f.npz'"),
        (["run=[a]"], "error: run must be the folder of a run, found '['a']'"),
        (["out=/dev/null"], "error: out must be a file that ends in .npz"),
        (["source=nowhere"], "no recordings at 'nowhere'"),
        (["run=nowhere"], "nowhere"),
        (["out=no/such/folder.npz"], "error: out must be a file that ends in .npz, in a folder that exists"),
        (["batch_size=a"], "error: embed.batch_size must be a whole number, found 'a'"),
    ],
)
def test_bad_input(run_folder, store_path, tmp_path, monkeypatch, capsys, arguments, message):
    with pytest.raises(SystemExit):
        call(monkeypatch, f"run={run_folder}", f"source={store_path}", f"out={tmp_path / 'f.npz'}", *arguments)
    assert message in capsys.readouterr().err and not list(tmp_path.iterdir())
