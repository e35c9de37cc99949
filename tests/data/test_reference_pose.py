import torch

from skgraph.data.reference_pose import reference_pose


def test_reference_pose():
    joints = torch.arange(6.0).view(2, 3, 1, 1)  # bodies 0 1 2 | 3 4 5
    cases = {
        0.0: [[True, True, True], [True, True, True]],
        2.0: [[False, False, True], [True, True, True]],  # the first body, though the second appears earlier
        4.0: [[False, False, False], [False, True, True]],  # the first body that ever appears
    }
    for expected, frame_mask in cases.items():
        assert reference_pose(joints, torch.tensor(frame_mask)).tolist() == [[expected]]
    batch = reference_pose(joints.expand(3, 2, 3, 1, 1), torch.tensor(list(cases.values())))
    assert batch.flatten().tolist() == list(cases)
