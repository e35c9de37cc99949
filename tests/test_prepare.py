import errno
import inspect
import io
import re
import shlex
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hydra import compose, initialize_config_dir
from hydra.utils import get_method
from omegaconf import OmegaConf

from skgraph import prepare
from skgraph._internal.data_dir import data_dir
from skgraph.build import open_store
from skgraph.data import SkeletonStore
from skgraph.datasets.preparation.make_splits import make_splits
from skgraph.datasets.preparation.overview import format_overview
from skgraph.datasets.preparation.write_store import write_store
from skgraph.datasets.raw_dataset import RawClip, RawDataset, Split
from skgraph.datasets.readers.npz import read_npz
from skgraph.datasets.synthetic import write_synthetic
from skgraph.errors import ConfigError, DataError, StoreError
from skgraph.topology import Topology

ROOT = Path(__file__).resolve().parents[1]


def raw(clips, topology="ntu_rgbd", unit="m", **columns):
    """A dataset of these clips, with labels 0, 1, 0, 1, ... and subjects 0, 0, 1, 1, ..."""
    return RawDataset(
        topology=Topology.load(topology),
        class_names=["sit", "stand"],
        name=[f"clip{i}" for i in range(len(clips))],
        y=np.arange(len(clips)) % 2,
        clips=lambda part: map(RawClip, clips[part]),
        unit=unit,
        fps=30.0,
        source="made up",
        **{"subject": np.arange(len(clips)) // 2, **columns},
    )


def clip(frames=5, bodies=1, height=1.7):
    """A body whose 25 joints stand one above the other, one `height` tall, one metre in front of the sensor."""
    joints = np.zeros((bodies, frames, 25, 3), np.float32)
    joints[..., 1] = np.linspace(0, height, 25)
    joints[..., 2] = 1
    return joints


def save(path, clips):
    """The clips as a ragged npz in metres, four subjects."""
    np.savez(
        path,
        x=np.concatenate(clips, axis=1).swapaxes(0, 1),
        offsets=np.cumsum([0, *(c.shape[1] for c in clips)]),
        y=np.arange(len(clips)) % 2,
        name=np.array([f"clip{i}" for i in range(len(clips))]),
        subject=np.arange(len(clips)) // 2,
        class_names=np.array(["sit", "stand"]),
        fps=30,
        unit=np.array("m"),
    )


def composed(*overrides):
    with initialize_config_dir(str(data_dir("configs") / "prepare"), version_base="1.3"):
        return compose("prepare", list(overrides))


def test_command_line(tmp_path, monkeypatch, capsys):
    save(tmp_path / "raw.npz", [clip(5), clip(3), np.zeros((1, 4, 25, 3)), clip(9), clip(7), clip(3)])
    arguments = ["dataset=npz", "source=raw.npz", "topology=ntu_rgbd", "out=store"]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["prepare", *arguments])
    prepare.main()
    printed, errors = capsys.readouterr()
    assert errors == ""
    for line in (
        "clips         5\n",
        "excluded      1 all zero (clip2); all in excluded.csv\n",
        "classes       2: sit (2), stand (3)\n",
        "subjects      3\n",
        "frames        3 to 9 a clip, median 5; 27 in all, 0.9 s at 30 a second\n",
        "body height   1.7 m along the largest axis, 0 x 1.7 x 0 m in xyz",
        "split xsub    4 train, 1 test; subjects 0, 2 train\n",
        "next: python -m skgraph.pretrain dataset=store dataset.root=store trainer.batch_size=4\n",
    ):
        assert line in printed
    assert sorted(file.name for file in tmp_path.iterdir()) == ["raw.npz", "store"]  # no log, no Hydra folder


def test_shares_by_the_command_line(tmp_path, capsys):
    save(tmp_path / "raw.npz", [clip(5), clip(3), np.zeros((1, 4, 25, 3)), clip(9), clip(7), clip(3), clip(4), clip(4)])
    source = ["dataset=npz", f"source={tmp_path / 'raw.npz'}", "topology=ntu_rgbd"]
    for k in (3, 1, 2):
        prepare.main(composed(*source, f"share={k}/3", f"out={tmp_path}/shares/{k}"))
    join = ["dataset=shares", f"source={tmp_path / 'shares'}"]
    printed = capsys.readouterr().out
    # Half of the subjects of the whole dataset train; the third share has clips of subjects 2 and 3.
    assert "split xsub    1 train, 2 test; subjects 0, 2 train\n" in printed
    assert f"next, when all 3 shares are there: python -m skgraph.prepare {' '.join(join)} out=FOLDER\n" in printed
    prepare.main(composed(*join, f"out={tmp_path / 'joined'}"))
    joined = capsys.readouterr().out.splitlines()
    prepare.main(composed(*source, f"out={tmp_path / 'whole'}"))
    whole = capsys.readouterr().out.splitlines()
    # All but the rows of the store's folder and seconds, which may continue on a second line, and the last line.
    joined_says, whole_says = (
        re.sub(r"(?m)^store .*\n( .*\n)*", "", "\n".join(lines[:-1])) for lines in (joined, whole)
    )
    assert joined_says == whole_says and "excluded " in joined_says
    assert joined[-1] == whole[-1].replace("whole", "joined")
    with pytest.raises(ConfigError, match="shares/2' is share 2 of 3 of a dataset: join them by"):
        open_store({"root": tmp_path / "shares" / "2"})


def test_report_of_people_in_pixels(tmp_path, capsys):
    np.save(tmp_path / "a.npy", 100 + np.arange(2 * 4 * 17 * 2.0).reshape(2, 4, 17, 2))
    np.save(tmp_path / "b.npy", 100 + np.arange(4 * 17 * 2).reshape(4, 17, 2))
    (tmp_path / "labels.csv").write_text("name,label,subject,split\na,wave,x,train\nb,wave,y,test\n")
    out = tmp_path / "out" / "store"
    prepare.main(composed("dataset=npy", f"source={tmp_path}", "topology=coco_17", "unit=px", f"out={out}"))
    printed = capsys.readouterr().out
    assert "bodies        1.50 a clip, at most 2\n" in printed
    assert "split given   1 train, 1 test; as the dataset gives it\n" in printed
    assert "unit          px\n" in printed
    assert "32 px along the largest axis" in printed
    assert "subjects are text in the files and numbers in the store: 0 is 'x'" in printed
    assert "bone lengths" not in printed
    assert printed.endswith(f"dataset=store dataset.root={out} augment=planar 'evaluate=[]' trainer.batch_size=2\n")
    assert SkeletonStore.open(out).meta["units"] == "px"


def test_other_joints_of_a_source_and_of_a_store(tmp_path, capsys):
    save(tmp_path / "raw.npz", [clip(5), clip(3), clip(9), clip(7)])
    source = [f"source={tmp_path / 'raw.npz'}", "topology=ntu"]
    prepare.main(composed("dataset=npz", *source, "topology_map=coco", f"out={tmp_path / 'a'}"))
    printed = capsys.readouterr().out
    assert "joints        17 of topology 'coco_17_3d', 3D\n" in printed
    assert "prepared      joints of ntu_rgbd as coco_17_3d\n" in printed
    prepare.main(composed("dataset=npz", *source, f"out={tmp_path / 'ntu'}"))
    assert "prepared" not in capsys.readouterr().out
    prepare.main(composed("dataset=store", f"source={tmp_path / 'ntu'}", "topology_map=coco", f"out={tmp_path / 'b'}"))
    one, other = (SkeletonStore.open(tmp_path / name) for name in "ab")
    assert one.content_hash == other.content_hash and other.topology.num_joints == 17


def test_without_labels_the_next_command_probes_for_none(tmp_path, capsys):
    for name in "abc":
        np.save(tmp_path / f"{name}.npy", clip()[0])
    out = tmp_path / "store"
    prepare.main(composed("dataset=npy", f"source={tmp_path}", "topology=ntu_rgbd", "labelled=false", f"out={out}"))
    printed = capsys.readouterr().out
    assert "classes       1: unlabelled (3)\n" in printed
    assert printed.endswith(f"dataset=store dataset.root={out} 'evaluate=[]' trainer.batch_size=2\n")


WRITTEN = {"synthetic", "shares"}  # without a reader


@pytest.mark.parametrize("dataset", sorted(path.stem for path in (data_dir("configs") / "prepare/dataset").glob("*")))
def test_help_shows_every_option_of_a_dataset_with_its_comment(dataset, capsys, monkeypatch):
    text = shown_help(monkeypatch, capsys, f"dataset={dataset}", "--help")
    options = OmegaConf.to_container(composed(f"dataset={dataset}"))
    assert {line.split(":")[0] for line in text.splitlines() if ":" in line[:20]} >= set(options) - {"read", "write"}
    assert "_target_" not in text and "@" not in text and "${" not in text and "\n\n\n" not in text
    assert (dataset in WRITTEN) != ("  fraction: null    # share of training clips of a random split" in text)


def test_help_without_a_dataset_names_them(capsys, monkeypatch):
    for arguments in (["--help"], ["-h", "dataset=nowhere"]):
        assert "dataset is one of asf_amc, bvh, " in shown_help(monkeypatch, capsys, *arguments)


def shown_help(monkeypatch, capsys, *arguments):
    monkeypatch.setattr(sys, "argv", ["prepare", *arguments])
    with pytest.raises(SystemExit) as stopped:
        prepare.main()
    assert not stopped.value.code
    return capsys.readouterr().out


READ = sorted({path.stem for path in (data_dir("configs") / "prepare" / "dataset").glob("*.yaml")} - WRITTEN)


@pytest.mark.parametrize("dataset", READ)
def test_config_is_the_default_of_every_function(dataset):
    read = composed(f"dataset={dataset}").read
    parameters = inspect.signature(get_method(read._target_)).parameters
    # What has no default is asked for, but for what the configuration itself settles.
    settled = {"parts": "o.parts", "dataset": int(dataset[3:])} if dataset[:3] in ("ntu", "pku") else {}
    required = {key: key[0] for key, p in parameters.items() if p.default is p.empty and key not in settled}
    overrides = [f"{key}={value}" for key, value in required.items()]
    cfg = OmegaConf.to_container(
        composed(f"dataset={dataset}", *overrides, "out=o"), resolve=True, throw_on_missing=True
    )
    options = cfg["write"].pop("split")
    for call, own in ((cfg["read"], required | settled), (cfg["write"], {"out": "o", "split": None})):
        parameters = inspect.signature(get_method(call.pop("_target_"))).parameters
        call.setdefault("split", None) if "split" in parameters else None
        defaults = {key: p.default for key, p in parameters.items() if key != "raw"}
        assert call == {**defaults, **own}
    assert options == {key: p.default for key, p in inspect.signature(make_splits).parameters.items() if key != "raw"}


def test_synthetic(tmp_path, capsys, monkeypatch):
    parameters = inspect.signature(write_synthetic).parameters
    asked = {}

    def write(**options):
        asked.update(options)
        return SkeletonStore.open(write_store(raw([clip()] * 4), options["path"]).path)

    monkeypatch.setattr("skgraph.datasets.synthetic.write_synthetic", write)  # the real one takes seconds
    prepare.main(composed("dataset=synthetic", "subjects=2", f"out={tmp_path / 'store'}"))
    assert "clips         4\n" in capsys.readouterr().out
    assert set(asked) == set(parameters)
    for key in set(asked) - {"path", "progress", "subjects"}:
        assert asked[key] == parameters[key].default
    assert asked["subjects"] == 2


def test_many_classes_are_summarised(tmp_path):
    dataset = replace(raw([clip()] * 42), class_names=[f"class {i}" for i in range(21)], y=np.arange(42) % 21)
    printed = format_overview(write_store(dataset, tmp_path / "store", split={"seed": 0}), 0.0)
    assert "classes       21, of 2 clips each\n" in printed
    dataset = replace(dataset, y=np.arange(42) % 20)
    printed = format_overview(write_store(dataset, tmp_path / "other", split={"seed": 0}), 0.0)
    assert "classes       21, of 0 (class 20) to 3 clips (class 0), median 2\n" in printed


@pytest.mark.parametrize(
    "frames, clips, shown",
    [
        (30, 4, "30 frames a clip; 120 in all, 4 s at 30 a second"),
        (1, 4, "1 frame a clip; 4 in all, 0.13 s at 30 a second"),
        (100, 12, "100 frames a clip; 1200 in all, 40 s at 30 a second"),
        (1000, 4, "1000 frames a clip; 4000 in all, 2 min at 30 a second"),
    ],
)
def test_frames_and_how_long_they_last(tmp_path, frames, clips, shown):
    written = write_store(raw([clip(frames)] * clips), tmp_path / "store")
    printed = format_overview(written, 0.0)
    assert f"\nframes        {shown}\n" in printed
    size = sum(file.stat().st_size for file in written.path.rglob("*.*"))
    assert (f", {size / 1e6:.1f} MB, made" if size > 1e6 else f", {size / 1e3:.0f} kB, made") in printed.replace(
        "\n" + 14 * " ", " "
    )


@pytest.mark.parametrize("bodies, option", [(16, ""), (15, " trainer.batch_size=8"), (1, " trainer.batch_size=1")])
def test_the_next_command_has_a_batch_that_can_be_filled(tmp_path, bodies, option):
    dataset = replace(raw([clip()] * (bodies + 1)), splits=[Split("own", np.arange(bodies + 1) < bodies, "")])
    printed = format_overview(write_store(dataset, tmp_path / "store"), 0.0)
    assert printed.endswith(f"dataset=store dataset.root={tmp_path / 'store'}{option}")
    with initialize_config_dir(str(data_dir("configs")), version_base="1.3"):
        assert compose("pretrain").trainer.batch_size == 16


def test_the_next_command_turns_bodies_about_the_axis_that_they_stand_along(tmp_path):
    topology = Topology.load("ntu_rgbd")
    joints = np.zeros((1, 8, 25, 3), np.float32)
    joints[..., 2] = -0.3 * topology.hops[topology.root].numpy()
    printed = format_overview(write_store(raw([joints] * 40), tmp_path / "store"), 0.0)
    assert printed.endswith("augment.rotate.y=0 augment.rotate.z=3.1416")


def test_escapes_of_a_terminal_are_shown_and_not_obeyed(tmp_path):
    dataset = replace(
        raw([clip()] * 4), class_names=["sit\x1b[31m", "stand\n"], source="a \u202elab", notes=["columns: a\x07b"]
    )
    printed = format_overview(write_store(dataset, tmp_path / "store"), 0.0)
    assert printed.replace("\n", "").isprintable()
    for shown in ("sit\\x1b[31m (2), stand\\n (2)", "a \\u202elab", "columns: a\\x07b"):
        assert shown in printed


@pytest.mark.parametrize(
    "dataset, override, message",
    [
        ("npz", "overwrite=no", "overwrite must be true or false, found 'no'"),
        ("npz", "fps=fast", "fps must be a number or null, found 'fast'"),
        ("synthetic", "subjects=2.5", r"subjects must be a whole number, found '2\.5'"),
        ("npz", "source=2024", "no file at '2024'"),
        ("bvh", "every=2.5", r"every must be a whole number, found '2\.5'"),
        ("bvh", "end_sites=no", "end_sites must be true or false, found 'no'"),
        ("bvh", "up=x", "up must be y or z, the axis of the files that points up, found 'x'"),
        ("npz", "topology_map=[coco_17]", r"topology_map must be a word or a path or null, found '\['coco_17'\]'"),
        ("npz", "topology_map={to: coco_17}", "topology_map must be a word or a path or null, found"),
        ("npz", "topology_map=2024", "no file at 's'"),
        ("npz", "source=[a,b]", r"source must be a word or a path, found '\['a', 'b'\]'"),
        ("npz", "source=null", "source must be a word or a path, found null"),
        ("npz", "topology=null", "topology must be a word or Topology, found null"),
        ("npz", "labelled=null", "labelled must be true or false, found null"),
        ("npz", "overwrite=null", "overwrite must be true or false, found null"),
        ("npz", "out=null", "out must be a path, found null"),
        ("bvh", "unit=null", "unit must be a word, found null"),
        ("synthetic", "out=null", "out must be a path, found null"),
        ("synthetic", "seed=null", "seed must be a whole number, found null"),
        ("npz", "split=subject", "split is a group of options, such as split.by=subject, or none, found split=subject"),
        ("npz", "read._target_=my_reader.read_tsv", "read._target_ 'my_reader.read_tsv' cannot be imported: No module"),
        ("npz", "read._target_=skgraph.datasets.read_npz2", "read._target_ 'skgraph.datasets.read_npz2' cannot be"),
        (
            "npz",
            "read._target_=skgraph.datasets.read_msr_action3d",
            "cannot take its options: got an unexpected .* 'top",
        ),
        ("npz", "read._target_=unittest.mock.Mock", "'unittest.mock.Mock' returned a Mock, not a RawDataset"),
        ("npz", "+read.encoding=ascii", "cannot take its options: got an unexpected keyword argument 'encoding'"),
        ("npz", "read=null", "read must be a mapping with a _target_, found '{}'"),
        ("npz", "~write", "write must be a mapping with a _target_, found '{}'"),
    ],
)
def test_options_of_the_wrong_kind(dataset, override, message):
    given = {"synthetic": [], "bvh": ["source=s", "unit=cm"]}.get(dataset, ["source=s", "topology=ntu_rgbd"])
    with pytest.raises(DataError, match=message):
        prepare.main(composed(f"dataset={dataset}", "out=o", *given, override))


@pytest.mark.parametrize("dataset", ["ntu60", "ntu120", "pku1", "pku2"])
def test_what_waits_lies_beside_a_folder_with_a_slash(dataset):
    cfg = composed(f"dataset={dataset}", "source=s", "out=a/o//")
    with pytest.raises(DataError, match="'s'"):
        prepare.main(cfg)
    assert (cfg.write.out, cfg.read.parts) == ("a/o", "a/o.parts")


def test_units_that_no_person_has(tmp_path):
    for height, unit, message in (
        (1700, "m", "bodies are 1.7e\\+03 m tall with unit=m .* expected 0.3 to 3 m: say unit=mm"),
        (170, "m", "bodies are 170 m tall with unit=m .*: say unit=cm"),
        (0.0017, "mm", "bodies are 0.0017 m tall with unit=mm .*: say unit=m,"),
        (30, "m", "bodies are 30 m tall with unit=m .*: say unit=cmu,"),
        (1e7, "m", "no unit of m, cm, mm, inch, cmu explains it"),
    ):
        with pytest.raises(DataError, match=message):
            write_store(raw([clip(height=height)] * 4, unit=unit), tmp_path / "store")
    assert not any(tmp_path.iterdir())
    write_store(raw([clip(height=0.2)] * 4), tmp_path / "puppets", check_height=False)
    write_store(raw([clip(height=1)] * 4, unit="normalised"), tmp_path / "normalised")


def test_a_wrong_unit_shows_after_a_hundred_clips(tmp_path):
    def clips(_):
        yield from [RawClip(clip(height=1700))] * 100
        raise AssertionError("read on")

    dataset = replace(raw([None] * 200), clips=clips)
    with pytest.raises(DataError, match="median of 100 clips"):
        write_store(dataset, tmp_path / "store")


def test_zero_bodies_are_absent_and_zero_clips_left_out(tmp_path):
    two = clip(frames=6, bodies=2)
    two[1, [0, 3, 5]] = 0
    empty = np.zeros((1, 0, 25, 3), np.float32)
    dataset = raw([two, np.zeros_like(two), empty, clip(), clip(), clip()])
    written = write_store(dataset, tmp_path / "store")
    assert written.excluded == {"all zero": ["clip1"], "no frames": ["clip2"]}
    store = SkeletonStore.open(written.path)
    assert store.name.tolist() == ["clip0", "clip3", "clip4", "clip5"]
    assert store.subject.tolist() == [0, 1, 2, 2]
    assert store.clip(0).frame_mask.tolist() == [[True] * 6, [False, True, True, False, True, False]]
    assert store.split("xsub", "train").tolist() == [0, 2, 3]
    assert written.notes == ["1 class has no test clip: 'sit'"]


@pytest.mark.parametrize(
    "name, topology, split, train",
    [
        ("irds", "ntu_rgbd", {"by": "subject"}, (15, 1434)),  # 15 of 30 subject ids
        ("uiprmd", "uiprmd_22", {"train": [1, 2, 3, 4, 5]}, (5, 1000)),
    ],
)
def test_splits_of_real_data(name, topology, split, train):
    path = ROOT / ".." / "shared" / "data" / f"{name}.npz"
    if not path.is_file():
        pytest.skip(f"'{path}' is not here")
    dataset = read_npz(path, topology)
    chosen = make_splits(dataset, **split)[0].train
    assert (len(np.unique(dataset.subject[chosen])), chosen.sum()) == train
    assert not np.intersect1d(dataset.subject[chosen], dataset.subject[~chosen]).size


def test_nothing_but_zeros(tmp_path):
    with pytest.raises(DataError, match="none of the 4 clips of 'made up' can be used: 4 all zero"):
        write_store(raw([np.zeros((1, 3, 25, 3))] * 4), tmp_path / "store")
    assert not any(tmp_path.iterdir())


def test_what_the_reader_leaves_out_is_said(tmp_path):
    dataset = replace(raw([None] * 5), clips=lambda _: iter([RawClip.left_out("damaged"), *map(RawClip, [clip()] * 4)]))
    written = write_store(dataset, tmp_path / "store", split={"train": [1]})
    assert written.excluded == {"damaged": ["clip0"]}
    assert SkeletonStore.open(written.path).name.tolist() == ["clip1", "clip2", "clip3", "clip4"]


def test_splits_of_its_own_that_leave_no_part_are_said(tmp_path):
    first, none = np.arange(6) < 3, np.zeros(6, bool)
    dataset = replace(raw([clip()] * 6), splits=[Split("a", first, "the first"), Split("b", none, "camera 2 trains")])
    written = write_store(dataset, tmp_path / "store")
    assert SkeletonStore.open(written.path).splits() == ["a"]
    assert "split 'b' leaves no training clips: camera 2 trains" in written.notes
    nowhere = replace(dataset, clips=lambda _: iter([*[RawClip.left_out("damaged")] * 3, *map(RawClip, [clip()] * 3)]))
    with pytest.raises(DataError, match="split 'a' leaves no training clips: the first"):
        write_store(nowhere, tmp_path / "other")


def test_subjects_in_both_parts_are_said(tmp_path):
    written = write_store(raw([clip()] * 8), tmp_path / "store", split={"fraction": 0.5})
    assert written.notes[-1].endswith("subjects are in both the training and the test clips")


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_numbers_that_are_none(tmp_path, bad):
    third = clip()
    third[0, 4, 3, 1] = bad
    with pytest.raises(DataError, match=r"clip 'clip2': body 0, frame 4, joint 'Head' is .*, expected finite"):
        write_store(raw([clip(), clip(), third, clip()]), tmp_path / "store")
    assert not any(tmp_path.iterdir())


def test_full_disk_leaves_nothing(tmp_path, monkeypatch):
    class FullDisk(io.FileIO):
        def write(self, data):
            if self.tell() + len(data) > 4000:
                raise OSError(errno.ENOSPC, "No space left on device")
            return super().write(data)

    def full(path, mode="r", **options):
        return FullDisk(path, "w") if mode == "wb" else open(path, mode, **options)

    monkeypatch.setattr("skgraph.data.store_writer.open", full, raising=False)
    with pytest.raises(StoreError, match=r"cannot write the store .*No space left on device"):
        write_store(raw([clip(frames=20)] * 4), tmp_path / "store")
    assert not any(tmp_path.iterdir())


def test_an_interrupt_leaves_nothing(tmp_path):
    def clips(_):
        yield RawClip(clip())
        raise KeyboardInterrupt

    dataset = replace(raw([None] * 4), clips=clips)
    with pytest.raises(KeyboardInterrupt):
        write_store(dataset, tmp_path / "store")
    assert not any(tmp_path.iterdir())


def test_a_terminated_command_leaves_nothing(tmp_path):
    command = f"dataset=synthetic out={tmp_path / 'store'} subjects=500 repetitions=50"
    process = subprocess.Popen([sys.executable, "-m", "skgraph.prepare", *command.split()], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not any(tmp_path.iterdir()) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert any(tmp_path.iterdir())
    process.terminate()
    assert process.wait(60) == 128 + signal.SIGTERM
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["plain", "with blank", "it's, a=list [1]", r"back\slash"])
def test_the_next_command_names_the_store(tmp_path, name):
    written = write_store(raw([clip()] * 4), tmp_path / name)
    overrides = shlex.split(format_overview(written, 0.0).splitlines()[-1].split("skgraph.pretrain ")[1])
    with initialize_config_dir(str(data_dir("configs")), version_base="1.3"):
        assert compose("pretrain", overrides).dataset.root == str(tmp_path / name)


def test_overwrite_replaces_stores_only(tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.png").touch()
    with pytest.raises(StoreError, match="photos' exists and is not a store: overwrite=true replaces stores only"):
        write_store(raw([clip()] * 4), tmp_path / "photos", overwrite=True)
    assert (tmp_path / "photos" / "cat.png").exists()
    write_store(raw([clip()] * 4), tmp_path / "store")
    write_store(raw([clip()] * 6), tmp_path / "store", overwrite=True)
    assert SkeletonStore.open(tmp_path / "store").num_clips == 6
