import numpy as np
import pytest

from skgraph.datasets.formats.landmarks.table import LandmarkTable
from skgraph.errors import DataError

JOINTS = ["nose", "left_eye"]
NAN = np.nan


@pytest.fixture
def read(tmp_path):
    def write(text, world=True):
        path = tmp_path / "clip.csv"
        path.write_text(text)
        return {number: people for number, people in LandmarkTable(path, JOINTS, world).frames()}

    return write


@pytest.mark.parametrize(
    "header",
    [
        "frame,nose_x,nose_y,nose_z,nose_visibility,left_eye_x,left_eye_y,left_eye_z,left_eye_visibility",
        "Frame,NOSE.x,NOSE.y,NOSE.z,NOSE.v,LEFT_EYE.x,LEFT_EYE.y,LEFT_EYE.z,LEFT_EYE.v",
        "frame_index,x_nose,y_nose,z_nose,score_nose,x_left_eye,y_left_eye,z_left_eye,score_left_eye",
        "frameNumber,noseX,noseY,noseZ,noseConfidence,leftEyeX,leftEyeY,leftEyeZ,leftEyeConfidence",
        "frame id,x0,y0,z0,v0,x1,y1,z1,v1",
        "frame,x1,y1,z1,v1,x2,y2,z2,v2",
        "frame,landmark_0_x,landmark_0_y,landmark_0_z,landmark_0_visibility,lm_1_x,lm_1_y,lm_1_z,lm_1_v",
        "frame;nose_x;nose_y;nose_z;nose_v;left_eye_x;left_eye_y;left_eye_z;left_eye_v",
        "frame\tpose_0_x\tpose_0_y\tpose_0_z\tpose_0_v\tpose_1_x\tpose_1_y\tpose_1_z\tpose_1_v",
    ],
)
def test_a_line_a_frame(read, header):
    separator = next(letter for letter in "\t;," if letter in header)
    lines = ["4,1,2,3,.5,4,5,6,.25", "6,1,2,3,.5,,,,", "", "7,,,,,,,,"]
    found = read("\n".join([header, *(line.replace(",", separator) for line in lines)]))
    assert list(found) == [4, 6, 7]
    np.testing.assert_array_equal(found[4], [[[1, 2, 3, 0.5], [4, 5, 6, 0.25]]])
    np.testing.assert_array_equal(found[6], [[[1, 2, 3, 0.5], [NAN] * 4]])
    np.testing.assert_array_equal(found[7], [[[NAN] * 4] * 2])


def test_lines_without_a_number_and_columns_of_other_things(read):
    found = read(
        ",nose_x,nose_y,nose_z,left_eye_x,left_eye_y,left_eye_z,left_hand_0_x,COM_x,score,class\n"
        "8,1,2,3,4,5,6,a,b,c,d\n9,1,2,3,4,5,6,a,b,c,d\n"
    )
    assert list(found) == [0, 1]
    np.testing.assert_array_equal(found[1], [[[1, 2, 3, 1], [4, 5, 6, 1]]])


@pytest.mark.parametrize("names", [("nose", "left_eye", "chin"), ("0", "1", "17"), ("NOSE", "LeftEye", "Chin")])
@pytest.mark.parametrize("title", ["landmark", "Landmark_ID", "name", "joint_name"])
def test_a_line_a_landmark(read, names, title):
    first, second, other = names
    lines = ["frame," + title + ",timestamp,x,y,z,visibility", f"2,{second},9,4,5,6,.25", f"2,{first},9,1,2,3,.5"]
    found = read("\n".join([*lines, f"2,{other},a,b,c,d,e", f"4,{first},9,1,2,3,"]))
    np.testing.assert_array_equal(found[2], [[[1, 2, 3, 0.5], [4, 5, 6, 0.25]]])
    np.testing.assert_array_equal(found[4], [[[1, 2, 3, NAN], [NAN] * 4]])


def test_several_people(read):
    found = read("frame,person,landmark,x,y,z\n0,a,0,1,1,1\n0,b,0,2,2,2\n0,a,1,3,3,3\n1,b,0,4,4,4\n")
    assert [[person[0, 0] for person in people] for people in found.values()] == [[1, 2], [4]]
    header = "frame,person_id,nose_x,nose_y,nose_z,left_eye_x,left_eye_y,left_eye_z"
    assert len(read(f"{header}\n0,0,1,1,1,1,1,1\n0,1,2,2,2,2,2,2\n")[0]) == 2


def test_world_or_image(read):
    text = "Frame,Landmark_ID,X_2D,Y_2D,Z_2D,Visibility,X_3D,Y_3D,Z_3D\n0,0,1,2,3,.5,4,5,6\n0,1,1,2,3,.5,4,5,6\n"
    assert read(text)[0][0][0].tolist() == [4, 5, 6, 0.5]
    assert read(text, world=False)[0][0][0].tolist() == [1, 2, 3, 0.5]
    flat = "frame,landmark,x,y\n0,0,1,2\n"
    np.testing.assert_array_equal(read(flat, world=False)[0][0][0], [1, 2, NAN, 1])
    with pytest.raises(DataError, match="clip.csv', which lacks z, has image landmarks only: say world=false"):
        read(flat)
    with pytest.raises(DataError, match="which lacks z, has image landmarks only: say world=false"):
        read("nose_x,nose_y,left_eye_x,left_eye_y\n1,2,3,4\n")
    with pytest.raises(DataError, match="clip.csv' has world landmarks only: say world=true"):
        read("frame,landmark,x_world,y_world,z_world\n0,0,1,2,3\n", world=False)


HEADER = "frame,nose_x,nose_y,nose_z,left_eye_x,left_eye_y,left_eye_z"


@pytest.mark.parametrize(
    "text, message",
    [
        ("", "has no columns of landmarks: expected frame, nose_x, .* or frame, landmark, x, y, z; found none"),
        ("a,b,c,d\n1,2,3,4\n", "has no columns of landmarks: expected .*; found 'a', 'b', 'c' and 1 more"),
        ("frame,nose_x,nose_y\n", "lacks the columns nose_z, left_eye_x, left_eye_y and 1 more: expected frame"),
        ("frame,landmark,x,z\n", "lacks the columns y: expected frame, nose_x"),
        (HEADER + ",nose_v\n", "lacks the columns left_eye_v: expected"),
        (HEADER + ",x0\n", "clip.csv' has 'x0' again in column 7, after column 1"),
        (f"{HEADER}\n0,1,1,1,1,1\n", "line 2 has 6 cells, the header 7"),
        (f"{HEADER}\n0,1,1,1,1,1,1\n0,1,1,1,1,1,1\n", "line 3: 'clip.csv' has frame 0 twice"),
        (
            "frame,landmark,x,y,z\n0,0,1,1,1\n0,NOSE,1,1,1\n",
            "line 3: 'clip.csv' has the landmark 'nose' of frame 0 twi",
        ),
        (f"{HEADER}\n0,one,1,1,1,1,1\n", "line 2, column 'nose_x' must be a number, found 'one'"),
        (f"{HEADER}\n0,1_0,1,1,1,1,1\n", "line 2, column 'nose_x' must be a number, found '1_0'"),
        (f"{HEADER}\n\uff11,1,1,1,1,1,1\n", "line 2: the frame must be a whole number, found '\uff11'"),
        (f"{HEADER}\n\n1.5,1,1,1,1,1,1\n", "line 3: the frame must be a whole number, found '1.5'"),
        (f"{HEADER}\n,1,1,1,1,1,1\n", "line 2: the frame must be a whole number, found ''"),
        (f"{HEADER}\ninf,1,1,1,1,1,1\n", "line 2: the frame must be a whole number, found 'inf'"),
        (f'{HEADER}\n0,"1,1,1,1,1,1\n', "clip.csv' is not a CSV file in UTF-8: unexpected end of data"),
        (f"{HEADER}\n0,{'1' * 200_000},1,1,1,1,1\n", "is not a CSV file in UTF-8: field larger than field limit"),
    ],
)
def test_bad_tables(read, text, message):
    with pytest.raises(DataError, match=message):
        read(text)


def test_another_encoding(tmp_path):
    (tmp_path / "clip.csv").write_bytes(b"frame,x\xff\n")
    with pytest.raises(DataError, match="clip.csv' is not a CSV file in UTF-8"):
        LandmarkTable(tmp_path / "clip.csv", JOINTS, True)
