from __future__ import annotations

import base64
import json
import re
from dataclasses import replace

import numpy as np
import pytest

from skgraph.errors import DataError
from skgraph.topology import Topology
from skgraph.viewer import Layer, Segment, ViewedClip, viewer_page

RNG = np.random.default_rng(0)


def clip(name="c", bodies=2, frames=7, **changes):
    joints = RNG.normal(size=(bodies, frames, 25, 3)).astype(np.float32)
    there = np.ones((bodies, frames), bool)
    layer = Layer("error", RNG.random((bodies, 3, 25)).astype(np.float32))
    return ViewedClip(name, "", 30.0, changes.get("joints", joints), changes.get("present", there), {"error": layer})


def data(text):
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.S)[1])


def array(text, kind):
    return np.frombuffer(base64.b64decode(text), kind)


def test_coordinates_come_back(topology):
    shown = clip()
    found = data(viewer_page(topology, [shown], "t"))["clips"][0]
    joints = array(found["joints"], "<i2").reshape(7, 2, 25, 3) * found["step"] + found["origin"]
    assert np.allclose(joints.swapaxes(0, 1), shown.joints, atol=1e-3 * 0.2)
    assert array(found["present"], np.uint8).tolist() == [1] * 14


def test_values_come_back_up_to_the_end_of_the_ramp(topology):
    shown = clip()
    content = data(viewer_page(topology, [shown], "t"))
    found, most = content["clips"][0]["layers"]["error"], content["layers"][0]["max"]
    values = array(found["values"], np.uint8).reshape(2, 3, 25) / 255 * most
    assert found["spans"] == 3 and most == pytest.approx(np.quantile(shown.layers["error"].values, 0.99))
    assert np.allclose(values, shown.layers["error"].values.clip(0, most), atol=most / 255)


def test_one_lost_joint_does_not_make_the_rest_small(topology):
    joints = RNG.normal(size=(1, 50, 25, 3)).astype(np.float32)
    joints[0, 3, 4] = 1000
    found = data(viewer_page(topology, [clip(bodies=1, frames=50, joints=joints, present=np.ones((1, 50), bool))], "t"))
    assert max(found["clips"][0]["high"]) < 5 and found["size"] < 10


def test_the_topology_goes_with_it(topology):
    found = data(viewer_page(topology, [clip()], "t"))
    assert found["topology"]["joints"] == list(topology.joints)
    assert found["topology"]["parents"] == topology.parents.tolist()
    for v, part in enumerate(found["topology"]["part"]):
        assert v in topology.parts[found["topology"]["parts"][part]].tolist()


def test_people_and_their_heads(topology):
    segments = {0: (Segment("<wave>", 0.0, 0.1, 0.9),), 7: ()}  # of a body that the clip does not have
    found = data(viewer_page(topology, [replace(clip(), people=segments)], "t"))
    assert found["clips"][0]["people"] == {"0": [["<wave>", 0.0, 0.1, 0.9]]}
    assert topology.joints[found["topology"]["head"]] == "Head"
    coco = Topology.load("coco_17")
    flat = ViewedClip("c", "", 30.0, np.zeros((1, 2, 17, 3), np.float32), np.ones((1, 2), bool))
    assert coco.joints[data(viewer_page(coco, [flat], "t"))["topology"]["head"]] == "nose"


def test_names_cannot_leave_their_place(topology):
    evil = "</script><img src=x onerror=alert(1)>\x1b"
    text = viewer_page(topology, [clip(evil)], evil, evil)
    assert "<img" not in text and "\x1b" not in text
    assert data(text)["clips"][0]["name"].startswith("</script><img")


def test_nothing_is_loaded(topology):
    text = viewer_page(topology, [clip()], "t")
    assert "default-src 'none'" in text and not re.search(r'(src|href)="?https?:', text)
    assert "{{" not in re.sub(r"<script>.*?</script>", "", text, flags=re.S)


def test_bodies_that_are_never_there(topology):
    there = np.zeros((2, 7), bool)
    found = data(viewer_page(topology, [clip(present=there, joints=np.zeros((2, 7, 25, 3), np.float32))], "t"))
    assert found["size"] == 1 and found["clips"][0]["step"] > 0


def test_bad_input(topology):
    with pytest.raises(DataError, match="there is no clip to show"):
        viewer_page(topology, [], "t")
    joints = np.full((2, 7, 25, 3), np.nan, np.float32)
    with pytest.raises(DataError, match="clip 'c' has coordinates that are not finite, or too"):
        viewer_page(topology, [clip(joints=joints)], "t")
