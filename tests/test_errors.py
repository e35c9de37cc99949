import numpy as np
import pytest

from skgraph.errors import DataError, StoreError, first_line, printable


@pytest.mark.parametrize(
    "message, shown",
    [
        ("'walk.npy' is damaged", "'walk.npy' is damaged"),
        ("clip 'Jürgen 😀'", "clip 'Jürgen 😀'"),
        ("'new\nline'", "'new\\nline'"),
        ("'bell\a and\0'", "'bell\\x07 and\\x00'"),
        ("'\udcff'", "'\\udcff'"),  # a byte of a file's name that is no text
        ("a" * 5000, "a" * 1000 + " ... " + "a" * 1000),
    ],
)
def test_a_message_is_one_line_that_can_be_printed(message, shown):
    assert str(DataError(message)) == str(StoreError(message)) == shown
    assert f"{DataError(message)}".encode()


def test_no_advice_to_execute_a_file(tmp_path):
    np.save(tmp_path / "a.npy", np.array([{}], dtype=object))
    with pytest.raises(ValueError, match="allow_pickle") as error:
        np.load(tmp_path / "a.npy")
    assert first_line(error.value) == "it is no array, or holds pickled objects, which are never loaded"


def test_what_is_printable_stays():
    assert printable("Jürgen's 😀, \\ and \x1b[2J\u202e\n") == "Jürgen's 😀, \\ and \\x1b[2J\\u202e\\n"
