import json

import numpy as np
import pytest

from skgraph.data import SkeletonStore
from skgraph.datasets.preparation.write_store import write_store
from skgraph.datasets.readers.coco_keypoints import read_coco_keypoints
from skgraph.errors import ConfigError, DataError
from skgraph.topology import Topology

NAMES = list(Topology.load("coco_17").joints)


def points(x):
    """Somebody whose 17 joints stand one below the other, 10 pixels apart, from y 100."""
    return [[x, 100 + 10 * v] for v in range(17)]


def result(image, x, confidence=0.9, **more):
    flat = [value for point in points(x) for value in (*point, confidence)]
    return {"image_id": image, "category_id": 1, "keypoints": flat, "score": 0.5, **more}


def annotated(images, annotations, **more):
    return {"images": images, "annotations": annotations, **more}


def instance(x, **more):
    return {"keypoints": points(x), "keypoint_scores": [0.9] * 17, "bbox": [[0, 0, 9, 9]], "bbox_score": 1.0, **more}


def read(folder, content, **options):
    """The only clip of a folder, from a JSON value or a text."""
    (folder / "clip.json").write_text(content if isinstance(content, str) else json.dumps(content))
    return next(read_coco_keypoints(folder, labelled=False, **options).clips())


@pytest.mark.parametrize(
    "content",
    [
        [result(4, 0), result(4, 400), result(5, 402), result(5, 2), result(7, 4)],
        [
            result("f/000007.jpg", 4),
            result("f/000004.jpg", 0),
            result("f/000004.jpg", 400),
            result("f/000005.jpg", 402),
            result("f/000005.jpg", 2),
        ],
        annotated(
            [
                {"id": 90, "file_name": "v2/000005.jpg"},
                {"id": 91, "file_name": "v2/000004.jpg"},
                {"id": "c", "file_name": "v2/000007.jpg"},
            ],
            [result(90, 402, 2), result(90, 2, 2), result(91, 0, 2), result(91, 400, 2), result("c", 4, 2)],
            categories=[{"id": 1, "name": "person", "keypoints": NAMES}, {"id": 2, "name": "ball"}],
        ),
        annotated(
            [
                {"id": 1, "file_name": "x", "frame_id": 0},
                {"id": 2, "file_name": "y", "frame_id": 3},
                {"id": 3, "file_name": "z", "frame_id": 1},
            ],
            [result(1, 0, 2), result(2, 4, 2), result(3, 402, 2), result(3, 2, 2), result(1, 400, 2)],
        ),
        {
            "meta_info": {},
            "instance_info": [
                {"frame_id": 1, "instances": [instance(0), instance(400)]},
                {"frame_id": 2, "instances": [instance(402), instance(2)]},
                {"frame_id": 3, "instances": []},
                {"frame_id": 4, "instances": [instance(4)]},
            ],
        },
        [
            {"frame_id": 0, "instances": [instance(0), instance(400)]},
            {"frame_id": 1, "instances": [instance(402, track_id=None), instance(2)]},
            {"frame_id": 2, "instances": []},
            {"frame_id": 3, "instances": [instance(4)]},
        ],
    ],
)
def test_every_format_gives_the_same_clip(tmp_path, content):
    clip = read(tmp_path, content)
    assert clip.joints.shape == (2, 4, 17, 2) and clip.joints.dtype == np.float32
    assert clip.frame_mask.tolist() == [[True, True, False, True], [True, True, False, False]]
    assert clip.joints[0, :, 0, 0].tolist() == [0, 2, 0, 4]
    assert clip.joints[1, 1, 16].tolist() == [402, -260]  # y is up
    assert set(np.unique(clip.confidence)) <= {0, np.float32(0.9), 1}


def test_visibility_is_confidence(tmp_path):
    hidden = result(1, 5, 2)
    hidden["keypoints"][3:9] = [0, 0, 0, 5, 120, 1]  # left_eye not labelled, right_eye hidden
    clip = read(tmp_path, annotated([{"id": 1, "file_name": "1.jpg"}], [hidden]))
    assert clip.confidence[0, 0, :4].tolist() == [1, 0, 0.5, 1]
    assert clip.joints[0, 0, 1].tolist() == clip.joints[0, 0, 0].tolist()  # where its parent, the nose, is


def test_frames_without_anybody(tmp_path):
    clip = read(tmp_path, annotated([{"id": i, "file_name": f"{i}.jpg"} for i in range(3)], [result(1, 5, 2)]))
    assert clip.frame_mask.tolist() == [[False, True, False]]
    assert read(tmp_path, []).excluded == "nobody in it"
    assert read(tmp_path, annotated([], [])).excluded == "nobody in it"


def test_track_ids_are_kept(tmp_path):
    people = [result(0, 0, track_id=8), result(0, 400, track_id=3), result(1, 400, track_id=8)]
    clip = read(tmp_path, people, max_bodies=1)
    assert clip.joints[0, :, 0, 0].tolist() == [0, 400]


def test_identities_of_alphapose(tmp_path):
    people = [result("0.jpg", 0, idx=8), result("0.jpg", 400, idx=[3.0]), result("1.jpg", 400, idx=8.0)]
    assert read(tmp_path, people, max_bodies=1).joints[0, :, 0, 0].tolist() == [0, 400]
    people = [result("0.jpg", 0, idx=[0.0]), result("0.jpg", 400, idx=[0.0]), result("1.jpg", 400, idx=[0.0])]
    assert read(tmp_path, people, max_bodies=1).joints[0, :, 0, 0].tolist() == [400, 400]  # it did not track


def test_formats_of_alphapose_for_openpose(tmp_path):
    flat = [value for v in range(18) for value in (5, 100 + 10 * v, 0.9)]
    for people, keypoints in (("people", "pose_keypoints_2d"), ("bodies", "joints")):
        content = {f"{i}.jpg": {"version": "AlphaPose v0.3", people: [{keypoints: flat}] * (i != 1)} for i in range(3)}
        clip = read(tmp_path, content, topology="openpose_18")
        assert clip.frame_mask.tolist() == [[True, False, True]] and clip.joints[0, 2, 17].tolist() == [5, -270]


def test_videos_in_one_file(tmp_path):
    people = [result("walk_2_0003.jpg", 1), result("run_0.jpg", 7), result("walk_2_0005.jpg", 2), result("x/9.jpg", 3)]
    path = tmp_path / "alphapose-results.json"
    path.write_text(json.dumps(people))
    raw = read_coco_keypoints(path, labelled=False)
    assert (raw.name, raw.source) == (["run", "walk_2", "x"], path.name)
    assert [clip.joints[0, :, 0, 0].tolist() for clip in raw.clips()] == [[7], [1, 0, 2], [3]]
    (tmp_path / "mine.csv").write_text("name,label\nwalk_2,go\nrun,go\nx,stay\n")
    assert read_coco_keypoints(path, labels=tmp_path / "mine.csv").y.tolist() == [0, 0, 1]
    with pytest.raises(
        DataError, match="results.json' holds the frames of 3 videos, 'walk_2', 'run', 'x': read it alo"
    ):
        list(read_coco_keypoints(tmp_path, labelled=False).clips())


def test_one_file(tmp_path):
    path = tmp_path / "clip.json"
    frame = {"frame_id": 0, "instances": [instance(5)]}
    for content in ([result("walk_1.jpg", 5)], [result("me.jpg", 5)], [result(4, 5)], [frame], [instance(5)]):
        path.write_text(json.dumps(content))
        raw = read_coco_keypoints(path)
        assert (raw.name, raw.class_names) == (["clip"], ["unlabelled"])
        assert next(raw.clips()).joints[0, 0, 0].tolist() == [5, -100]


@pytest.mark.parametrize(
    ("joints", "name"), [(17, "coco_17"), (18, "openpose_18"), (26, "halpe_26"), (136, "halpe_26")]
)
def test_the_number_of_keypoints_names_the_topology(tmp_path, joints, name):
    results = [{"image_id": 1, "keypoints": [5.0, 9.0, 0.9] * joints}]
    mmpose = [{"frame_id": 0, "instances": []}]
    mmpose += [{"frame_id": 1, "instances": [{"keypoints": [[5.0, 9.0]] * joints, "keypoint_scores": [0.9] * joints}]}]
    for content in (results, annotated([{"id": 1, "frame_id": 1}], results), mmpose, {"instance_info": mmpose}):
        (tmp_path / "clip.json").write_text(json.dumps(content))
        for source in (tmp_path, tmp_path / "clip.json"):
            assert read_coco_keypoints(source, labelled=False).topology.name == name
    for content in ([], {}, [7], [{"keypoints": {}}]):
        (tmp_path / "clip.json").write_text(json.dumps(content))
        assert read_coco_keypoints(tmp_path, labelled=False).topology.name == "coco_17"


def test_the_body_of_a_whole_body(tmp_path):
    whole = instance(5, keypoints=points(5) + [[9, 9]] * 116, keypoint_scores=[0.9] * 133)
    assert read(tmp_path, [{"frame_id": 0, "instances": [whole]}]).joints[0, 0, 16].tolist() == [5, -260]
    flat = result(0, 5)["keypoints"]
    people = [result(0, 5) | {"keypoints": flat + [1, 2, 0.9] * 9 + [7, 7, 0.9] * 110}]
    clip = read(tmp_path, people, topology="halpe_26")
    assert clip.joints[0, 0, [16, 25]].tolist() == [[5, -260], [1, -2]]


def test_scores_overshoot_and_doubtful_joints_are_filled_in(tmp_path):
    sure = result(0, 5, 1.04)
    sure["keypoints"][3:6] = [77, 77, 0.02]
    sure["keypoints"][6:9] = [None, None, None]
    clip = read(tmp_path, [sure])
    assert clip.confidence[0, 0, :4].tolist() == [1, 0, 0, 1]
    assert clip.joints[0, 0, :3].tolist() == [[5, -100]] * 3


def test_store(tmp_path):
    clips = tmp_path / "clips"
    clips.mkdir()
    for name, x in (("a", 1), ("b", 2)):
        (clips / f"{name}.json").write_text(json.dumps([result(0, x), result(1, x)]))
    (clips / "labels.csv").write_text("name,label,split\na,sit,train\nb,stand,test\n")
    store = SkeletonStore.open(write_store(read_coco_keypoints(clips, fps=25.0), tmp_path / "store").path)
    assert (store.class_names, store.meta["fps"], store.length.tolist()) == (["sit", "stand"], 25, [2, 2])
    assert store.clip(1).joints[0, 1, 16].tolist() == [2, -260]


ONE = [{"id": 1, "file_name": "1.jpg"}]


@pytest.mark.parametrize(
    "content, message",
    [
        ("[{]", "clip.json' is not a complete JSON file"),
        ("7", r"must be a list of COCO results, .* or predictions of MMPose .*, found 7"),
        ([1, 2], "must be a list of COCO results, .*, found a list of 2"),
        ({"people": []}, "must be a list of COCO results, .*, found an object of 1"),
        (
            [{"keypoints": [1, 2]}],
            "result 0: keypoints must be three numbers for each of the 17 joints .*, found 2",
        ),
        ([result(0, 0), {"keypoints": [0] * 78}], "joints of topology 'coco_17', found 78: say topology=halpe_26"),
        ([result(0, 0), {"keypoints": [0] * 408}], "joints of topology 'coco_17', found 408: say topology=halpe_26"),
        ([{"keypoints": 3}], "result 0: keypoints must be a list, found 3"),
        ([result(0, 0, idx="x")], "result 0: idx must be a whole number, found the text 'x'"),
        ([result(0, 0, idx=0.5)], "result 0: idx must be a whole number, found 0.5"),
        ({"0.jpg": {"people": 3}}, "clip.json', '0.jpg': people must be a list, found 3"),
        ({"0.jpg": {"bodies": [{}]}}, "clip.json', '0.jpg': bodies lacks the key 'joints'; it has none"),
        ([{"keypoints": [0] * 51}], "result 0 lacks the key 'image_id'; it has 'keypoints'"),
        ([result(0, "a")], "result 0: keypoints: number 0 is the text 'a'"),
        ([result(1.5, 0)], r"result 0: image_id must be a whole number, found 1\.5"),
        ([result("7.jpg", 0), result("9" * 19 + ".jpg", 0)], "image_id must end in the number of the frame, found the"),
        ([result(0, 0, track_id="x")], "result 0: track_id must be a whole number, found the text 'x'"),
        ([result(0, 0, 95)], "frame 0, person 0: joint 'nose' has the confidence 95, expected 0 to 1"),
        ([result(0, 1e60)], r"frame 0, person 0: joint 'nose' is at \[1e\+60, 100.0\]"),
        ([result(1, 0), result(9999999, 0)], "has frames 1 to 9999999, expected at most 200000 frames"),
        (annotated(ONE, [result(2, 0, 2)]), "annotation 0: image_id 2 is not the id of an image"),
        (annotated(ONE, [result([], 0, 2)]), "annotation 0: image_id a list of 0 is not the id of an image"),
        (
            annotated(ONE, [result(1, 0, 0.9)]),
            "joint 'nose' has the visibility 0.9, expected 0, 1 or 2; detections are",
        ),
        (annotated(ONE * 2, []), "image 1: id must be a unique whole number or text, found 1"),
        (annotated([{"id": []}], []), "image 0: id must be a unique whole number or text, found a list of 0"),
        (annotated([{"id": 1}], []), "image 0 lacks the key 'file_name'; it has 'id'"),
        (annotated([*ONE, {"id": 2, "file_name": "b/1.jpg"}], []), "has frame 1 twice"),
        (
            annotated([], [], categories=[{"keypoints": NAMES[::-1]}]),
            "found 17, the text 'right_ankle' first to differ",
        ),
        (
            annotated([], [], categories=[{"keypoints": NAMES[:3]}]),
            "must be the 17 joints .*, found 3, null first to differ",
        ),
        ({"instance_info": 3}, "instance_info must be a list, found 3"),
        ({"instance_info": [{"frame_id": 1}]}, "entry 0 lacks the key 'instances'"),
        ([{"frame_id": None, "instances": []}], "entry 0: frame_id must be a whole number, found null"),
        ([{"frame_id": 1, "instances": [{}]}], "frame 1, instance 0 lacks the key 'keypoints'; it has none"),
        (
            [{"frame_id": 1, "instances": [instance(0, keypoints=[[1, 2]])]}],
            "keypoints must be the 17 joints .*, found 1",
        ),
        (
            [{"frame_id": 1, "instances": [instance(0, keypoints=[[1, 2, 3]] * 17)]}],
            "keypoints, joint 0 must have 2 numbers, found 3",
        ),
        ([{"frame_id": 1, "instances": [instance(0, keypoint_scores=[1])]}], "keypoint_scores must have 17 numbers"),
    ],
)
def test_bad_files(tmp_path, content, message):
    with pytest.raises(DataError, match=message):
        read(tmp_path, content)


def test_bad_options(tmp_path):
    with pytest.raises(ConfigError, match="COCO keypoints are 2D, topology 'ntu_rgbd' is 3D"):
        read_coco_keypoints(tmp_path, topology="ntu_rgbd")
    with pytest.raises(ConfigError, match="min_confidence must be at least 0 and less than 1, found 1.5"):
        read_coco_keypoints(tmp_path, min_confidence=1.5)
