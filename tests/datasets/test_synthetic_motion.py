import numpy as np
import pytest

from skgraph.datasets.synthetic.actions import load_actions
from skgraph.datasets.synthetic.kinematics import SKELETON, forward_kinematics
from skgraph.datasets.synthetic.limbs import IDLE_ARM, LIMBS, PARTS, STANDING, Performer
from skgraph.datasets.synthetic.scene import perform
from skgraph.datasets.synthetic.sensor import Sensor, to_camera
from skgraph.topology import Topology

ACTIONS = load_actions()
TOPOLOGY = Topology.load("ntu_rgbd")
UNIT = dict.fromkeys(PARTS, 1.0)


def joints_of(scale=UNIT, **postures):
    """Joint name -> position in the one frame of a pose: all angles 0 but those given as limb={angle: value}."""
    pose = {name: np.zeros((1, len(limb.angles))) for name, limb in LIMBS.items()}
    for limb, angles in postures.items():
        for angle, value in angles.items():
            pose[limb][0, LIMBS[limb].angles.index(angle)] = value
    return {joint: position[0] for joint, position in forward_kinematics(pose, scale).items()}


def act(name, seed=0, left_handed=False):
    """Joints [M, T, V, 3] of an action."""
    action = next(action for action in ACTIONS if action.name == name)
    people = [
        Performer.draw(np.random.default_rng((seed, k)), left_handed) for k in range(1 if action.gap is None else 2)
    ]
    return perform(action, people, TOPOLOGY, np.random.default_rng(seed))


def test_skeleton_has_the_joints_of_the_topology():
    assert set(SKELETON) == set(TOPOLOGY.joints)


def test_standing_straight():
    joints = joints_of()
    # ankle 0.08, shin 0.375, thigh 0.39, hip 0.035 below the pelvis
    assert joints["SpineBase"] == pytest.approx([0, 0.88, 0])
    assert joints["Head"] == pytest.approx([0, 0.88 + 0.29 + 0.22 + 0.07 + 0.135, 0.025])
    assert joints["AnkleLeft"] == pytest.approx([0.08, 0.08, 0])
    assert joints["HandTipRight"] == pytest.approx([-0.165, 1.345 - 0.265 - 0.24 - 0.075 - 0.085, 0])


@pytest.mark.parametrize(
    "arm, elbow, wrist",
    [
        ({"plane": 0, "raise": 90}, [0.265, 0, 0], [0.505, 0, 0]),  # sideways
        ({"plane": 90, "raise": 90}, [0, 0, 0.265], [0, 0, 0.505]),  # forward
        ({"raise": 180}, [0, 0.265, 0], [0, 0.505, 0]),  # up
        ({"elbow": 90}, [0, -0.265, 0], [0, -0.265, 0.24]),  # forearm forward
        ({"elbow": 90, "roll": 90}, [0, -0.265, 0], [-0.24, -0.265, 0]),  # forearm before the belly
        ({"raise": 90, "roll": -90, "elbow": 90}, [0.265, 0, 0], [0.265, 0.24, 0]),  # forearm up, as in a wave
    ],
)
def test_left_arm_from_the_shoulder(arm, elbow, wrist):
    joints = joints_of(left_arm=arm)
    assert joints["ElbowLeft"] - joints["ShoulderLeft"] == pytest.approx(elbow, abs=1e-9)
    assert joints["WristLeft"] - joints["ShoulderLeft"] == pytest.approx(wrist, abs=1e-9)


def test_torso_and_head_bend_forward_and_twist_left():
    joints = joints_of(torso={"lean": 90})
    assert joints["SpineMid"] - joints["SpineBase"] == pytest.approx([0, 0, 0.29], abs=1e-9)
    joints = joints_of(torso={"side": 90})
    assert joints["SpineMid"] - joints["SpineBase"] == pytest.approx([0.29, 0, 0], abs=1e-9)
    joints = joints_of(torso={"twist": 90})
    assert joints["ShoulderLeft"] - joints["SpineShoulder"] == pytest.approx([0, -0.045, -0.165], abs=1e-9)


def test_sitting_keeps_the_feet_in_place():
    sitting, standing = joints_of(**{f"{side}_leg": {"hip": 90, "knee": 90} for side in ("left", "right")}), joints_of()
    for joint in ("AnkleLeft", "AnkleRight", "FootLeft", "FootRight"):
        assert sitting[joint] == pytest.approx(standing[joint], abs=1e-9)
    # The thighs lie level, the pelvis is a thigh behind and 0.39 m lower.
    assert sitting["SpineBase"] == pytest.approx([0, 0.49, -0.39], abs=1e-9)


def test_raised_leg_leaves_the_other_on_the_floor():
    joints = joints_of(right_leg={"hip": 90, "knee": 90})
    assert joints["AnkleLeft"] == pytest.approx([0.08, 0.08, 0], abs=1e-3)
    assert joints["KneeRight"] == pytest.approx([-0.08, 0.845, 0.39], abs=1e-3)


def test_path_moves_the_whole_body():
    turned = joints_of(path={"turn": 90, "forward": 1, "up": 0.5})
    for joint, (x, y, z) in joints_of().items():
        assert turned[joint] == pytest.approx([z, y + 0.5, -x + 1], abs=1e-9)


def test_scale_stretches_a_part():
    long = joints_of(scale=UNIT | {"arm": 2.0})
    assert long["WristLeft"] - long["ShoulderLeft"] == pytest.approx([0, -1.01, 0])
    assert long["Head"] == pytest.approx(joints_of()["Head"])


def test_swapped_limbs_make_the_mirror_image():
    arm, leg = {"plane": 20, "raise": 70, "roll": 30, "elbow": 50, "wrist": 10}, {"hip": 30, "spread": 12, "knee": 40}
    left, right = joints_of(left_arm=arm, left_leg=leg), joints_of(right_arm=arm, right_leg=leg)
    for v, joint in enumerate(TOPOLOGY.joints):
        twin = TOPOLOGY.joints[TOPOLOGY.mirror[v]]
        assert left[joint] == pytest.approx(right[twin] * (-1, 1, 1), abs=1e-9)


def test_actions_are_written_in_known_words():
    assert len({action.name for action in ACTIONS}) == len(ACTIONS) >= 16
    assert sum(action.gap is not None for action in ACTIONS) >= 4
    assert set(IDLE_ARM) <= set(LIMBS["left_arm"].postures) and sum(IDLE_ARM.values()) == pytest.approx(1)
    assert STANDING["left_arm"] == "hang" and STANDING["left_leg"] == "stand"
    for limb in LIMBS.values():
        assert {len(angles) for angles in limb.postures.values()} == {len(limb.angles)}
        assert len(limb.habit) == len(limb.aim) == len(limb.sway) == len(limb.angles)
    for action in ACTIONS:
        for moves in (action.start, *(moves for step in action.steps for moves in step.moves)):
            for limb, word in moves.items():
                assert word in LIMBS[limb].postures, f"{action.name}: {limb} has no posture '{word}'"
        assert action.gap is not None or not action.limbs(person=1)


@pytest.mark.parametrize("name", [action.name for action in ACTIONS])
def test_bodies_are_rigid_and_stand_on_the_floor(name):
    joints = act(name)
    parents, children = TOPOLOGY.edges.T.numpy()
    lengths = np.linalg.norm(joints[:, :, children] - joints[:, :, parents], axis=-1)
    assert np.ptp(lengths, axis=1).max() < 1e-9
    ankles, feet = ([TOPOLOGY.joint(f"{joint}{side}") for side in ("Left", "Right")] for joint in ("Ankle", "Foot"))
    clearance = np.minimum(joints[:, :, ankles, 1].min(axis=2) - 0.08, joints[:, :, feet, 1].min(axis=2) - 0.025)
    if name == "jump":
        assert clearance.min() == pytest.approx(0, abs=1e-9) and clearance.max() > 0.1
    else:
        assert clearance == pytest.approx(0, abs=1e-9)
    assert joints[..., 1].min() > 0  # nothing sinks into it
    assert joints[..., TOPOLOGY.joint("Head"), 1].max() < 2.2


def test_left_handers_do_the_mirrored_motion():
    right, left = act("throw"), act("throw", left_handed=True)
    head, shoulders = TOPOLOGY.joint("Head"), [TOPOLOGY.joint("ShoulderLeft"), TOPOLOGY.joint("ShoulderRight")]
    for v, twin in enumerate(TOPOLOGY.mirror.tolist()):
        for a, b in ((head, head), shoulders):
            expected = np.linalg.norm(right[:, :, v] - right[:, :, a], axis=-1)
            assert np.linalg.norm(left[:, :, twin] - left[:, :, b], axis=-1) == pytest.approx(expected, abs=1e-9)
    # and it is another motion than the right-hander's
    hand = TOPOLOGY.joint("HandRight")
    assert np.abs(left[0, :, hand] - right[0, :, hand]).max() > 0.2


def test_two_people_face_each_other_within_reach():
    joints = act("shake hands")
    hips = joints[:, 0, [TOPOLOGY.joint("HipLeft"), TOPOLOGY.joint("HipRight")]]
    across = hips[:, 0] - hips[:, 1]
    across /= np.linalg.norm(across, axis=-1, keepdims=True)
    assert across[0] @ across[1] < -0.7
    hands = joints[:, :, [TOPOLOGY.joint("HandLeft"), TOPOLOGY.joint("HandRight")]]
    assert np.linalg.norm(hands[0][:, :, None] - hands[1][:, None], axis=-1).min() < 0.3


def test_camera_sees_left_up_and_depth():
    # What is to the left of a performer who faces the camera is to the camera's right: negative x, as with Kinect.
    assert to_camera(np.array([1, 0.95 + 0.5, 0.25]), 0, 3, 0.95) == pytest.approx([-1, 0.5, 2.75])
    assert to_camera(np.array([1, 0.95, 0]), 90, 3, 0.95) == pytest.approx([0, 0, 2], abs=1e-9)


def test_camera_keeps_distances_and_handedness():
    corner = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], float)
    seen = to_camera(corner, 60, 3.8, 1.8)
    axes = seen[1:] - seen[0]
    assert axes @ axes.T == pytest.approx(np.eye(3), abs=1e-9)
    assert np.linalg.det(axes) == pytest.approx(1)


def test_perfect_sensor_changes_nothing():
    joints = np.random.default_rng(0).normal(size=(2, 50, 25, 3))
    tracked, seen = Sensor(TOPOLOGY, noise=0, dropout=0).track(joints, np.random.default_rng(1))
    assert np.array_equal(tracked, joints)
    assert seen[:, 5:-5].all()


def test_noise_has_the_standard_deviation_asked_for():
    tracked, _ = Sensor(TOPOLOGY, noise=0.01, dropout=0).track(np.zeros((20, 90, 25, 3)), np.random.default_rng(0))
    trunk, tip = TOPOLOGY.joint("SpineMid"), TOPOLOGY.joint("HandTipLeft")
    # Between the values to which it wanders, the error is a little smaller.
    assert 0.007 < tracked[:, :, trunk].std() < 0.011
    assert 0.0175 < tracked[:, :, tip].std() < 0.0275


def test_dropout_loses_the_part_of_the_joints_asked_for():
    moving = np.broadcast_to(np.arange(90)[:, None, None] * 0.01, (40, 90, 25, 3))
    tracked, _ = Sensor(TOPOLOGY, noise=0, dropout=0.05).track(moving, np.random.default_rng(0))
    lost = (tracked != moving).any(axis=-1).mean()
    assert 0.03 < lost < 0.055
