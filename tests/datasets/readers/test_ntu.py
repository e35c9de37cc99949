import sys
import zipfile

import numpy as np
import pytest

from benchmarks.raw_files.ntu import skeleton_text
from skgraph.data import SkeletonStore
from skgraph.datasets.files import SourceFile
from skgraph.datasets.formats.ntu.published import RELEASES, ClipName
from skgraph.datasets.preparation import convert as parallel
from skgraph.datasets.preparation.write_store import write_store
from skgraph.datasets.readers.ntu import read_ntu
from skgraph.errors import ConfigError, DataError
from skgraph.prepare import main as prepare_main

NAMES = [f"S{s:03d}C{c:03d}P{p:03d}R001A{a:03d}" for s in (1, 2) for c in (1, 2, 3) for p in (1, 3) for a in (1, 50)]


def joints(name, frames=20):
    """A body that stands 3 m away and drifts, or two where the action is of two people."""
    rng = np.random.default_rng(NAMES.index(name))
    bodies = 2 if name.endswith("50") else 1
    pose = rng.uniform(-0.2, 0.2, (25, 3)) * (1, 4, 1) + np.array([0, 0, 3])
    drift = np.arange(frames)[:, None, None] * rng.normal(0, 0.01, (1, 25, 3))
    return np.stack([pose + drift + np.array([body, 0, 0]) for body in range(bodies)])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ntu")
    for name in NAMES:
        clip = joints(name)
        (folder / f"{name}.skeleton").write_text(skeleton_text(clip, np.ones(clip.shape[:2], bool)))
    return folder


def store_of(source, tmp_path, name="store", **options):
    raw = read_ntu(source, tmp_path / f"{name}.parts", **{"dataset": 60, "processes": 1} | options)
    written = write_store(raw, tmp_path / name)
    return SkeletonStore.open(tmp_path / name), written


def test_store_of_a_folder(folder, tmp_path):
    store, written = store_of(folder, tmp_path)
    assert store.name.tolist() == sorted(NAMES) and store.splits() == ["xsub", "xview"]
    assert store.y.tolist() == [0, 49] * 12 and store.class_names[49] == "punch or slap"
    assert store.subject.unique().tolist() == [1, 3] and store.camera.unique().tolist() == [1, 2, 3]
    assert store.setup.tolist() == [1] * 12 + [2] * 12
    assert [store.name[i][8:12] for i in store.split("xsub", "train")] == ["P001"] * 12
    assert {store.name[i][4:8] for i in store.split("xview", "test")} == {"C001"}
    clip, expected = store.clip(1), joints(store.name[1])
    assert clip.joints.shape == (2, 20, 25, 3) and store.has_confidence
    orders = ([0, 1], [1, 0])  # who moves more comes first
    assert any(np.allclose(clip.joints, expected[own] - expected[own[0], 0, 1], atol=1e-6) for own in orders)
    assert store.meta["preprocessing"] == "preset skgraph"
    assert "24 clips, not the 56578 published" in written.notes[-1]
    assert "56856 of the 56880 recordings are not in the source" in written.notes[-1]
    assert not (tmp_path / "store.parts").exists()


def test_archives_and_processes_make_the_same_store(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(parallel, "CLIPS_PER_CHUNK", 5)
    for number, half in enumerate((NAMES[::2], NAMES[1::2])):
        with zipfile.ZipFile(tmp_path / f"{number}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for name in half:
                archive.write(folder / f"{name}.skeleton", f"nturgb+d_skeletons/{name}.skeleton")
    plain, _ = store_of(folder, tmp_path)
    zipped, _ = store_of([tmp_path / "0.zip", tmp_path / "1.zip"], tmp_path, "zipped", processes=2)
    for file in plain.path.rglob("*.*"):
        assert file.read_bytes() == (zipped.path / file.relative_to(plain.path)).read_bytes(), file.name


def test_a_command_that_stopped_goes_on(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(parallel, "CLIPS_PER_CHUNK", 5)
    undisturbed, _ = store_of(folder, tmp_path)
    raw = read_ntu(folder, tmp_path / "again.parts", 60, processes=1)
    clips = raw.clips()
    for _ in range(12):
        next(clips)
    clips.close()
    assert len(list((tmp_path / "again.parts").glob("*.npz"))) == 3
    read = []
    monkeypatch.setattr(SourceFile, "read", lambda file, own=SourceFile.read: read.append(file.stem) or own(file))
    again, written = store_of(folder, tmp_path, "again")
    assert read == NAMES[15:]
    assert "15 of 24 clips were kept from an earlier command, which did not finish" in written.notes
    for file in undisturbed.path.rglob("*.*"):
        assert file.read_bytes() == (again.path / file.relative_to(undisturbed.path)).read_bytes(), file.name


def test_missing_list_and_clips_of_nobody(folder, tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    for name in NAMES[:8]:
        (source / f"{name}.skeleton").write_bytes((folder / f"{name}.skeleton").read_bytes())
    (source / f"{NAMES[0]}.skeleton").write_text("2\n0\n0\n")
    (tmp_path / "missing.txt").write_text(f"Recordings with missing skeletons:\n\n{NAMES[3]}\nS017C003P020R002A060\n")
    store, written = store_of(source, tmp_path, missing_list=tmp_path / "missing.txt")
    assert written.excluded == {"nobody in any frame": [NAMES[0]], "in the list of missing skeletons": [NAMES[3]]}
    assert store.num_clips == 6
    assert (store.path / "excluded.csv").read_text().splitlines() == [
        "name,reason",
        f"{NAMES[0]},nobody in any frame",
        f"{NAMES[3]},in the list of missing skeletons",
    ]
    assert "missing_list was not given" not in written.notes[-1] and "2 were left out" in written.notes[-1]


def test_damaged_files(folder, tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    for name in NAMES[:8]:
        (source / f"{name}.skeleton").write_bytes((folder / f"{name}.skeleton").read_bytes())
    (source / f"{NAMES[2]}.skeleton").write_text("3\n1\n")
    message = f"'.*{NAMES[2]}.skeleton' is damaged: the file ends in line 2, in frame 0 of 3, .*damaged=exclude"
    with pytest.raises(DataError, match=message):
        store_of(source, tmp_path)
    store, written = store_of(source, tmp_path, damaged="exclude")
    assert store.num_clips == 7 and list(written.excluded) == ["damaged"]
    assert written.excluded["damaged"][0].startswith(f"{NAMES[2]} (the file ends in line 2")
    raw = read_ntu(source, tmp_path / "other.parts", 60, damaged="exclude", processes=1)
    list(raw.clips())
    with pytest.raises(DataError, match=message):  # what was excluded before is not passed over now
        list(read_ntu(source, tmp_path / "other.parts", 60, processes=1).clips())


def test_other_recordings_are_passed_over_and_said(folder, tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    for name in [*NAMES[:8], "S018C001P008R001A061", "S001C001P001R001A061", "notes", "S1C1"]:
        content = (folder / f"{NAMES[0]}.skeleton").read_bytes()
        (source / f"{name}.skeleton").write_bytes(content)
    store, written = store_of(source, tmp_path)
    assert store.num_clips == 8
    assert written.notes[:2] == [
        "2 .skeleton files are not named as NTU RGB+D names them, and were not read: S1C1, notes",
        "2 recordings do not belong to NTU RGB+D 60, and were not read",
    ]
    larger, _ = store_of(source, tmp_path, "larger", dataset=120)
    assert larger.num_clips == 10 and larger.splits() == ["xsub", "xset"] and len(larger.class_names) == 120


def test_presets_are_recorded(folder, tmp_path):
    for preset, confident in (("mamp", False), ("pyskl", False), ("agcn", False), ("skgraph", True)):
        store, _ = store_of(folder, tmp_path, preset, preset=preset)
        assert store.meta["preprocessing"] == f"preset {preset}" and store.has_confidence == confident
    assert not store_of(folder, tmp_path, "plain", confidence=False)[0].has_confidence


@pytest.mark.parametrize(
    "options, error, message",
    [
        ({"dataset": 61}, ConfigError, "NTU RGB.D is 60 or 120, found 61"),
        ({"preset": "ctr"}, ConfigError, "preset must be one of skgraph, mamp, agcn, pyskl, found 'ctr'"),
        ({"damaged": "skip"}, ConfigError, "damaged must be error or exclude, found 'skip'"),
        ({"processes": 0}, ConfigError, "processes must be 1 or more, found 0"),
        ({"missing_list": "nowhere.txt"}, DataError, "missing_list 'nowhere.txt' cannot be read"),
    ],
)
def test_options_that_cannot_be(folder, tmp_path, options, error, message):
    with pytest.raises(error, match=message):
        read_ntu(folder, tmp_path / "parts", **{"dataset": 60} | options)


def test_a_missing_list_of_something_else(folder, tmp_path):
    (tmp_path / "list.txt").write_text("nothing")
    with pytest.raises(DataError, match="names no recording: expected names such as S001C002P005R002A008"):
        read_ntu(folder, tmp_path / "parts", 60, missing_list=tmp_path / "list.txt")


def test_published_counts_are_said_to_be_so(monkeypatch, folder, tmp_path):
    own = RELEASES[60].splits([ClipName.parse(name) for name in sorted(NAMES)])
    parts = {split.name: (int(split.train.sum()), int(split.tests.sum())) for split in own}
    monkeypatch.setitem(RELEASES, 60, type(RELEASES[60])(60, 17, len(NAMES), 0, parts))
    assert store_of(folder, tmp_path)[1].notes[-1] == "24 clips, and in every split as many as published"


def test_command(folder, tmp_path, monkeypatch, capsys):
    where = [f"source=[{folder}]", f"out={tmp_path / 's'}"]
    monkeypatch.setattr(sys, "argv", ["prepare", "dataset=ntu60", *where, "dtype=float16"])
    prepare_main()
    assert "split xview   16 train, 8 test; cameras 2 and 3 train, 1 tests" in capsys.readouterr().out
    assert SkeletonStore.open(tmp_path / "s").meta["dtype"] == "float16"
    assert [path.name for path in tmp_path.iterdir()] == ["s"]


def test_files_of_any_name_are_read_without_labels(folder, tmp_path):
    odd = tmp_path / "mine"
    odd.mkdir()
    for name, own in (("waves", NAMES[0]), ("S001C001P001R001A110", NAMES[1])):
        (odd / f"{name}.skeleton").write_bytes((folder / f"{own}.skeleton").read_bytes())
    with pytest.raises(DataError, match="none of the 2 .*: waves; labelled=false reads files of any name"):
        read_ntu(odd, tmp_path / "parts", 60)
    store, written = store_of(odd, tmp_path, labelled=False)
    assert store.name.tolist() == ["S001C001P001R001A110", "waves"] and store.class_names == ["unlabelled"]
    assert store.splits() == ["random"] and store.subject.tolist() == [-1, -1] and store.meta["source"] == "mine"
    one, written = store_of(odd / "waves.skeleton", tmp_path, "one", labelled=False)
    assert one.name.tolist() == ["waves"] and not written.notes and not (tmp_path / "one.parts").exists()
    np.testing.assert_array_equal(one.clip(0).joints, store.clip(1).joints)


def test_one_recording(folder, tmp_path):
    store, _ = store_of(folder / f"{NAMES[0]}.skeleton", tmp_path)
    assert store.splits() == ["all"] and store.class_names[0] == "drink water"
    assert store.name.tolist() == [NAMES[0]] and store.subject.tolist() == [1]
