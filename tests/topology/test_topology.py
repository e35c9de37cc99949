"""Every shipped topology obeys the invariants of a skeleton, and every mistake is an error that names the joints."""

from __future__ import annotations

import copy
import pickle
import re
import runpy
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
import torch

from skgraph.errors import DataError, TopologyError
from skgraph.topology import Topology

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / ".." / "shared" / "data"
EXAMPLE = ROOT / "examples" / "custom_topology.yaml"

SHIPPED = {  # name: joints, coordinates
    "cmu_31": (31, 3),
    "coco_17": (17, 2),
    "halpe_26": (26, 2),
    "hand_21": (21, 3),
    "human36m_17": (17, 3),
    "kinect_v1": (20, 3),
    "mediapipe_33": (33, 3),
    "ntu_rgbd": (25, 3),
    "openpose_18": (18, 2),
    "openpose_25": (25, 2),
    "pku_mmd": (25, 3),
    "sbu_15": (15, 3),
    "smpl_24": (24, 3),
    "uiprmd_22": (22, 3),
    "utd_mhad": (20, 3),
}

# head - neck - hip (root), two legs of two joints, in an order that is not the tree's:
#
#       head (0)
#         |
#       neck (1)
#         |
#        hip (4)
#       /       \
#  left (2)   right (3)
#      |         |
#  left_foot  right_foot
#     (6)       (5)
FIGURE = {
    "name": "figure",
    "dim": 3,
    "joints": {
        "head": "neck",
        "neck": "hip",
        "left": "hip",
        "right": "hip",
        "hip": None,
        "right_foot": "right",
        "left_foot": "left",
    },
    "mirror": {"left": "right", "left_foot": "right_foot"},
    "parts": {"torso": ["hip", "neck", "head"], "legs": ["left", "right", "right_foot", "left_foot"]},
    "center": ["left", "right"],
    "across": {"from": "right", "to": "left"},
    "up": {"from": ["left_foot", "right_foot"], "to": "head"},
}

FIGURE_YAML = """
name: figure
dim: 3
joints:
  head: neck
  neck: hip
  left: hip
  right: hip
  hip: null
  right_foot: right
  left_foot: left
mirror: {left: right, left_foot: right_foot}
parts:
  torso: [hip, neck, head]
  legs: [left, right, right_foot, left_foot]
center: [left, right]
across: {from: right, to: left}
up: {from: [left_foot, right_foot], to: head}
"""


@pytest.fixture(params=[*SHIPPED, "example"])
def topology(request):
    return Topology.load(EXAMPLE if request.param == "example" else request.param)


@pytest.fixture
def figure():
    return Topology.from_dict(FIGURE)


# ---- what every shipped topology obeys


def test_available_lists_the_shipped_files():
    assert Topology.available() == sorted(SHIPPED)


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_sizes(name):
    topology = Topology.load(name)
    assert (topology.name, topology.num_joints, topology.dim) == (name, *SHIPPED[name])


def test_tree(topology):
    v = topology.num_joints
    assert len(set(topology.joints)) == v
    assert topology.parents.dtype == topology.edges.dtype == topology.mirror.dtype == topology.hops.dtype == torch.long
    assert topology.parents.shape == (v,) and topology.edges.shape == (v - 1, 2)
    assert (topology.parents == -1).nonzero().flatten().tolist() == [topology.root]
    children = [joint for joint in range(v) if joint != topology.root]
    assert topology.edges[:, 1].tolist() == children, "the order of the edges is that of the child"
    assert torch.equal(topology.edges[:, 0], topology.parents[children])
    assert nx.is_tree(topology.graph) and list(topology.graph) == list(range(v))
    assert {frozenset(edge) for edge in topology.graph.edges} == {frozenset(edge) for edge in topology.edges.tolist()}
    assert [topology.graph.nodes[joint]["name"] for joint in range(v)] == list(topology.joints)
    assert [topology.joint(name) for name in topology.joints] == list(range(v))


def test_mirror_is_a_symmetry_of_the_tree(topology):
    mirror, parents = topology.mirror, topology.parents
    assert torch.equal(mirror[mirror], torch.arange(topology.num_joints))
    bones = {tuple(bone) for bone in topology.edges.tolist()}
    assert {tuple(bone) for bone in mirror[topology.edges].tolist()} == bones
    moved = parents >= 0
    assert torch.equal(parents[mirror[moved]], mirror[parents[moved]])
    assert torch.equal(topology.hops[mirror][:, mirror], topology.hops)


def test_hops_are_breadth_first_distances(topology):
    neighbours = {joint: set() for joint in range(topology.num_joints)}
    for parent, child in topology.edges.tolist():
        neighbours[parent].add(child)
        neighbours[child].add(parent)
    for start in range(topology.num_joints):
        reached, front, distance = {start: 0}, [start], 0
        while front:
            distance += 1
            front = [near for joint in front for near in neighbours[joint] if near not in reached]
            reached.update(dict.fromkeys(front, distance))
        assert topology.hops[start].tolist() == [reached[joint] for joint in range(topology.num_joints)]
    assert torch.equal(topology.hops, topology.hops.T)


def test_parts_hold_every_joint_once(topology):
    assert torch.cat(list(topology.parts.values())).sort().values.tolist() == list(range(topology.num_joints))


def test_points_and_directions(topology):
    assert topology.center.sum() == pytest.approx(1) and (topology.center >= 0).all()
    for direction in (topology.across, topology.up):
        assert direction.sum() == pytest.approx(0, abs=1e-6) and direction.abs().sum() == pytest.approx(2)


def test_center_and_directions_follow_the_mirror(topology):
    """The image of a body has its centre at the image of the centre, the same up, and left where right was."""
    if topology.name == "hand_21":
        pytest.skip("a hand has no left and right half")
    assert torch.equal(topology.center[topology.mirror], topology.center)
    assert torch.equal(topology.up[topology.mirror], topology.up)
    assert torch.equal(topology.across[topology.mirror], -topology.across)


def test_mirror_swaps_what_is_called_left_and_right(topology):
    def swapped(name):
        if topology.name == "cmu_31":
            sides = {"l": "r", "r": "l"} if name not in ("root", "lowerback", "lowerneck") else {}
            return sides.get(name[0], name[0]) + name[1:]
        if topology.name.startswith(("openpose", "human36m")):
            return {"L": "R", "R": "L"}.get(name[0], name[0]) + name[1:] if name[1].isupper() else name
        sides = {"left": "right", "right": "left", "Left": "Right", "Right": "Left"}
        return re.sub("left|right|Left|Right", lambda side: sides[side[0]], name)

    assert [topology.joints[counterpart] for counterpart in topology.mirror.tolist()] == [
        swapped(name) for name in topology.joints
    ]


def test_left_and_right_parts_mirror_each_other(topology):
    for part, joints in topology.parts.items():
        counterpart = topology.parts[part.replace("left", "right")]
        expected = counterpart if part.startswith("left") else joints
        if not part.startswith("right"):
            assert set(topology.mirror[joints].tolist()) == set(expected.tolist())


def test_partitions_split_the_normalised_adjacency(topology):
    partitions, v = topology.partitions(), topology.num_joints
    own, nearer, farther = partitions
    assert partitions.shape == (3, v, v) and partitions.dtype == torch.float32
    assert torch.equal((partitions > 0).sum(dim=0), (topology.hops <= 1).long()), "one set for each pair"
    torch.testing.assert_close(partitions.sum(dim=(0, 2)), torch.ones(v))
    assert torch.equal(own > 0, torch.eye(v, dtype=torch.bool))
    assert [tuple(pair) for pair in (farther > 0).nonzero().tolist()] == sorted(map(tuple, topology.edges.tolist()))
    assert torch.equal(nearer > 0, (farther > 0).T)


def test_shipped_round_trips(topology):
    for other in (
        Topology.from_dict(topology.to_dict()),
        pickle.loads(pickle.dumps(topology)),
        copy.deepcopy(topology),
    ):
        assert other == topology and hash(other) == hash(topology) and repr(other) == repr(topology)
        for name in ("parents", "edges", "mirror", "hops", "center", "across", "up"):
            assert torch.equal(getattr(other, name), getattr(topology, name))


# ---- literal expectations


def test_ntu_follows_the_bone_tree_of_the_field():
    """The 1-based (joint, parent) pairs from which published bone streams are computed."""

    published = [
        (1, 2),
        (2, 21),
        (3, 21),
        (4, 3),
        (5, 21),
        (6, 5),
        (7, 6),
        (8, 7),
        (9, 21),
        (10, 9),
        (11, 10),
        (12, 11),
        (13, 1),
        (14, 13),
        (15, 14),
        (16, 15),
        (17, 1),
        (18, 17),
        (19, 18),
        (20, 19),
        (22, 23),
        (23, 8),
        (24, 25),
        (25, 12),
    ]

    ntu = Topology.load("ntu_rgbd")
    assert [(child + 1, parent + 1) for parent, child in ntu.edges.tolist()] == published
    assert ntu.joints[ntu.root] == "SpineShoulder" and ntu.root == 20


@pytest.mark.parametrize(
    ("start", "stop", "bones"),
    [
        ("Head", "FootLeft", 8),  # Neck, SpineShoulder, SpineMid, SpineBase, HipLeft, KneeLeft, AnkleLeft, FootLeft
        ("HandTipLeft", "HandTipRight", 12),  # six bones up to SpineShoulder, six down
        ("HandLeft", "ThumbLeft", 1),
        ("HandLeft", "HandTipLeft", 2),  # over the thumb
        ("SpineMid", "SpineMid", 0),
    ],
)
def test_ntu_hops(start, stop, bones):
    ntu = Topology.load("ntu_rgbd")
    assert ntu.hops[ntu.joint(start), ntu.joint(stop)] == bones


def test_ntu_mirror_center_and_directions():
    ntu = Topology.load("ntu_rgbd")

    assert ntu.mirror.tolist() == [
        0,
        1,
        2,
        3,
        8,
        9,
        10,
        11,
        4,
        5,
        6,
        7,
        16,
        17,
        18,
        19,
        12,
        13,
        14,
        15,
        20,
        23,
        24,
        21,
        22,
    ]

    assert ntu.center.nonzero().flatten().tolist() == [1]
    assert (ntu.across[4], ntu.across[8], ntu.across.abs().sum()) == (1, -1, 2)
    assert (ntu.up[20], ntu.up[0], ntu.up.abs().sum()) == (1, -1, 2)
    assert ntu.parts["left_leg"].tolist() == [12, 13, 14, 15]


def test_pku_mmd_is_ntu_under_another_name():
    ntu, pku = Topology.load("ntu_rgbd").to_dict(), Topology.load("pku_mmd").to_dict()
    assert pku | {"name": "ntu_rgbd"} == ntu and list(pku["joints"]) == list(ntu["joints"])


def test_utd_mhad_has_the_bones_of_kinect_v1_in_another_order():
    kinect, utd = Topology.load("kinect_v1"), Topology.load("utd_mhad")
    assert kinect.to_dict()["joints"] == utd.to_dict()["joints"]
    assert kinect.joints[:4] == ("HipCenter", "Spine", "ShoulderCenter", "Head")
    assert utd.joints[:4] == ("Head", "ShoulderCenter", "Spine", "HipCenter")


@pytest.mark.parametrize(
    ("name", "parents"),
    [
        ("coco_17", [-1, 0, 0, 1, 2, 0, 0, 5, 6, 7, 8, 5, 6, 11, 12, 13, 14]),
        ("openpose_18", [1, -1, 1, 2, 3, 1, 5, 6, 2, 8, 9, 5, 11, 12, 0, 0, 14, 15]),
        ("openpose_25", [1, -1, 1, 2, 3, 1, 5, 6, 1, 8, 9, 10, 8, 12, 13, 0, 0, 15, 16, 14, 19, 14, 11, 22, 11]),
        ("human36m_17", [-1, 0, 1, 2, 0, 4, 5, 0, 7, 8, 9, 8, 11, 12, 8, 14, 15]),
        ("smpl_24", [-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19, 20, 21]),
        ("hand_21", [-1, 0, 1, 2, 3, 0, 5, 6, 7, 0, 9, 10, 11, 0, 13, 14, 15, 0, 17, 18, 19]),
    ],
)
def test_published_parents(name, parents):
    assert Topology.load(name).parents.tolist() == parents


def test_hand_has_no_counterparts():
    hand = Topology.load("hand_21")
    assert hand.mirror.tolist() == list(range(21))
    assert hand.across[hand.joint("index_finger_mcp")] == 1 and hand.across[hand.joint("pinky_mcp")] == -1


def test_center_of_a_list_is_its_mean():
    coco = Topology.load("coco_17")
    joints = torch.zeros(17, 2)
    joints[coco.joint("left_hip")], joints[coco.joint("right_hip")] = torch.tensor([4.0, 6.0]), torch.tensor([2.0, 0.0])
    assert torch.einsum("vc,v->c", joints, coco.center).tolist() == [3, 3]
    assert torch.einsum("vc,v->c", joints, coco.up).tolist() == [-3, -3]


def test_figure(figure):
    assert repr(figure) == "Topology(figure, 7 joints, 6 bones, 3D)"
    assert figure.parents.tolist() == [1, 4, 4, 4, -1, 3, 2] and figure.root == 4
    assert figure.edges.tolist() == [[1, 0], [4, 1], [4, 2], [4, 3], [3, 5], [2, 6]]
    assert figure.mirror.tolist() == [0, 1, 3, 2, 4, 6, 5]
    assert figure.hops[0].tolist() == [0, 1, 3, 3, 2, 4, 4]
    assert figure.parts["legs"].tolist() == [2, 3, 5, 6]
    assert figure.center.tolist() == [0, 0, 0.5, 0.5, 0, 0, 0]
    assert figure.across.tolist() == [0, 0, 1, -1, 0, 0, 0]
    assert figure.up.tolist() == [1, 0, 0, 0, 0, -0.5, -0.5]


def test_figure_partitions(figure):
    own, nearer, farther = figure.partitions()
    third, quarter = pytest.approx(1 / 3), 0.25
    assert own.diagonal().tolist() == [0.5, third, third, third, quarter, 0.5, 0.5]
    assert nearer[0].tolist() == [0, 0.5, 0, 0, 0, 0, 0], "the head hears the neck, its parent"
    assert farther[4].tolist() == [0, quarter, quarter, quarter, 0, 0, 0], "the hip hears its three children"
    assert nearer[4].sum() == 0 and farther[0].sum() == 0, "the root has no parent, the head no child"


def test_partitions_bring_to_a_joint_what_its_neighbours_send(figure):
    sent = torch.tensor([1.0, 2, 3, 4, 5, 6, 7])
    received = torch.einsum("kij,j->ki", figure.partitions(), sent)
    torch.testing.assert_close(received[:, 2], torch.tensor([3 / 3, 5 / 3, 7 / 3]))  # itself, the hip, its foot


def test_optional_directions_are_none():
    topology = Topology.from_dict({key: value for key, value in FIGURE.items() if key not in ("across", "up")})
    assert topology.across is None and topology.up is None
    assert "across" not in topology.to_dict() and pickle.loads(pickle.dumps(topology)) == topology


def test_one_joint_is_a_topology():
    topology = Topology.from_dict(
        {"name": "dot", "dim": 2, "joints": {"dot": None}, "mirror": {}, "parts": {"all": ["dot"]}, "center": "dot"}
    )
    assert topology.edges.shape == (0, 2) and topology.hops.tolist() == [[0]]
    assert topology.partitions().tolist() == [[[1]], [[0]], [[0]]]


# ---- identity


def test_topology_cannot_be_changed(figure):
    with pytest.raises(AttributeError, match="center"):
        figure.center = torch.zeros(7)
    with pytest.raises(AttributeError, match="root"):
        del figure.root
    with pytest.raises(nx.NetworkXError, match="[Ff]rozen"):
        figure.graph.add_edge(0, 5)
    figure.to_dict()["joints"]["tail"] = "hip"
    assert "tail" not in figure.to_dict()["joints"]


@pytest.mark.parametrize(
    "change",
    [
        {"name": "other"},
        {"dim": 2},
        {"center": "hip"},
        {"up": None},
        {"mirror": {}},
        {"joints": dict(reversed(FIGURE["joints"].items()))},
        {"parts": {"all": list(FIGURE["joints"])}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_other_content_is_another_topology(figure, change):
    assert Topology.from_dict(FIGURE | change) != figure


def test_how_a_point_is_written_is_not_content(figure):
    written = FIGURE | {"center": ["right", "left"], "across": {"from": ["right"], "to": ["left"]}}
    assert Topology.from_dict(written) == figure
    assert figure != "figure"
    assert len({figure, Topology.from_dict(FIGURE)}) == 1


# ---- loading


def test_load_by_path(tmp_path, figure):
    path = tmp_path / "own.yaml"
    path.write_text(FIGURE_YAML)
    assert Topology.load(path) == Topology.load(str(path)) == figure


def test_load_by_relative_path(tmp_path, monkeypatch, figure):
    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()
    for path in ("own.yaml", "folder/own"):
        Path(path).write_text(FIGURE_YAML)
        assert Topology.load(path) == figure


def test_a_name_is_never_a_file_of_the_working_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("ntu_rgbd").write_text(FIGURE_YAML)
    assert Topology.load("ntu_rgbd").num_joints == 25


def test_unknown_name_lists_the_shipped_ones():
    with pytest.raises(TopologyError, match="unknown topology 'ntv'.* ntu_rgbd, openpose_18.* path that ends in .yaml"):
        Topology.load("ntv")


@pytest.mark.parametrize(
    ("short", "name"),
    [("coco", "coco_17"), ("ntu", "ntu_rgbd"), ("coco_3d", "coco_17_3d"), ("mediapipe_33_2d", "mediapipe_33_2d")],
)
def test_first_words_and_dimensions_of_a_name(short, name):
    topology = Topology.load(short)
    assert (topology.name, topology.dim) == (name, 3 if name == "coco_17_3d" or name == "ntu_rgbd" else 2)


@pytest.mark.parametrize("name", ["openpose", "nt", "coco_17_2d", "coco_17_4d", "", "_3d", "coco_"])
def test_words_that_several_topologies_or_none_begin_with(name):
    with pytest.raises(TopologyError):
        Topology.load(name)


def test_the_same_joints_in_another_dimension(topology):
    other = topology.in_dim(5 - topology.dim)
    assert other.name == f"{topology.name}_{5 - topology.dim}d" and other.base_name == topology.name
    assert other.dim == 5 - topology.dim and torch.equal(other.parents, topology.parents)
    assert other.in_dim(topology.dim) == topology and topology.in_dim(topology.dim) is topology
    with pytest.raises(TopologyError, match="'dim' must be 2 or 3 coordinates, found 4"):
        topology.in_dim(4)


def test_landmarks_that_a_file_declares(figure):
    landmarks = {"hip": "hip_center", "left": "knee_left", "right_foot": "foot_right"}
    own = Topology.from_dict(FIGURE | {"landmarks": landmarks})
    by_name = {"neck": "neck", "head": "head"}
    assert own.landmarks == landmarks | {"right": "knee_right", "left_foot": "foot_left"} | by_name
    assert Topology.from_dict(own.to_dict()) == own == pickle.loads(pickle.dumps(own)) != figure
    assert figure.landmarks == by_name and "landmarks" not in figure.to_dict()


def test_unknown_joint(figure):
    with pytest.raises(TopologyError, match="topology 'figure' has no joint 'knee'; it has head, neck, left"):
        figure.joint("knee")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"name: [a", "is not YAML: .* on line 1"),
        (b"name: a\n\tdim: 3", "is not YAML: .* on line 2"),
        (b"name: \x00", "is not YAML: .*not allowed"),
        (b"name: \xff", "cannot be read: it is not UTF-8 text"),
        (b"name: 2024-99-99", "cannot be read: month must be in 1..12"),
        (b"name: !!python/object:os.system a", "is not YAML: could not determine a constructor"),
        (b"name: a\nparts: &a [hip]\nmeans: *a", r"is not YAML: the alias \*a .* are not supported\) on line 3"),
        (b"- a\n- b", "expected a mapping with the keys 'name', 'dim', .*, found a list"),
        (b"", "expected a mapping .*, found a NoneType"),
        (b"name: a\nname: b", "'name' is listed twice, on lines 1 and 2"),
        (FIGURE_YAML.replace("left: hip", "head: hip", 1).encode(), "'head' is listed twice, on lines 5 and 7"),
        (b"name: a\nmirror: {left: right, left: right}", "'left' is listed twice, on lines 2 and 2"),
        (FIGURE_YAML.replace("hip: null", "hip: thigh").encode(), "joint 'hip' has the unknown parent 'thigh'"),
    ],
)
def test_errors_of_a_file_name_the_file(tmp_path, text, message):
    path = tmp_path / "broken.yaml"
    path.write_bytes(text)
    with pytest.raises(TopologyError, match=message) as error:
        Topology.load(path)
    assert str(path) in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("name", "reason"), [("absent.yaml", "No such file"), (".", ".* is a folder, a pipe or a device, expected a file")]
)
def test_errors_of_a_path(tmp_path, name, reason):
    with pytest.raises(TopologyError, match=f"topology file .* cannot be read: {reason}"):
        Topology.load(tmp_path / name)


# ---- content that is not a skeleton


def changed(**entries):
    """FIGURE with entries replaced, of its joints only those that are given."""
    if isinstance(entries.get("joints"), dict):
        entries["joints"] = FIGURE["joints"] | entries["joints"]
    return FIGURE | entries


MISTAKES = {
    "landmarks, no mapping": (
        changed(landmarks=["hip"]),
        "'landmarks' must map joints to landmarks, found \\['hip'\\]",
    ),
    "landmarks, unknown joint": (
        changed(landmarks={"paw": "hand_left"}),
        "'landmarks' names the unknown joint 'paw'",
    ),
    "landmarks, unknown landmark": (
        changed(landmarks={"hip": "hips"}),
        "'landmarks': 'hip' is 'hips', expected one of hip_center",
    ),
    "landmarks, no text": (
        changed(landmarks={"hip": ["neck"]}),
        "'landmarks': 'hip' is \\['neck'\\], expected one of hip_center",
    ),
    "landmarks, one of two joints": (
        changed(landmarks={"hip": "neck", "neck": "neck"}),
        "'landmarks': 'hip' and 'neck' are both neck",
    ),
    "landmarks, mirror counterparts": (
        changed(landmarks={"left": "knee_left", "right": "hip_right"}),
        "'landmarks': 'left' is knee_left, so its mirror counterpart 'right' must be knee_right, found hip_right",
    ),
    "unknown key": (changed(mirrors={}), "unknown key 'mirrors'; the keys are 'name', 'dim', 'joints'"),
    "missing key": ({k: v for k, v in FIGURE.items() if k not in ("dim", "parts")}, "missing key 'dim', 'parts'"),
    "name": (changed(name=25), "'name' must be a non-empty text, found 25"),
    "dim": (changed(dim=4), "'dim' must be 2 or 3 coordinates, found 4"),
    "dim text": (changed(dim="3"), "'dim' must be 2 or 3 coordinates, found '3'"),
    "dim bool": (changed(dim=True), "'dim' must be 2 or 3 coordinates, found True"),
    "no joints": (FIGURE | {"joints": {}}, "'joints' must map each joint to its parent, found {}"),
    "joints list": (changed(joints=["head"]), r"'joints' must map each joint to its parent, found \['head'\]"),
    "many joints": (
        FIGURE | {"joints": {f"j{i}": f"j{i - 1}" if i else None for i in range(1001)}},
        "'joints' must be at most 1000, found 1001",
    ),
    "joint number": (changed(joints={7: "hip"}), "a joint name must be a text, found 7"),
    "parent list": (
        changed(joints={"head": ["neck"]}),
        r"the parent of 'head' must be a joint or null, found \['neck'\]",
    ),
    "unknown parent": (changed(joints={"head": "nekc"}), "joint 'head' has the unknown parent 'nekc'"),
    "two roots": (
        changed(joints={"neck": None}),
        r"one joint must be the root \(parent null\), found 2: 'neck', 'hip'",
    ),
    "no root": (
        changed(joints={"hip": "left_foot"}),
        "the parents 'hip' -> 'left_foot' -> 'left' -> 'hip' form a cycle and leave no root",
    ),
    "cycle": (
        changed(joints={"neck": "head"}),
        "the parents 'head' -> 'neck' -> 'head' form a cycle and are not connected to the root 'hip'",
    ),
    "own parent": (changed(joints={"head": "head"}), "the parents 'head' -> 'head' form a cycle and are not connected"),
    "mirror list": (changed(mirror=[["left", "right"]]), "'mirror' must map left to right joints"),
    "mirror null": (changed(mirror=None), r"'mirror' must map left to right joints \({} if none\), found None"),
    "mirror unknown": (changed(mirror={"left": "rihgt"}), "'mirror' names the unknown joint 'rihgt'"),
    "mirror itself": (changed(mirror={"hip": "hip"}), "'mirror' maps joint 'hip' to itself"),
    "mirror reversed": (
        changed(mirror={"left": "right", "right": "left"}),
        "'mirror' lists joint 'right' twice, in the pair 'right': 'left' again",
    ),
    "mirror shared": (
        changed(mirror={"left": "right", "left_foot": "right"}),
        "'mirror' lists joint 'right' twice, in the pair 'left_foot': 'right' again",
    ),
    "mirror root": (changed(mirror={"hip": "neck"}), "'mirror' lists the root 'hip'"),
    "mirror breaks a bone": (
        changed(mirror={"left": "right"}),
        "the bone 'right' -> 'right_foot' maps to 'left' -> 'right_foot', but the parent of 'right_foot' is 'right'",
    ),
    "mirror of another depth": (
        changed(mirror={"left": "right_foot"}),
        "the bone 'hip' -> 'left' maps to 'hip' -> 'right_foot', but the parent of 'right_foot' is 'right'",
    ),
    "parts list": (changed(parts=["torso"]), "'parts' must map a body part to its joints"),
    "part number": (changed(parts={1: ["hip"]}), "a body part must be a text, found 1"),
    "part empty": (changed(parts={"tail": []}), r"part 'tail' must list its joints, found \[\]"),
    "part text": (changed(parts={"tail": "hip"}), "part 'tail' must list its joints, found 'hip'"),
    "part unknown": (changed(parts={"tail": ["tip"]}), "'parts: tail' names the unknown joint 'tip'"),
    "two parts": (
        changed(parts=FIGURE["parts"] | {"spine": ["neck"]}),
        "joint 'neck' is in two parts, 'torso' and 'spine'",
    ),
    "no part": (changed(parts={"torso": FIGURE["parts"]["torso"]}), "no part has 'left', 'right', 'right_foot'"),
    "center unknown": (changed(center="belly"), "'center' names the unknown joint 'belly'"),
    "center empty": (changed(center=[]), r"'center' must be a joint or a list of joints, found \[\]"),
    "center twice": (changed(center=["hip", "hip"]), "'center' lists joint 'hip' twice"),
    "center nested": (changed(center=[["hip"]]), r"'center' names the unknown joint '\['hip'\]'"),
    "across unknown": (
        changed(across={"from": "rihgt", "to": "left"}),
        "'across: from' names the unknown joint 'rihgt'",
    ),
    "across half": (changed(across={"to": "left"}), "'across' must have exactly the keys 'from' and 'to'"),
    "up unknown": (changed(up={"from": "hip", "to": "hat"}), "'up: to' names the unknown joint 'hat'"),
    "up nowhere": (changed(up={"from": "hip", "to": ["hip"]}), "'up' has no direction: both ends are 'hip'"),
}


@pytest.mark.parametrize(("mapping", "message"), MISTAKES.values(), ids=MISTAKES)
def test_mistakes(mapping, message):
    with pytest.raises(TopologyError, match=message) as error:
        Topology.from_dict(mapping, source="figure.yaml")
    assert isinstance(error.value, DataError)
    assert str(error.value).startswith("figure.yaml: ") and "\n" not in str(error.value)


def test_mistakes_without_a_source_name_the_topology():
    with pytest.raises(TopologyError, match="^topology 'figure': 'dim' must be 2 or 3"):
        Topology.from_dict(changed(dim=4))
    with pytest.raises(TopologyError, match="^topology: expected a mapping"):
        Topology.from_dict(None)


# ---- against recordings


@pytest.mark.parametrize(
    ("file", "name", "toes", "heels"),
    [
        ("uiprmd.npz", "uiprmd_22", ("LeftToes", "RightToes"), ("LeftFoot", "RightFoot")),
        ("irds.npz", "ntu_rgbd", ("FootLeft", "FootRight"), ("AnkleLeft", "AnkleRight")),
    ],
)
def test_left_of_recorded_bodies_is_left(file, name, toes, heels):
    """In right-handed axes `across` x `up` points where the body faces, so its feet point there too."""
    if not (DATA / file).is_file():
        pytest.skip(f"the recordings {file} are not beside the repository")
    topology = Topology.load(name)
    with np.load(DATA / file) as recordings:
        assert recordings["joint_names"].tolist() == list(topology.joints)
        frames = torch.from_numpy(recordings["x"][::500, 0].astype(np.float32))  # [frames, V, 3] in millimetres
    across, up = (torch.einsum("fvc,v->fc", frames, weights) for weights in (topology.across, topology.up))
    toe, heel = (frames[:, [topology.joint(joint) for joint in ends]].mean(dim=1) for ends in (toes, heels))
    facing = torch.nn.functional.cosine_similarity(torch.linalg.cross(across, up), toe - heel, dim=-1)
    assert (facing > 0).float().mean() > 0.95
    assert (up[:, 1] > 0).float().mean() > 0.95


def test_uiprmd_has_the_tree_of_its_recordings():
    if not (DATA / "uiprmd.npz").is_file():
        pytest.skip("the recordings uiprmd.npz are not beside the repository")
    with np.load(DATA / "uiprmd.npz") as recordings:
        assert Topology.load("uiprmd_22").parents.tolist() == recordings["parents"].tolist()


# ---- the example


def test_example_runs(capsys):
    runpy.run_path(str(EXAMPLE.with_suffix(".py")))
    output = capsys.readouterr().out
    assert "Topology(stork, 13 joints, 12 bones, 3D) rooted at body" in output
    assert "From beak to left foot: 5 bones, beak - head - neck - body - left_knee - left_foot" in output
    assert "joint 'left_wing_tip' has the unknown parent 'left_wnig'" in output
