from __future__ import annotations

import pytest

from skgraph.errors import DataError
from skgraph.evaluation.ensemble.member import check_same_evaluation, read_member
from tests.made_up_evaluations import rewrite_result


def test_a_folder_or_its_scores(folders):
    for path in (folders[1], folders[1] / "scores.npz"):
        member = read_member(path)
        assert (member.folder, member.result.stream, len(member.scores.name)) == (folders[1], "bone", 40)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda content: content["dataset"].update(content_hash="f"), 'content_hash is "0123456789abcdef" and "f"'),
        (lambda content: content["dataset"].update(split="xview"), 'dataset.split is "xsub" and "xview"'),
        (lambda content: content["dataset"].update(preprocessing="cm to m"), "dataset.preprocessing is"),
        (lambda content: content.update(protocol="retrieval"), 'protocol is "linear" and "retrieval"'),
        (lambda content: content.update(recipe="mamp"), 'recipe is "exact" and "mamp"'),
        (lambda content: content["options"].update(c=2.0), "options is"),
        (lambda content: content.update(bodies="padded"), 'bodies is "present" and "padded"'),
        (lambda content: content.update(crop=0.95), "crop is null and 0.95"),
        (lambda content: content.update(crops=10), "crops is 1 and 10"),
        (lambda content: content.update(validation=0.2), "validation is 0.0 and 0.2"),
        (lambda content: content["config"].update(frames=120), "config.frames is 64 and 120"),
        (lambda content: content["config"]["normalise"].update(center="frame"), 'center is "first" and "frame"'),
        (lambda content: content["config"]["normalise"].update(align="yaw"), 'align is null and "yaw"'),
    ],
)
def test_other_evaluations(folders, change, message):
    rewrite_result(folders[2], change)
    with pytest.raises(DataError, match="are not of the same evaluation") as error:
        check_same_evaluation(read_member(folders[0]), read_member(folders[2]))
    assert message in str(error.value)


def test_the_scale_is_each_streams_own(folders):
    rewrite_result(folders[2], lambda content: content["config"]["normalise"].update(scale=0.01))
    rewrite_result(folders[1], lambda content: content.pop("joint_map"))  # a key that older results lack
    first, *others = map(read_member, folders)
    for other in others:
        check_same_evaluation(first, other)


def test_what_is_no_member(tmp_path, folders):
    with pytest.raises(DataError, match="joint' is not the folder of an evaluation.*evaluations in it are '.*linear_"):
        read_member(tmp_path / "joint")
    rewrite_result(folders[0], lambda content: content.update({"protocol": "detection", "map_at_0.5": 3.0}))
    rewrite_result(folders[0], lambda content: content.pop("random_init"))
    with pytest.raises(DataError, match="has no scores of whole clips"):
        read_member(folders[0])
    rewrite_result(folders[1], lambda content: content["config"].pop("frames"))
    with pytest.raises(DataError, match="bone.*lacks config.frames"):
        read_member(folders[1])
    (folders[1] / "result.json").unlink()
    with pytest.raises(DataError, match="no result at '.*bone.*result.json'"):
        read_member(folders[1])
