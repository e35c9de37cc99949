import pytest

from skgraph._internal.yaml_file import read_plain_yaml
from skgraph.errors import BROKEN_YAML, first_line

BOMB = "a: &a [lol]\n" + "".join(
    f"{b}: &{b} [{f'*{a}, ' * 9}*{a}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)


def test_reads(tmp_path):
    (tmp_path / "a.yaml").write_text("a: [1, é, {b: null}]\n'*': '&'\n", encoding="utf-8")
    assert read_plain_yaml(tmp_path / "a.yaml") == {"a": [1, "é", {"b": None}], "*": "&"}


@pytest.mark.parametrize("text", [BOMB, "&a a: *a", "a: &a {b: 1}\nc: {<<: *a}", "&a [*a]"])
def test_aliases_are_refused(tmp_path, text):
    (tmp_path / "a.yaml").write_text(text)
    with pytest.raises(BROKEN_YAML) as error:
        read_plain_yaml(tmp_path / "a.yaml")
    assert first_line(error.value) == "the alias *a (&name and *name are not supported)"
