"""A small sound dataset of every format, in memory, and how it is read."""

from __future__ import annotations

import io
import json
import pickle
import tempfile
import warnings
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.raw_files.ntu import skeleton_text
from benchmarks.raw_files.pku import label_text, pku_text, split_text
from skgraph.data import StoreWriter
from skgraph.datasets.raw_dataset import RawDataset
from skgraph.datasets.readers.asf_amc import read_asf_amc
from skgraph.datasets.readers.bvh import read_bvh
from skgraph.datasets.readers.c3d import read_c3d
from skgraph.datasets.readers.coco_keypoints import read_coco_keypoints
from skgraph.datasets.readers.ctrgcn import read_ctrgcn
from skgraph.datasets.readers.kinetics_skeleton import read_kinetics_skeleton
from skgraph.datasets.readers.mediapipe import read_mediapipe
from skgraph.datasets.readers.msr_action3d import read_msr_action3d
from skgraph.datasets.readers.npy import read_npy
from skgraph.datasets.readers.npz import read_npz
from skgraph.datasets.readers.ntu import read_ntu
from skgraph.datasets.readers.nw_ucla import read_nw_ucla
from skgraph.datasets.readers.openpose import read_openpose
from skgraph.datasets.readers.pku import read_pku
from skgraph.datasets.readers.pyskl import read_pyskl
from skgraph.datasets.readers.stgcn import read_stgcn
from skgraph.datasets.readers.store import read_store
from skgraph.datasets.readers.trc import read_trc
from skgraph.datasets.readers.utd_mhad import read_utd_mhad
from skgraph.datasets.readers.yolo import read_yolo
from skgraph.topology import Topology
from tests.datasets.acclaim_files import amc, asf
from tests.datasets.bvh_files import bvh
from tests.datasets.marker_files import MARKERS, NAMED, TOPOLOGY, c3d, motion, trc


@dataclass(frozen=True)
class Source:
    """A dataset, and the public function that reads it.

    Args:
        files: content by path.
        read: of the folder that holds the files, and of a folder for parts.
        clip_of: the names of the clips that a file, or an entry of it (`FILE/ENTRY`), tells of, as far as joints go;
            None where that may be any. Entries are arrays of an npz, their rows, and members of a zip archive.
        keeps_parts: whether the folder for parts stays after an error.
    """

    files: dict[str, bytes]
    read: Callable[[Path, Path], RawDataset]
    clip_of: Callable[[str], set[str] | None]
    keeps_parts: bool = False


LABELS = b"name,label,subject,split\na,sit,1,train\nb,stand,2,test\nc,sit,3,train\n"


def body(frames: int, joints: int = 25, seed: int = 0) -> np.ndarray:
    """A standing body of 1.7 m, 3 m from the sensor, whose joints move at random: `[T, V, 3]`."""
    places = np.random.default_rng(seed).normal(scale=0.02, size=(frames, joints, 3))
    places[..., 1] += np.linspace(-0.8, 0.9, joints)
    places[..., 2] += 3
    return np.round(places, 6)


def _npz(compressed: bool, recordings: bool) -> Source:
    x = np.zeros((9, 2, 25, 3), np.float32)
    x[:, 0], x[4:7, 1] = body(9), body(3, seed=1)
    arrays = {
        "x": x,
        "offsets": np.array([0, 3, 7, 9]),
        "y": np.array([0, 1, 0]),
        "name": np.array(["a", "b", "c"]),
        "class_names": np.array(["sit", "stand"]),
        "unit": np.array("m"),
        "fps": np.array(30.0),
        "subject": np.array([1, 2, 3]),
        "camera": np.array(["left", "right", ""]),
        "split": np.array(["train", "test", "train"]),
        "source": np.array("a lab"),
    }
    if recordings:
        arrays |= {
            "segment_clip": np.array([0, 1, 1]),
            "segment_label": np.array([0, 1, 0]),
            "segment_start": np.array([0, 0, 2]),
            "segment_end": np.array([2, 2, 4]),
        }
    names = np.repeat(["a", "b", "c"], [3, 4, 2])

    def clip_of(path: str) -> set[str] | None:
        if path.startswith("raw.npz/x/"):
            return {names[int(path.split("/")[2])]}
        return None if path.removeprefix("raw.npz/").split("/")[0] in ("x", "offsets", "name", "unit") else set()

    return Source({"raw.npz": npz(arrays, compressed)}, lambda at, _: read_npz(at / "raw.npz", "ntu_rgbd"), clip_of)


def npz(arrays: dict[str, np.ndarray], compressed: bool = False) -> bytes:
    file = io.BytesIO()
    (np.savez_compressed if compressed else np.savez)(file, **arrays)
    return file.getvalue()


def npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def _stem(path: str) -> set[str] | None:
    """Of a folder with a file a clip; a table of labels moves no joint."""
    name = path.split("/")[0]
    return set() if name == "labels.csv" else {name.split(".")[0]}


def _first_decides(path: str) -> set[str] | None:
    """Of a folder with a file a clip, the first of which decides how all are read."""
    return None if path.startswith("a.") else _stem(path)


def _npy() -> Source:
    clips = {
        "a": body(4)[None],
        "b": np.stack([body(3), body(3, seed=1)]),
        "c": (1000 * body(5)).astype(np.int16) / 1e3,
    }
    files = {f"{name}.npy": npy(clip) for name, clip in clips.items()}
    return Source(files | {"labels.csv": LABELS}, lambda at, _: read_npy(at, "ntu_rgbd"), _stem)


def _skeletons() -> dict[str, bytes]:
    files = {}
    for name, bodies in (("S001C001P001R001A001", 1), ("S001C002P003R001A002", 2), ("S001C003P003R002A003", 1)):
        joints = np.stack([body(14, seed=i) + i for i in range(bodies)])
        there = np.ones((bodies, 14), bool)
        there[0, 3] = False
        confidence = np.ones(joints.shape[:3])
        confidence[:, 2, 4:6] = 0, 0.5
        files[name] = skeleton_text(joints, there, confidence).encode()
    return files


def _ntu(dataset: int, preset: str, zipped: bool, damaged: str = "error", labelled: bool = True) -> Source:
    files = {f"{name}.skeleton": text for name, text in _skeletons().items()}
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in files.items():
            file.writestr(f"nturgb+d_skeletons/{name}", text)

    def clip_of(path: str) -> set[str]:
        return {Path(path).stem} if path.endswith(".skeleton") else set()

    def read(at: Path, parts: Path) -> RawDataset:
        source = at / "skeletons.zip" if zipped else at
        options = {"preset": preset, "damaged": damaged, "labelled": labelled}
        return read_ntu(source, parts, dataset, processes=1, **options)

    return Source({"skeletons.zip": archive.getvalue()} if zipped else files, read, clip_of, keeps_parts=True)


def _pku(dataset: int, form: str, preset: str = "skgraph") -> Source:
    names = ("0001-L", "0001-M", "0002-R") if dataset == 1 else ("A01N01-L", "A01N01-M", "A02N02-R")
    files, segments = {}, np.array([[0, 0, 6], [4, 6, 12]])
    for i, name in enumerate(names):
        joints = np.stack([body(15, seed=i), body(15, seed=9) + 1])
        there = np.ones((2, 15), bool)
        there[1, :8] = False
        files[f"skeletons/{name}.txt"] = pku_text(joints, there).encode()
        files[f"labels/{name}.txt"] = label_text(segments + np.array([0, 1, 1])).encode()
    files["splits/cross-subject.txt"] = split_text(names[:2], names[2:]).encode()
    files["splits/cross-view.txt"] = split_text(names[1:], names[:1]).encode()

    def clip_of(path: str) -> set[str]:
        name, kinds = Path(path).stem, ("",) if form == "recordings" else ("_000", "_001")
        # Labels say where a clip is cut, and a recording keeps all of it.
        moved = path.startswith("skeletons") or (path.startswith("labels") and form == "clips")
        return {name + kind for kind in kinds} if moved else set()

    def read(at: Path, parts: Path) -> RawDataset:
        return read_pku(at, parts, dataset, form=form, preset=preset, processes=1)

    return Source(files, read, clip_of, keeps_parts=True)


def _ctrgcn(compressed: bool, one_hot: bool) -> Source:
    train, test = np.zeros((3, 6, 150), np.float32), np.zeros((2, 6, 150), np.float32)
    for clips in (train, test):
        for i, clip in enumerate(clips):
            clip[: 4 + i, :75] = body(4 + i, seed=i).reshape(-1, 75)
    train[1, :5, 75:] = train[1, :5, :75]
    train[2, :6, 75:] = body(6, seed=7).reshape(-1, 75)
    labels = {"y_train": np.array([0, 1, 2]), "y_test": np.array([2, 0])}
    if one_hot:
        labels = {key: np.eye(3, dtype=np.float32)[y] for key, y in labels.items()}

    def clip_of(path: str) -> set[str] | None:
        _, key, *row = path.split("/") if "/" in path else (path, "")
        if row and row[0].isdigit():
            return {f"{key[2:]}{int(row[0]) + 1:05d}"}
        return None if key[:1] == "x" else set()

    files = {"NTU60_CS.npz": npz({"x_train": train, "x_test": test, **labels}, compressed)}
    return Source(files, lambda at, _: read_ctrgcn(at / "NTU60_CS.npz"), clip_of)


def _pyskl(dim: int, protocol: int) -> Source:
    annotations = []
    for i, name in enumerate(("a", "b", "c")):
        places = body(5, 17 if dim == 2 else 25, seed=i)[None]
        annotation = {"frame_dir": name, "label": i % 2, "total_frames": 5, "img_shape": (480, 640)}
        annotation["keypoint"] = (
            (100 * places[..., :2] + 200).astype(np.float16) if dim == 2 else places.astype(np.float32)
        )
        if dim == 2:
            annotation["keypoint_score"] = np.full((1, 5, 17), 0.5, np.float16)
            annotation["keypoint_score"][0, 2, 3] = 0
        annotations.append(annotation)
    content = {"split": {"xsub_train": ["a", "c"], "xsub_val": ["b"]}, "annotations": annotations}

    def clip_of(path: str) -> set[str] | None:
        _, _, changed = path.partition("/changed")
        return {*changed.split(",")} if "/changed" in path else None

    files = {"anno.pkl": pickle.dumps(content, protocol)}
    return Source(files, lambda at, _: read_pyskl(at / "anno.pkl"), clip_of)


def _pyskl_apart(shared: bool) -> Source:
    """Annotations with keypoints in files of their own: of several clips, or of each."""
    annotations, clips = [], {}
    for i, name in enumerate(("a", "b", "c")):
        frames = np.array([0, 0, 1, 3], np.int16)
        people = np.full((4, 17, 3), 0.5, np.float16)
        people[..., :2] = 100 * body(4, 17, seed=i)[..., :2] + 200
        annotation = {"frame_dir": name, "label": i % 2, "total_frames": 5, "box_score": people[:, 0, 2]}
        annotation |= {"frame_inds": frames} | ({"raw_file": "k400/keypoints.pkl"} if shared else {})
        annotations.append(annotation)
        clips[name] = {"keypoint": people}
    content = {"split": {"train": ["a", "c"], "val": ["b"]}, "annotations": annotations}
    files = {"keypoints/keypoints.pkl": clips} if shared else {f"keypoints/{name}.pkl": clips[name] for name in clips}
    files = {path: pickle.dumps(tree, 4) for path, tree in (files | {"anno.pkl": content}).items()}

    def clip_of(path: str) -> set[str] | None:
        name = Path(path).stem
        return {name} if name in clips else None

    return Source(files, lambda at, _: read_pyskl(at / "anno.pkl", keypoints=at / "keypoints"), clip_of)


def _stgcn() -> Source:
    files = {}
    for kind, count in (("train", 3), ("val", 2)):
        data = np.zeros((count, 3, 8, 25, 2), np.float32)
        for i, clip in enumerate(data):
            clip[:, : 5 + i, :, 0] = body(5 + i, seed=i).transpose(2, 0, 1)
        names = [f"{kind}{i}.skeleton" for i in range(count)]
        files[f"{kind}_data_joint.npy"] = npy(data)
        files[f"{kind}_label.pkl"] = pickle.dumps((names, list(range(count))), 2)
    files["val_num_frame.npy"] = npy(np.array([8, 4]))

    def clip_of(path: str) -> set[str] | None:
        name, *row = path.split("/")
        kind = name.split("_")[0]
        if row:
            return {f"{kind}{row[0]}"}
        return {f"{kind}{i}" for i in range(3)} if name.endswith("npy") else None

    return Source(files, lambda at, _: read_stgcn(at, up="y"), clip_of)


def _json(content: object) -> bytes:
    return json.dumps(content).encode()


def _flat(x: float, joints: int, confidence: float = 0.9) -> list[float]:
    return [value for v in range(joints) for value in (x, 100.0 + 10 * v, confidence)]


def _openpose(flat: bool, ending: str = "_{:012d}_keypoints") -> Source:
    files = {"labels.csv": LABELS}
    for name, frames in {"a": (3, 4, 6), "b": (0, 1), "c": (7,)}.items():
        for i in frames:
            people = [{"person_id": [-1], "pose_keypoints_2d": _flat(i + 200 * k, 25)} for k in range(2)]
            people[0]["pose_keypoints_2d"][6:9] = [0, 0, 0]
            file = f"{name}{ending.format(i)}.json"
            files[file if flat else f"{name}/{file}"] = _json({"version": 1.3, "people": people})

    def clip_of(path: str) -> set[str] | None:
        name, _, _ = path.partition("_" if flat else "/")
        return None if name == "a" else {name} if name != path else set()  # the first person names the topology

    return Source(files, lambda at, _: read_openpose(at), clip_of)


def _kinetics() -> Source:
    def person(x: float) -> dict:
        return {"pose": [value for v in range(18) for value in (x, 0.1 + 0.02 * v)], "score": [0.8] * 18}

    files = {}
    for folder, names in (("kinetics_train", ("a", "b")), ("kinetics_val", ("c",))):
        table = {}
        for i, name in enumerate(names):
            data = [{"frame_index": t, "skeleton": [person(0.2 + t / 100), person(0.7)]} for t in (1, 2, 4)]
            files[f"{folder}/{name}.json"] = _json({"data": data, "label": "sit", "label_index": i})
            table[name] = {"has_skeleton": True, "label": ("sit", "stand")[i], "label_index": i}
        files[f"{folder}_label.json"] = _json(table)

    def clip_of(path: str) -> set[str]:
        return {Path(path).stem} if "/" in path else set()

    return Source(files, lambda at, _: read_kinetics_skeleton(at), clip_of)


def _coco(form: str) -> Source:
    files = {"labels.csv": LABELS}
    for name, frames in {"a": (3, 4, 6), "b": (0, 1), "c": (7,)}.items():
        if form == "results":
            content = [{"image_id": i, "keypoints": _flat(i, 17), "score": 0.5} for i in frames]
        elif form == "alphapose":
            content = [{"image_id": f"{i}.jpg", "keypoints": _flat(i, 17), "idx": [7.0]} for i in frames]
        elif form == "annotations":
            images = [{"id": 90 + i, "file_name": f"v/{i:06d}.jpg"} for i in frames]
            people = [{"image_id": 90 + i, "keypoints": _flat(i, 17, 2), "track_id": 5} for i in frames]
            content = {"images": images, "annotations": people, "categories": [{"id": 1, "name": "person"}]}
        else:
            points = [[5.0, 100.0 + 10 * v] for v in range(133)]
            instance = {"keypoints": points, "keypoint_scores": [0.9] * 133}
            content = {"instance_info": [{"frame_id": i, "instances": [instance]} for i in frames]}
        files[f"{name}.json"] = _json(content)
    return Source(files, lambda at, _: read_coco_keypoints(at), _first_decides)


def _alphapose(form: str) -> Source:
    """A file of several videos, in AlphaPose's own format or that of OpenPose."""
    images = [f"{name}_{i}.jpg" for name, frames in {"a": (3, 4, 6), "b": (0, 1), "c": (7,)}.items() for i in frames]
    if form == "own":
        content = [{"image_id": image, "keypoints": _flat(5, 17), "idx": 2} for image in images]
    else:
        people = [{"pose_keypoints_2d": _flat(5, 18)}] * 2
        content = {image: {"version": "0.3", "people": people} for image in images}
    files = {"labels.csv": LABELS, "results.json": _json(content)}
    return Source(files, lambda at, _: read_coco_keypoints(at / "results.json"), lambda path: None)


def _yolo(form: str) -> Source:
    files = {"labels.csv": LABELS}
    for name, frames in {"a": (3, 4, 6), "b": (0, 1), "c": (7,)}.items():
        if form == "txt":
            for i in frames:
                joints = [value for v in range(17) for value in (0.1 + i / 100, 0.1 + 0.05 * v, 0.9)]
                lines = [" ".join(f"{x:g}" for x in (0, 0.5, 0.5, 0.1, 0.2, *joints, 0.8, track)) for track in (1, 2)]
                files[f"{name}_{i}.txt"] = ("\n".join(lines) + "\n").encode()
            continue
        people = []
        for i in frames:
            keypoints = {"x": [float(i)] * 17, "y": [100.0 + 10 * v for v in range(17)], "visible": [0.9] * 17}
            people.append([{"name": "person", "box": {"x1": 0}, "keypoints": keypoints, "track_id": 4}])
        if form == "json":
            files[f"{name}.json"] = _json([json.dumps(frame) for frame in people] if name == "a" else people)
        else:
            objects = [{"frame": i, "results": frame} for i, frame in zip(frames, people, strict=True)]
            files[f"{name}.jsonl"] = "\n".join(map(json.dumps, objects)).encode()

    def clip_of(path: str) -> set[str] | None:
        name = path.split("/")[0]
        return set() if name == "labels.csv" else {name.split("_" if form == "txt" else ".")[0]}

    return Source(files, lambda at, _: read_yolo(at), clip_of)


def _mediapipe(form: str, world: bool | None) -> Source:
    """MediaPipe's landmarks in a file a clip; `form` is its suffix, with the shape of its content."""
    suffix, _, shape = form.partition(" ")
    joints = Topology.load("mediapipe_33").joints
    files = {"labels.csv": LABELS}
    for i, name in enumerate(("a", "b", "c")):
        places = body(3 + i, 33, seed=i).tolist()
        pose = [[{**dict(zip("xyz", joint, strict=True)), "visibility": 0.9} for joint in frame] for frame in places]
        if suffix == "csv" and shape == "long":
            rows = [[2 * t, joints[v], *xyz, 0.9] for t, frame in enumerate(places) for v, xyz in enumerate(frame)]
            rows = [["frame", "landmark", "x", "y", "z", "visibility"], *rows]
        elif suffix == "csv":
            header = ["frame", *(f"{axis}{v}" for v in range(33) for axis in "xyzv")]
            rows = [[2 * t, *(value for joint in frame for value in (*joint, 0.9))] for t, frame in enumerate(places)]
            rows = [header, *rows]
        elif shape == "tasks":
            content = [{"frame": t, "landmarks": [], "world_landmarks": [frame, frame]} for t, frame in enumerate(pose)]
        elif shape == "tfjs":
            content = [
                [{"keypoints3D": [{**one, "name": joint} for one, joint in zip(frame, joints, strict=True)]}]
                for frame in pose
            ]
        else:
            content = {"fps": 30, "frames": [pose[0], None, *pose[1:]]} if i else pose
        if suffix == "csv":
            files[f"{name}.csv"] = "\n".join(",".join(map(str, row)) for row in rows).encode()
        elif suffix == "jsonl":
            files[f"{name}.jsonl"] = "\n".join(map(json.dumps, content)).encode()
        else:
            files[f"{name}.json"] = _json(content)
    return Source(files, lambda at, _: read_mediapipe(at, world=world), _first_decides if world is None else _stem)


def _bvh(up: str, every: int, end_sites: bool) -> Source:
    files = {"labels.csv": LABELS}
    for i, name in enumerate(("a", "b", "c")):
        frames = [{"Hips": (t, 90, 0, 5 * t), "LeftArm": (10 * t, i, 0), "Head": (0, t, 0)} for t in range(4 + i)]
        files[f"{name}.bvh"] = bvh(frames).encode()
    return Source(files, lambda at, _: read_bvh(at, "cm", up=up, every=every, end_sites=end_sites), _stem)


def _asf_amc(folders: bool) -> Source:
    frames = [{"root": f"0 16 {t} 0 {5 * t} 0", "lleg": 10 * t, "larm": f"{t} {t}"} for t in range(5)]
    files = {} if folders else {"labels.csv": LABELS}
    for i, name in enumerate(("a", "b", "c")):
        files[f"{name}/{name}.asf" if folders else f"{name}.asf"] = asf().encode()
        files[f"{name}/{name}.amc" if folders else f"{name}.amc"] = amc(frames[: 3 + i]).encode()
    return Source(
        files,
        lambda at, _: read_asf_amc(at, every=2 if folders else 1, labelled=not folders),
        # A skeleton that another one replaces may be that of any motion.
        lambda path: None if path.endswith(".asf") else _stem(path),
    )


def _trc(topology: Topology | None, markers: dict[str, tuple[float, ...]]) -> Source:
    files = {"labels.csv": LABELS}
    for i, name in enumerate("abc"):
        files[f"{name}.trc"] = trc(motion(3 + i, markers), tuple(markers)).encode()
    return Source(files, lambda at, _: read_trc(at, topology), _stem if topology else _first_decides)


def _c3d(scale: float, up: str | None) -> Source:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of files without analog signals
        files = {f"{name}.c3d": c3d(motion(3 + i), scale=scale) for i, name in enumerate("abc")}
    return Source(files | {"labels.csv": LABELS}, lambda at, _: read_c3d(at, Topology(TOPOLOGY), up=up), _stem)


def _nw_ucla() -> Source:
    files = {}
    for i, name in enumerate(("a01_s01_e00_v01", "a02_s02_e01_v02", "a03_s10_e04_v03")):
        skeletons = body(3 + i, 20, seed=i)
        skeletons[1, 3] = 0
        files[f"{name}.json"] = _json({"file_name": name, "skeletons": skeletons.tolist(), "label": i + 1})
    return Source(files, lambda at, _: read_nw_ucla(at), _stem)


def _utd_mhad(compressed: bool) -> Source:
    import scipy.io

    files = {}
    for i, name in enumerate(("a1_s1_t1", "a10_s8_t4", "a27_s3_t2")):
        file = io.BytesIO()
        scipy.io.savemat(file, {"d_skel": body(3 + i, 20, seed=i).transpose(1, 2, 0)}, do_compression=compressed)
        files[f"{name}_skeleton.mat"] = file.getvalue()
    return Source(files, lambda at, _: read_utd_mhad(at), lambda path: {path.removesuffix("_skeleton.mat")})


def _msr_action3d() -> Source:
    files = {}
    for i, name in enumerate(("a01_s01_e01", "a06_s02_e03", "a20_s10_e01")):
        lines = [" ".join(map(str, (*joint, 0.9))) for frame in body(2 + i, 20, seed=i).tolist() for joint in frame]
        files[f"{name}_skeleton3D.txt"] = ("\n".join(lines) + "\n").encode()
    return Source(files, lambda at, _: read_msr_action3d(at), lambda path: {path.removesuffix("_skeleton3D.txt")})


def _store() -> Source:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "store"
        with StoreWriter(path, Topology.load("ntu_rgbd"), ["sit", "stand"], source="a lab") as writer:
            for i, name in enumerate(("a", "b", "c")):
                joints = np.stack([body(4 + i, seed=i), body(4 + i, seed=9)])
                there = np.ones(joints.shape[:2], bool)
                there[1, 0] = False
                sure = np.full(joints.shape[:3], 0.5)
                writer.add(
                    joints, y=i % 2, name=name, frame_mask=there, confidence=sure, subject=i, segments=[[0, 1, 3]]
                )
            writer.add_split("xsub", [0, 2], [1])
            writer.exclude("d", "nobody in it")
        files = {file.relative_to(path).as_posix(): file.read_bytes() for file in path.rglob("*.*")}
    return Source(files, lambda at, _: read_store(at), lambda path: None)


SOURCES: dict[str, list[Callable[[], Source]]] = {
    "npz": [lambda: _npz(False, False), lambda: _npz(True, False), lambda: _npz(False, True)],
    "npy": [_npy],
    "ntu60": [
        lambda: _ntu(60, "skgraph", False),
        lambda: _ntu(60, "skgraph", True),
        lambda: _ntu(60, "mamp", False),
        lambda: _ntu(60, "agcn", False),
        lambda: _ntu(60, "pyskl", False),
        lambda: _ntu(60, "skgraph", True, "exclude"),
        lambda: _ntu(60, "skgraph", False, labelled=False),
    ],
    "ntu120": [lambda: _ntu(120, "skgraph", False), lambda: _ntu(120, "pyskl", True)],
    "pku1": [lambda: _pku(1, "clips"), lambda: _pku(1, "recordings"), lambda: _pku(1, "clips", "mamp")],
    "pku2": [lambda: _pku(2, "clips"), lambda: _pku(2, "recordings"), lambda: _pku(2, "clips", "agcn")],
    "ctrgcn": [lambda: _ctrgcn(False, True), lambda: _ctrgcn(True, False)],
    "pyskl": [
        lambda: _pyskl(2, 2),
        lambda: _pyskl(3, 4),
        lambda: _pyskl(2, 5),
        lambda: _pyskl(3, 0),
        lambda: _pyskl_apart(True),
        lambda: _pyskl_apart(False),
    ],
    "stgcn": [_stgcn],
    "openpose": [lambda: _openpose(False), lambda: _openpose(True), lambda: _openpose(False, ".{:04d}")],
    "kinetics_skeleton": [_kinetics],
    "coco_keypoints": [
        *(lambda form=form: _coco(form) for form in ("results", "alphapose", "annotations", "mmpose")),
        *(lambda form=form: _alphapose(form) for form in ("own", "open")),
    ],
    "mediapipe": [
        *(lambda form=form: _mediapipe(form, True) for form in ("json", "json tfjs", "jsonl tasks", "csv", "csv long")),
        lambda: _mediapipe("json", False),
        lambda: _mediapipe("json", None),
    ],
    "yolo": [lambda: _yolo("json"), lambda: _yolo("jsonl"), lambda: _yolo("txt")],
    "bvh": [lambda: _bvh("y", 1, False), lambda: _bvh("z", 2, True)],
    "asf_amc": [lambda: _asf_amc(False), lambda: _asf_amc(True)],
    "trc": [lambda: _trc(Topology(TOPOLOGY), MARKERS), lambda: _trc(None, NAMED)],
    "c3d": [lambda: _c3d(-1.0, None), lambda: _c3d(0.1, "y")],
    "nw_ucla": [_nw_ucla],
    "utd_mhad": [lambda: _utd_mhad(False), lambda: _utd_mhad(True)],
    "msr_action3d": [_msr_action3d],
    "store": [_store],
}
"""By the names of `configs/prepare/dataset`, the datasets of each reader: forms of the format, and options."""
