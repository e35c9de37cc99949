import numpy as np
import pytest

from skgraph.data import SkeletonStore, StoreWriter
from skgraph.datasets.preparation.motion_checks import motion_warnings
from skgraph.datasets.preparation.overview import format_overview
from skgraph.datasets.preparation.write_store import PreparedStore
from skgraph.topology import Topology

JOINTS = {"Root": None, "Hips": "Root", "Spine": "Hips", "Head": "Spine", "LeftHand": "Spine", "RightHand": "Spine"}
SPEC = {"name": "human", "dim": 3, "joints": JOINTS, "mirror": {"LeftHand": "RightHand"}, "center": "Root"}
SPEC |= {"parts": {"all": list(JOINTS)}}
POSE = np.array([(0, 0, 0), (0, 1, 0), (0, 1.3, 0), (0, 1.7, 0), (0.4, 1.2, 0), (-0.4, 1.2, 0)])
FPS = 10


@pytest.fixture
def warn(tmp_path):
    """Warnings of a store of some clips `[T, V, 3]`."""

    def of(clips, spec=SPEC, units="m"):
        path = tmp_path / "store"
        with StoreWriter(path, Topology(spec), ["sit"], fps=FPS, units=units, overwrite=True) as writer:
            for i, clip in enumerate(clips):
                writer.add(np.float32(clip)[None], y=0, name=f"clip{i}")
        store = SkeletonStore.open(path)
        return motion_warnings(store, store.name.tolist(), [store.clip(i) for i in range(store.num_clips)])

    return of


def walk(seed=0, frames=20, pose=POSE):
    """A stiff body that walks away from the origin, where its root stays."""
    clip = np.tile(pose, (frames, 1, 1))
    clip[:, 1:] += np.cumsum(np.random.default_rng(seed).uniform(0.02, 0.06, (frames, 1, 3)) * [1, 0, 1], axis=0)
    return clip


def whole(seed=0, frames=20):
    """A body that walks with its root."""
    clip = walk(seed, frames)
    clip[:, 0] = clip[:, 1] - [0, 0.1, 0]
    return clip


def test_a_sound_body(warn):
    assert warn([whole(0), whole(1)]) == []
    assert warn([np.tile(POSE, (20, 1, 1))]) == []  # nobody moves


def test_a_root_that_stays_behind(warn):
    found = warn([walk(0), walk(1)])
    assert found == ["Root at rest while the body moves, so perhaps no part of it: drop_joints=[Root] leaves it out"]
    # In place: only that another joint is known as the hips tells.
    nods = np.tile(POSE, (20, 1, 1))
    nods[:, 3, 2] += np.linspace(0, 0.1, 20)
    nods[:, 1:] += np.linspace(0, 0.01, 20)[:, None, None]
    assert warn([nods]) == []
    assert warn([nods], SPEC | {"landmarks": {"Hips": "hip_center"}})[0].startswith("Root at rest")


def test_two_roots_that_stay_behind(warn):
    joints = {"Scene": None, "Root": "Scene", **{joint: parent for joint, parent in JOINTS.items() if parent}}
    spec = SPEC | {"joints": joints, "parts": {"all": list(joints)}}
    clips = [np.concatenate([clip[:, :1], clip], axis=1) for clip in (walk(0), walk(1))]
    assert warn(clips, spec)[0].startswith("Scene and Root at rest")
    assert "drop_joints=[Scene,Root] leaves them out" in warn(clips, spec)[0]


def test_a_body_that_is_centred_on_its_hips_keeps_them(warn):
    centred = [
        clip - clip[:, :1] + np.random.default_rng(0).normal(0, 0.005, clip.shape) for clip in (whole(0), whole(1))
    ]
    for clip in centred:
        clip[:, 0] = 0
    assert warn(centred) == []


def test_frozen_joints(warn):
    clips = [whole(i) for i in range(4)]
    clips[2][:, 4] = clips[2][0, 4]
    found = warn(clips)
    assert (
        found[0]
        == "joints that do not move in a whole clip, in which the body does: LeftHand 25.0% of the clips; in clip2"
    )
    assert warn([clips[0], clips[2][:9]]) == []  # less than a second


def test_bones_that_stretch(warn):
    clips = [whole(i) for i in range(4)]
    clips[1][10:, 5] += 4 * (clips[1][10:, 5] - clips[1][10:, 2])
    assert warn(clips) == [
        "1 body of 4 with a bone whose length varies by more than 50%: most Spine - RightHand by 66.7% in clip1"
    ]
    for clip in clips:
        clip[:, 4] += np.linspace(0, 1, 20)[:, None]
    assert warn(clips)[0].startswith("1 bone whose length varies within a clip (median): Spine - LeftHand ")


def test_bodies_of_another_unit(warn):
    found = warn([whole(0), whole(1) * 1000, whole(2)])
    assert found[0] == "1 body of 3 not of 0.3 to 3 m, as people are (unit?): clip1 800 m"
    assert warn([whole(0), whole(1) * 1000], units="normalised") == []


def test_two_dimensions_and_absent_bodies(warn):
    flat = SPEC | {"dim": 2}
    assert warn([walk(0)[..., :2] * 100], flat, "px") == []
    gap = walk(0)
    gap[5:8] = 0
    assert warn([gap])[0].startswith("Root at rest")


def test_they_are_in_the_overview(warn, tmp_path):
    warn([walk(0), walk(1)])
    text = format_overview(PreparedStore(tmp_path / "store", "m"), 1.0)
    assert "\nwarning       Root at rest while the body moves" in text
