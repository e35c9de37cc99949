import numpy as np
import pytest

from skgraph.errors import ConfigError
from skgraph.topology.derived_topology import derive_topology

BONES = {"Hips": None, "Spine": "Hips", "Chest": "Spine", "Neck": "Chest", "Head": "Neck"}
for side in ("L", "R"):
    BONES |= {
        f"Shoulder_{side}": "Chest",
        f"UpperArm_{side}": f"Shoulder_{side}",
        f"LowerArm_{side}": f"UpperArm_{side}",
    }
    BONES |= {f"Hand_{side}": f"LowerArm_{side}", f"UpperLeg_{side}": "Hips", f"LowerLeg_{side}": f"UpperLeg_{side}"}
    BONES |= {f"Foot_{side}": f"LowerLeg_{side}", f"Toes_{side}": f"Foot_{side}"}


def test_a_rest_pose_without_a_vertical_leaves_up_to_names():
    along_x = np.arange(len(BONES))[:, None] * [10.0, 0, 0]
    topology = derive_topology("mine", BONES, along_x)
    assert topology.to_dict()["up"] == {"from": ["Hips"], "to": ["Neck"]}
    assert topology.to_dict()["across"]["to"] == ["Shoulder_L"]
    assert topology.landmarks["LowerArm_R"] == "elbow_right"
    unnamed = {f"bone{i}": None if i == 0 else f"bone{i - 1}" for i in range(len(BONES))}
    assert derive_topology("mine", unnamed, along_x).up is None


def test_an_axis_that_never_points_up():
    with pytest.raises(ConfigError, match="up must be y or z, .* found 'x'"):
        derive_topology("mine", BONES, np.zeros((len(BONES), 3)), up="x")
