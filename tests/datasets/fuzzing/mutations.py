"""Damage: what a fuzz makes of the files of a sound dataset."""

from __future__ import annotations

import csv
import functools
import io
import json
import pickle
import pickletools
import re
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tests.datasets.fuzzing.sources import Source, npy

Rng = np.random.Generator

FOLDER, LOOP, FIFO, DANGLING = (f"a {kind}".encode() for kind in ("folder", "link to itself", "pipe", "dangling link"))
"""What may stand in place of a file, by identity: each is made on disk as what it says."""
SPECIAL = (FOLDER, LOOP, FIFO, DANGLING)

CANARY = "canary"
"""Name of a file in the working folder that code in a pickle would make."""

_WORDS = (
    b"NaN nan inf -inf Infinity 1e999 -1e999 1e38 3.5e38 -1e39 1e308 1e-320 0 -0 -1 1 2 3 25 255 256 1000 65536 199999 "
    b"2147483647 2147483648 -2147483649 4294967295 9223372036854775807 9223372036854775808 18446744073709551615 1e5 "
    b"0x10 1_000 1,5 1.2.3 --1 +1 . - + null true None 0.1234567890123456789 00025 1e 1e+ e5 \xd9\xa1 \xef\xbc\x91 "
    b"\x00 99999999999999999999999999 0.00000000000001 123456789.123456789 -.5 5. 1E5 0b1 \xff \xed\xa0\x80 100000 "
    b"999999999"
)
NUMBERS = (*_WORDS.split(), b"", b" ", b"9" * 400, b"9" * 5000, b"1" * 100_000, b"0." + b"1" * 400)
"""What stands in place of a number: others of every form, and what is nearly one."""
_NUMBER = re.compile(rb"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
_HALF = "\ud800"
_INTEGERS = (0, -1, 1, 2, 30, 1000, 199_999, 200_000, 2**31, 2**62, 2**63, 2**64, -(2**63) - 1, 10**30, 10**400)
_FLOATS = (0.5, -0.5, 1e-320, 1e38, 3.5e38, 1e308, -1e308, float("nan"), float("inf"), float("-inf"))
_TEXTS = ("", "a", "1", "NaN", "x" * 3000, "new\nline", "nul\0", _HALF, "é", "../a", "train")
_NESTED = ([], {}, [[]], [0], [None], [1.0, 2.0, 3.0], {"a": 1}, [[[[[[0]]]]]], [0] * 5000)
_KEYS = (
    *("", "data", "people", "keypoints", "frames", "label", "keypoint", "frame_id", "landmarks", "id", "name"),
    *("pose_landmarks", "worldLandmarks", "results", "frame", "nose"),
)
VALUES: tuple[Any, ...] = (None, True, False, *_INTEGERS, *_FLOATS, *_TEXTS, *_NESTED)


@dataclass(frozen=True)
class Damaged:
    """A dataset that was damaged.

    Args:
        files: content by path.
        touched: names of the clips whose joints may be others now; None where these may be all.
        how: in words.
    """

    files: dict[str, bytes]
    touched: set[str] | None
    how: str


def damage(source: Source, rng: Rng) -> Damaged:
    """One to three random mutations of a dataset."""
    files, touched, how = dict(source.files), set(), []
    for _ in range(int(rng.choice([1, 1, 1, 2, 3]))):
        places = [path for path, content in files.items() if not any(content is special for special in SPECIAL)]
        if not places:
            break
        # The big files of a dataset as often as its small ones.
        path = places[int(rng.integers(len(places)))]
        if rng.random() < 0.04:
            clips, what = _of_folder(source, files, path, rng), "folder"
        else:
            # What was damaged already is never unpickled here.
            suffix = Path(path).suffix if files[path] is source.files.get(path) or path[-4:] != ".pkl" else ".bin"
            content, entry, what = _of_file(files[path], suffix, rng)
            files[path] = content
            clips = source.clip_of(f"{path}/{entry}" if entry and not path.endswith(".zip") else entry or path)
        touched = None if clips is None or touched is None else touched | clips
        how.append(f"{path}: {what}")
    return Damaged(files, touched, "; ".join(how))


def _of_folder(source: Source, files: dict[str, bytes], path: str, rng: Rng) -> set[str] | None:
    """Files that are missing, too many, misnamed or none at all."""
    clips, kind = source.clip_of(path), int(rng.integers(6))
    if kind == 0:
        del files[path]
    elif kind == 1:
        files[path] = SPECIAL[int(rng.integers(len(SPECIAL)))]
    elif kind == 2:
        files[path] = b""
    elif kind == 3:
        names = ["\udcff", "new\nline", "-rf", "a=b", "é", " ", "..", "a b", "x" * 200, "labels", "0"]
        stem = names[int(rng.integers(len(names)))]
        files[str(Path(path).with_name(stem + Path(path).suffix))] = files.pop(path)
        return None
    elif kind == 4:
        other = list(files)[int(rng.integers(len(files)))]
        files[path], files[other] = files[other], files[path]
        more = source.clip_of(other)
        return None if clips is None or more is None else clips | more
    else:
        files[f"more/{Path(path).name}"] = files[path]
        return None
    return clips


def _of_file(data: bytes, suffix: str, rng: Rng) -> tuple[bytes, str, str]:
    """New content, the entry of the file that was changed ("" for all of it), and what was done."""
    ways = _WAYS.get(suffix, (_text,))
    way = ways[int(rng.integers(len(ways)))] if rng.random() < 0.75 else _bytes
    try:
        content, entry = way(data, rng)
    except (ValueError, TypeError, LookupError, SystemError, struct.error):  # what was damaged before may be past this
        (content, entry), way = _bytes(data, rng), _bytes
    return content, entry, way.__name__.strip("_")


def _pick(rng: Rng, of: Any) -> Any:
    return of[int(rng.integers(len(of)))]


# Bytes


def _bytes(data: bytes, rng: Rng) -> tuple[bytes, str]:
    """Flip, insert, delete, repeat, overwrite or cut off some bytes."""
    start = int(rng.integers(len(data) + 1))
    if rng.random() < 0.4:  # headers are short, and most can go wrong there
        start = min(start, int(rng.integers(200)))
    end = min(len(data), start + int(rng.choice([1, 1, 2, 4, 8, 64, 1000])))
    kind = int(rng.integers(9))
    if kind == 0 and data:
        start = min(start, len(data) - 1)
        return data[:start] + bytes([data[start] ^ 1 << int(rng.integers(8))]) + data[start + 1 :], ""
    if kind == 1:
        return data[:start] + rng.bytes(end - start) + data[end:], ""
    if kind == 2:
        return data[:start] + rng.bytes(int(rng.integers(1, 20))) + data[start:], ""
    if kind == 3:
        return data[:start] + data[end:], ""
    if kind == 4:
        return data[:start], ""
    if kind == 5:
        return data[:end] + data[start:], ""
    if kind == 6:
        special = (b"\0", b"\xff", b"\xff" * 4, b"\xff\xff\xff\x7f", b"\n", b"\r", b" ", b"\0\0\0\x80", b"{", b"(")
        new = _pick(rng, special)
        return data[:start] + new + data[start + len(new) :], ""
    if kind == 7:
        other = int(rng.integers(len(data) + 1))
        return data[:start] + data[other : other + end - start] + data[end:], ""
    return data + _pick(rng, (b"\0", b"\n", b"\n\n1\n", b"x", data, b"\0" * 65536)), ""


# Text


def _text(data: bytes, rng: Rng) -> tuple[bytes, str]:
    """Lines and numbers."""
    lines = data.split(b"\n")
    i, k = int(rng.integers(len(lines))), int(rng.integers(len(lines)))
    kind = int(rng.integers(16))
    if kind < 6:  # a number
        i = i if _NUMBER.search(lines[i]) else next((n for n, line in enumerate(lines) if _NUMBER.search(line)), i)
        if found := list(_NUMBER.finditer(lines[i])):
            match = _pick(rng, found)
            lines[i] = lines[i][: match.start()] + _pick(rng, NUMBERS) + lines[i][match.end() :]
    elif kind == 6:
        lines.insert(i, lines[k])
    elif kind == 7:
        del lines[i]
    elif kind == 8:
        lines[i], lines[k] = lines[k], lines[i]
    elif kind == 9:
        lines = lines[:i] if rng.random() < 0.5 else lines[i:]
    elif kind == 10:
        return data.replace(b"\n", _pick(rng, (b"\r\n", b"\r", b"\n\n", b" \n", b"\t\n", b"\n ", b" "))), ""
    elif kind == 11:
        coding = _pick(rng, ("utf-16", "utf-32", "utf-8-sig", "utf-16-le"))
        return data.decode("latin-1").encode(coding), ""
    elif kind == 12:  # far too much of something
        many, what = int(rng.choice([100, 3000, 30_000])), int(rng.integers(4))
        if what == 0:
            lines[i : i + 1] = [lines[i]] * min(many, 3000)
        elif what == 1:
            lines[i] = b" ".join([lines[i].split(b" ")[0][:20]] * many)
        elif what == 2:
            lines[i] += _pick(rng, (b" ", b"{", b",", b"0,", b"[", b'"', b"a ", b"(", b"\t", b"1 ")) * many
        else:
            lines[i:i] = [_pick(rng, (b"", b"1", b"0", b"{", b"End Site", b"\t", b"x"))] * many
    elif kind == 13:
        words = re.split(rb"([\s,]+)", lines[i])
        new = _pick(rng, (b"", b"\0", b"x", b'"', b"\t", b",", b"}", b"{", b"JOINT", b"\xff"))
        words[int(rng.integers(len(words)))] = new
        lines[i] = b"".join(words)
    elif kind == 14:
        lines = [line for line in lines for _ in range(2)]
    else:
        old, new = _pick(rng, ((b" ", b","), (b",", b";"), (b".", b","), (b" ", b"  "), (b" ", b"\t"), (b" ", b"\0")))
        return data.replace(old, new), ""
    return b"\n".join(lines), ""


def _csv(data: bytes, rng: Rng) -> tuple[bytes, str]:
    """Cells and columns of a table."""
    try:
        rows = list(csv.reader(io.StringIO(data.decode())))
    except (UnicodeDecodeError, csv.Error):
        return _text(data, rng)
    if not rows or not rows[0]:
        return _text(data, rng)
    column, row = int(rng.integers(len(rows[0]))), _pick(rng, rows)
    kind = int(rng.integers(5))
    if kind == 0:
        for line in rows:
            del line[column : column + 1]
    elif kind == 1:
        for line in rows:
            line.append(line[column] if column < len(line) else "")
    elif kind == 2:
        rows[0][column] = _pick(rng, ["", *"name label subject camera setup split x0 frame NAME".split()])
    elif kind == 3:
        row.append("more")
    elif row:
        words = f"train test 1 -1 {2**63} {2**64} {'9' * 5000} 1_0 é {'x' * 200_000} ../a a/b a.npy 1.5 ٣".split()
        row[min(column, len(row) - 1)] = _pick(rng, ["", "b\nb", *words])
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode(), ""


def _bvh(data: bytes, rng: Rng) -> tuple[bytes, str]:
    """Joints that are nested deep, many or misnamed, and channels."""
    kind = int(rng.integers(7))
    if kind == 0:
        many = int(rng.choice([50, 400, 998, 1100, 20_000]))
        inner = b"\n".join(b"JOINT j%d\n{\nOFFSET 0 1 0" % i for i in range(many)) + b"\n}" * many
        return data.replace(b"JOINT Spine", inner + b"\nJOINT Spine", 1), ""
    if kind == 1:
        many = int(rng.choice([50, 400, 980, 20_000]))
        pairs = b"\n".join(
            b"JOINT %s%d\n{\nOFFSET 0 1 0\n}" % (_pick(rng, (b"Left", b"Right")), i // 2) for i in range(many)
        )
        return data.replace(b"JOINT Spine", pairs + b"\nJOINT Spine", 1), ""
    if kind == 2:
        words = [*rb"""Hips null 1 ~ # ' " HipsEnd yes << =""".split(), b"x" * 500, b"a b", b"- x", b": ", b"\x7f"]
        names = [b"", b"\x85", *words, *(letter.encode() for letter in ("é", "\u2028", "\U0001f600", "\ufeff"))]
        joint = _pick(rng, (b"Hips", b"Spine", b"LeftArm", b"RightFoot", b"Head"))
        return re.sub(rb"(ROOT|JOINT) " + joint, lambda m: m[1] + b" " + names[int(rng.integers(len(names)))], data), ""
    if kind == 3:
        channels = b"0|7|-1|1 Xposition|2 Xrotation Xrotation|3 W X Y|6 Xposition|1e1|x|".split(b"|")
        return data.replace(b"3 Zrotation Xrotation Yrotation", _pick(rng, channels), 1), ""
    if kind == 4:
        return re.sub(rb"Frames: \d+", b"Frames: " + _pick(rng, NUMBERS), data), ""
    if kind == 5:
        return re.sub(rb"Frame Time: \S+", b"Frame Time: " + _pick(rng, NUMBERS), data), ""
    hierarchy, _, motion = data.partition(b"MOTION")
    return hierarchy.replace(b"\n", b" ") + b"MOTION" + motion, ""


def _asf(data: bytes, rng: Rng) -> tuple[bytes, str]:
    """Bones that are many, hang on others, or have other axes and degrees of freedom."""
    kind = int(rng.integers(4))
    if kind == 0:
        many = int(rng.choice([10, 900, 1100, 20_000]))
        bones = b"".join(b"begin\nname b%d\ndirection 0 1 0\nlength 1\naxis 0 0 0 XYZ\nend\n" % i for i in range(many))
        chain = b"".join(b"%s b%d\n" % (b"b%d" % (i - 1) if i else b"root", i) for i in range(many))
        chain = chain if rng.random() < 0.5 else b"\n".join(chain.split(b"\n")[::-1])
        return data.replace(b":bonedata\n", b":bonedata\n" + bones).replace(
            b":hierarchy\n", b":hierarchy\n" + chain
        ), ""
    if kind == 1:
        bone = _pick(rng, (b"root", b"back", b"head", b"larm", b"tail"))
        return re.sub(rb"    (root|back) ", b"    " + bone + b" ", data, count=1), ""
    if kind == 2:
        return data.replace(
            b"XYZ", _pick(rng, (b"ZYX", b"XXY", b"", b"xyz", b"XY", b"XYZ XYZ")), int(rng.integers(1, 9))
        ), ""
    return data.replace(b"dof rx", _pick(rng, (b"dof", b"dof rx rx", b"dof tx", b"dof l", b"dof RX", b"dof rz"))), ""


def _c3d(data: bytes, rng: Rng) -> tuple[bytes, str]:
    """Numbers of the header and of the parameters."""
    place = int(rng.integers(min(len(data), _pick(rng, (24, 1536)))))
    number = int(rng.choice([0, 1, 2, 3, 4, 80, 84, 85, 86, 127, 128, 255, 256, 1000, 32767, 32768, 65535]))
    new = bytes([number % 256]) if rng.random() < 0.5 else struct.pack("<H", number)
    return data[:place] + new + data[place + len(new) :], ""


# Trees: JSON and what is in a pickle


def _tree(value: Any, rng: Rng, specials: tuple[Any, ...] = VALUES) -> Any:
    """Change something somewhere in nested dicts and lists, in place where that can be; returns the new tree."""
    holder: list[Any] = [value]
    parent, key, depth = holder, 0, 0
    while True:
        node = parent[key]
        inside = list(node) if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ()
        if not len(inside) or (rng.random() < 0.2 and depth) or depth > 20:
            break
        parent, key, depth = node, _pick(rng, inside), depth + 1
    node, kind = parent[key], int(rng.integers(10))
    if kind < 4:
        parent[key] = _pick(rng, specials)
    elif kind == 4 and parent is not holder:
        del parent[key]
    elif kind == 5 and isinstance(parent, list):
        parent.insert(key, node)
    elif kind == 6 and isinstance(parent, dict):
        parent[_pick(rng, _KEYS)] = parent.pop(key)
    elif kind == 7:
        other = _pick(rng, list(parent) if isinstance(parent, dict) else range(len(parent)))
        parent[key], parent[other] = parent[other], node
    elif kind == 8:
        parent[key] = _pick(rng, ([node], {"a": node}, [node, node], str(node), [[node]]))
    elif kind == 9 and isinstance(node, list) and len(node) < 10_000:
        parent[key] = _pick(rng, (node * 2, node[::-1], node[:-1], node[:1], node * int(rng.choice([1, 50]))))
    else:
        parent[key] = _pick(rng, specials)
    return holder[0]


def _json(data: bytes, rng: Rng) -> tuple[bytes, str]:
    kind = int(rng.integers(12))
    if kind == 0:
        deep = int(rng.choice([50, 900, 985, 100_000]))
        opening, closing = _pick(rng, ((b"[", b"]"), (b'{"a":', b"}"), (b'[{"data":', b"}]")))
        nested = opening * deep + b"0" + closing * deep
        return data.replace(_pick(rng, (b"0.9", b"1", b"[", b"0")), nested, 1) if rng.random() < 0.7 else nested, ""
    if kind == 1:
        key = _pick(rng, re.findall(rb'"(\w+)":', data) or [b"a"])
        return data.replace(b'"' + key + b'":', b'"' + key + b'": 1, "' + key + b'":', 1), ""
    try:
        tree = json.loads(data)
    except (ValueError, RecursionError):
        return _text(data, rng)
    return json.dumps(_tree(tree, rng), ensure_ascii=bool(rng.integers(2))).encode("utf-8", "surrogatepass"), ""


def _json_lines(data: bytes, rng: Rng) -> tuple[bytes, str]:
    lines = data.split(b"\n")
    i = int(rng.integers(len(lines)))
    lines[i], entry = _json(lines[i], rng)
    return b"\n".join(lines), entry


# Arrays


_DESCRIPTIONS = (  # of the type and the shape of an array
    ("'<f4'", f"({10**18}, 1, 25, 3)"),
    ("'<f4'", "(-1, 1, 25, 3)"),
    ("'<f4'", "(4294967296, 4294967296)"),
    ("'<f4'", "(0, 4611686018427387904, 25, 3)"),
    ("'<f4'", "(" + "1, " * 70 + ")"),
    *(("'<f4'", shape) for shape in ("(True,)", "[3]", "(3L,)", "(1.0,)", "(None,)")),
    *((descr, "(3,)") for descr in ("'|O'", "[]", "''", "','", "'(1'", "('<f4', (2,))", "'<U0'", "'<M8[s]'", "None")),
    *((descr, "(3,)") for descr in ("[('a', '<f4'), ('a', '<f4')]", "[('a', [('b', '<f4')])]", "{'a': 1}")),
    ("('<f4',)", "()"),
    ("'<U1000000000'", "(1,)"),
)
_HEADERS = (
    *(f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}" for descr, shape in _DESCRIPTIONS),
    "{'descr': '<f4', 'fortran_order': 1, 'shape': (3,), }",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }" + " " * 11000,
    *("{'descr': '<f4'}", "{}", "[]", "", "(" * 5000, "{[]: 1}", "{1: 2, 'a': 3}", "'a' + 'b'", "lambda: 1", "\x00"),
    *("{'descr': '<f4', 'shape'", "'''", "\\", "\n  {\n 'a': 1", "-" * 4000 + "1", "[" * 90 + "]" * 90),
)


def _header(text: str, data: bytes, version: int = 1) -> bytes:
    """An `.npy` file of any header."""
    raw = text.encode("latin-1")
    raw += b" " * (-(len(raw) + 11) % 64) + b"\n"
    length = struct.pack("<H" if version == 1 else "<I", len(raw) % 65536 if version == 1 else len(raw))
    return b"\x93NUMPY" + bytes([version, 0]) + length + raw + data


def _array(array: np.ndarray, rng: Rng) -> tuple[bytes, str]:
    """An array with other numbers, another type or shape as an `.npy` file, and the row that changed, "" for all."""
    kind = int(rng.integers(12))
    with np.errstate(all="ignore"):
        if kind < 3 and array.size:
            array, flat = array.copy(), int(rng.integers(array.size))
            place = np.unravel_index(flat, array.shape)
            if array.dtype.kind == "f":
                array[place] = _pick(rng, (np.nan, np.inf, -np.inf, 1e30, -1e30, 3.4e38, 0, -1, 1e-45, 7.5))
            elif array.dtype.kind in "iu":
                limits = np.iinfo(array.dtype)
                values = (0, -1, 1, 2, 1000, 2**40, limits.max, limits.min)
                array[place] = _pick(rng, [value for value in values if limits.min <= value <= limits.max])
            elif array.dtype.kind == "U":
                array[place] = _pick(rng, ("", "a", "b", "train", "mm", "px", "x"))
            return npy(array), str(place[0]) if place else "0"
        if kind == 3:
            codes = "f2 f4 f8 f16 >f4 >f8 i1 i2 i4 i8 u1 u8 >i8 ? c8 c16 S5 U5 U40".split()
            try:
                return npy(array.astype(np.dtype(_pick(rng, codes)))), ""
            except ValueError:
                return npy(np.zeros(array.shape, "c8")), ""
        if kind == 4:
            array = array if array.ndim else array[None]
            shapes = [array.T, array[None], array[..., None], array[:0], array.reshape(-1), array[:1]]
            shapes += [array[..., :1], array[::-1]]
            return npy(_pick(rng, shapes)), ""
        if kind == 5:
            return npy(np.asfortranarray(array)), ""
        if kind == 6:
            types = ("M8[s]", "m8[D]", "V7", ">U3", [("a", "<f4"), ("b", "<U3")])
            odd = (array.astype(object), *(np.zeros(array.shape, kind) for kind in types))
            file = io.BytesIO()
            np.save(file, _pick(rng, odd), allow_pickle=True)
            return file.getvalue(), ""
        if kind == 7 and array.ndim:
            return npy(np.concatenate([array, array]) if rng.random() < 0.5 else array[:-1]), ""
        if kind == 8:
            letters = np.frombuffer(np.uint32(_pick(rng, (0xD800, 0x110000, 0xFFFFFFFF, 0))).tobytes(), "<U1")
            return npy(np.resize(letters, array.shape or (1,))), ""
    if kind == 9:
        text = re.search(r"\{.*\}", npy(array)[:400].decode("latin-1"))[0]  # type: ignore[index]
        pairs = "False True|( (9|( (1,|< >|'shape' 'shapes'|4 8|i8 f8".split("|")
        text = text.replace(*_pick(rng, pairs).split())
        return _header(text, array.tobytes(), int(rng.integers(1, 4))), ""
    return _header(_pick(rng, _HEADERS), array.tobytes(), int(rng.integers(1, 5))), ""


def _npy(data: bytes, rng: Rng) -> tuple[bytes, str]:
    try:
        array = np.load(io.BytesIO(data), allow_pickle=False)
    except Exception:
        return _bytes(data, rng)
    return _array(array, rng) if isinstance(array, np.ndarray) else _bytes(data, rng)


# Archives


@dataclass
class _Member:
    """A file in a zip archive, and what the archive says of it."""

    name: str
    data: bytes
    method: int = zipfile.ZIP_DEFLATED
    flags: int = 0
    crc: int | None = None
    size: int | None = None
    packed: bytes | None = None


def zip_of(members: list[_Member]) -> bytes:
    """An archive that may lie."""
    body, directory = b"", b""
    for member in members:
        packed = member.packed if member.packed is not None else _packed(member.data, member.method)
        name = member.name.encode("utf-8", "surrogatepass")
        crc = zlib.crc32(member.data) if member.crc is None else member.crc
        size = len(member.data) if member.size is None else member.size
        about = struct.pack(
            "<HHHHHIIIHH", 20, 0x800 | member.flags, member.method, 0, 33, crc, len(packed), size, len(name), 0
        )
        directory += b"PK\1\2" + struct.pack("<H", 20) + about + struct.pack("<HHHII", 0, 0, 0, 0, len(body)) + name
        body += b"PK\3\4" + about + name + packed
    end = struct.pack("<HHHHIIH", 0, 0, len(members), len(members), len(directory), len(body), 0)
    return body + directory + b"PK\5\6" + end


def _packed(data: bytes, method: int) -> bytes:
    if method == zipfile.ZIP_STORED:
        return data
    file = io.BytesIO()
    known = method if method in (zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA) else zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(file, "w", known) as archive:
        archive.writestr("x", data)
    raw, info = file.getvalue(), archive.infolist()[0]
    return raw[31 : 31 + info.compress_size]


@functools.lru_cache(maxsize=8)
def _bomb(pattern: bytes, size: int) -> tuple[bytes, int]:
    """A raw deflate stream of a pattern that repeats, and the checksum of what it unpacks to."""
    piece = pattern * (2**20 // len(pattern))
    press, crc, packed = zlib.compressobj(1, zlib.DEFLATED, -15), 0, b""
    for _ in range(size >> 20):
        packed, crc = packed + press.compress(piece), zlib.crc32(piece, crc)
    return packed + press.flush(), crc


def _members(data: bytes) -> list[_Member]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return [_Member(info.filename, archive.read(info), info.compress_type) for info in archive.infolist()]


def _zip(data: bytes, rng: Rng) -> tuple[bytes, str]:
    """What is in an archive, and what it says of it."""
    try:
        members = _members(data)
    except Exception:
        return _bytes(data, rng)
    if not members:
        return _bytes(data, rng)
    member = _pick(rng, members)
    entry, kind = "", int(rng.integers(14))
    if kind < 4 and not member.name.endswith(".npy"):
        content, _, _ = _of_file(member.data, Path(member.name).suffix, rng)
        members[members.index(member)] = _Member(member.name, content, member.method)
        entry = member.name
    elif kind < 9 and member.name.endswith(".npy"):
        content, row = _npy(member.data, rng)
        members[members.index(member)] = _Member(member.name, content, member.method)
        entry = member.name.removesuffix(".npy") + (f"/{row}" if row else "")
    elif kind in (4, 9):
        member.crc = 12345
    elif kind == 5:
        member.name = _pick(rng, ("/", "../", "C:\\", "a\0", "./", "é/", "__MACOSX/", _HALF)) + member.name
        entry = member.name
    elif kind == 10:
        member.flags = _pick(rng, (1, 8, 0x20, 0x40, 0x2000))
    elif kind == 6:
        members.append(_Member(member.name, _pick(rng, (member.data, b"", member.data[:-5]))))
        entry = member.name.removesuffix(".npy")
    elif kind == 11:
        member.method = int(rng.choice([0, 1, 8, 9, 12, 14, 93, 99]))
    elif kind == 12:
        method = int(rng.choice([0, 8, 12, 14]))
        packed = bytearray(_packed(member.data, method))
        for _ in range(3):
            packed[int(rng.integers(min(len(packed), 40)))] = int(rng.integers(256))
        members[members.index(member)] = _Member(member.name, member.data, method, packed=bytes(packed))
    elif kind == 7:
        member.size = int(rng.choice([0, 1, len(member.data) - 1, len(member.data) + 1, 2**31, 2**32 - 1]))
    elif kind == 8:
        members.append(_Member(_pick(rng, ("folder.skeleton/", "x.npy/", "empty.skeleton", "a.txt")), b""))
    else:
        members.remove(member)
        entry = member.name.removesuffix(".npy")
    if rng.random() < 0.02:
        members = [_bombed(_pick(rng, members), rng), *(other for other in members if other is not member)]
        entry = "x"
    return zip_of(members), entry


def _bombed(member: _Member, rng: Rng) -> _Member:
    """A member that is small in its archive and huge outside."""
    pattern = _pick(rng, (b"\0", b"\n", b"1\n", b"1 ", b"0"))
    size = int(rng.choice([8, 30, 150, 250, 1024])) << 20
    packed, crc = _bomb(pattern, size)
    if member.name.endswith(".npy"):
        bytes_ = [("|i1", (size // 75, 1, 25, 3)), ("|i1", (size,)), ("|S1", (size,)), ("<U1", (size // 4,))]
        numbers = [("<f4", (size // 300, 1, 25, 3)), ("<f4", (1, 1, size // 4)), ("<f4", (1, size // 600, 150))]
        descr, shape = _pick(rng, [*bytes_, *numbers, ("<i8", (size // 8,))])
        fortran = bool(rng.integers(2))
        header = _header(str({"descr": descr, "fortran_order": fortran, "shape": shape}), b"")
        exact = int(np.prod(shape)) * np.dtype(descr).itemsize
        press = zlib.compressobj(6, zlib.DEFLATED, -15)
        packed = press.compress(header) + press.flush(zlib.Z_FULL_FLUSH) + packed
        # Where the size is not a multiple of that of a row, the archive says less than it has.
        return _Member(member.name, b"", crc=0, size=len(header) + exact, packed=packed)
    return _Member(member.name, b"", crc=crc, size=_pick(rng, (size, size, 100)), packed=packed)


# Pickles


class _Attack:
    """What runs something when it is unpickled."""

    def __init__(self, call: Callable[..., Any], *arguments: Any) -> None:
        self.reduced = call, arguments

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return self.reduced


_CALLS = (
    *(
        b"cos\nsystem\n(S'touch canary'\ntR",
        b"cbuiltins\nopen\n(S'canary'\nS'w'\ntR",
        b"(S'touch canary'\nios\nsystem\n",
    ),
    *(b"\x8c\x02os\x8c\x06system\x93", b"cnumpy\nload\n", b"cnumpy.core.multiarray\n_reconstruct\n"),
    *(b"cnumpy\ndtype\n", b"cnumpy\nndarray\n", b"c__builtin__\nset\n](K\x01K\x02e\x85R"),
)
_LENGTHS = (
    *(b"\x95\xff\xff\xff\xff\xff\xff\xff\x7f", b"\x8e\xff\xff\xff\xff\xff\xff\xff\x7f", b"X\xff\xff\xff\xff"),
    *(b"T\xff\xff\xff\x7f", b"j\xff\xff\xff\xff", b"r\xff\xff\xff\x7f", b"\x8b\xff\xff\xff\x7f"),
)
_ARGUMENTS = (
    *(b"P1\n", b"\x82\x01", b"(\x91", b"h\x00", b"h\x05", b"q\x00", b"K\x01", b"I99999999999999999999\n", b"L9L\n"),
    *(b"Fnan\n", b"S'x'\n", b"S'\\x'\n", b"V\\ud800\n", b"G\x7f\xf0\0\0\0\0\0\0", b"\x80\x09", b"h\x00h\x00a", b"](2e"),
)
_OPCODES = b"01tldsuaebRoQ}]N).\x81\x85\x86\x87\x88\x8f\x90\x91\x92\x94\x97\x98"
_SNIPPETS = (
    *(*_CALLS, *_LENGTHS, *_ARGUMENTS, b"(" * 1500, b"(" * 10, b"2" * 3000),
    *(bytes([opcode]) for opcode in _OPCODES),
)


def _pickle(data: bytes, rng: Rng) -> tuple[bytes, str]:
    """Other values, other instructions, and attacks."""
    kind = int(rng.integers(10))
    if kind == 0:
        calls = ((open, CANARY, "w"), (eval, f"open('{CANARY}', 'w')"), (np.zeros, 10**10), (bytearray, 10**10))
        attack = _Attack(*_pick(rng, calls))
        tree = _pick(rng, (attack, [attack], {"annotations": [{"label": attack}]}))
        return pickle.dumps(tree, int(rng.integers(6))), ""
    try:
        if kind < 6:
            tree = pickle.loads(data)
            tree = list(tree) if isinstance(tree, tuple) else tree
            tree = _tree(tree, rng, (*VALUES, *_pickled_values())) if rng.random() < 0.5 else _in_arrays(tree, rng)
            return pickle.dumps(tree, int(rng.integers(6))), _changed(pickle.loads(data), tree)
        places = [place for _, _, place in pickletools.genops(data) if place is not None] + [len(data) - 1]
    except Exception:
        return _bytes(data, rng)
    start, end = sorted((_pick(rng, places), _pick(rng, places)))
    if kind == 6:
        snippet = _pick(rng, _SNIPPETS)
        return data[:start] + snippet + data[start:], ""
    if kind == 7:
        k = places.index(start)
        return data[:start] + data[places[min(k + 1, len(places) - 1)] :], ""
    if kind == 8:
        end = min(end, start + 300)
        return data[:end] + data[start:end] * int(rng.choice([1, 2, 50])) + data[end:], ""
    k = places.index(start)
    return data[:start] + bytes([int(rng.integers(256))]) + data[start + 1 :], ""


def _changed(before: Any, after: Any) -> str:
    """Names of the annotations that are others now, "" where it may be all."""
    try:
        pairs = list(zip(before["annotations"], after["annotations"], strict=True))
        return ",".join(
            ["changed", *(old["frame_dir"] for old, new in pairs if pickle.dumps(old) != pickle.dumps(new))]
        )
    except (TypeError, KeyError, IndexError, ValueError):
        return ""


def _pickled_values() -> tuple[Any, ...]:
    keypoints, odd = np.zeros((1, 5, 17, 2)), (range(3), slice(1), Ellipsis, int, 1j, 2**61, b"bytes", bytearray(b"x"))
    nested = ({1, 2}, frozenset("ab"), ("a", "b"), (["a"], [0]), {"a": ["a"]}, {None: 1, 1.5: 2, b"a": 3})
    arrays = (keypoints, keypoints.astype(complex), keypoints[0].astype(np.int8), np.ones((1, 5, 17, 2), ">f4"))
    empty = (np.zeros((0, 5, 25, 3), np.float32), np.zeros((1, 2**30, 0)), np.full((1, 5, 25, 3), np.nan))
    scalars = (np.array(3), np.float32(0.5), np.int64(7), np.array(["a", "b"]), np.array([None]))
    kinds = (np.zeros(3, "M8[s]"), np.zeros(2, [("a", "f4")]), np.asfortranarray(np.ones((1, 5, 25, 3))))
    return (*odd, *nested, *arrays, *empty, *scalars, *kinds)


def _in_arrays(tree: Any, rng: Rng) -> Any:
    """The tree with another array in place of one of its arrays."""
    annotations = tree.get("annotations") if isinstance(tree, dict) else None
    if not isinstance(annotations, list) or not annotations:
        return _tree(tree, rng)
    annotation = _pick(rng, annotations)
    keys = (
        [key for key in annotation if isinstance(annotation[key], np.ndarray)] if isinstance(annotation, dict) else []
    )
    if not keys:
        return _tree(tree, rng)
    key = _pick(rng, keys)
    try:
        annotation[key] = np.load(io.BytesIO(_array(annotation[key], rng)[0]), allow_pickle=True)
    except Exception:
        annotation[key] = annotation[key].T
    return tree


# Matlab files


def _mat(data: bytes, rng: Rng) -> tuple[bytes, str]:
    """Numbers of the headers, also inside what is compressed, and other kinds of variables."""
    import scipy.io
    import scipy.sparse

    kind = int(rng.integers(6))
    if kind == 0:
        three = np.ones((20, 3, 2))
        kinds = ({"a": 1}, np.array([three, "x"], object), "text", scipy.sparse.eye(20).tocsc(), np.array(1))
        types = (three + 1j, three > 0, *(three.astype(kind) for kind in ("i1", "u8", "f4")))
        numbers = (three * np.nan, three * 1e300, three * 0)
        shapes = ((3, 20, 2), (20, 3), (20, 3, 2, 2), (20, 3, 0))
        large = np.ones((20, 3, 30_000), np.int8)
        values = (*kinds, *types, *numbers, *(np.ones(shape) for shape in shapes), large)
        file = io.BytesIO()
        form, name = _pick(rng, ("5", "4")), _pick(rng, ("d_skel", "d_skel", "other"))
        try:
            scipy.io.savemat(file, {name: _pick(rng, values)}, do_compression=bool(rng.integers(2)), format=form)
        except Exception:
            return data[:100], ""
        return file.getvalue(), ""
    compressed = data[128:130] == b"\x0f\0"
    try:
        body = zlib.decompress(data[136:]) if compressed else data[128:]
    except zlib.error:
        return _bytes(data, rng)
    if kind < 4 and len(body) >= 4:  # a 32-bit number of a header
        place = 4 * int(rng.integers(min(len(body), 80) // 4))
        sizes = (2**16, 2**24, 2**31 - 1, 2**31, 2**32 - 1, 2**32 - 8)
        number = int(rng.choice([0, 1, 2, 3, 5, 6, 7, 9, 14, 15, 16, 18, 20, 100, *sizes]))
        body = body[:place] + struct.pack("<I", number) + body[place + 4 :]
    else:
        body = _bytes(body, rng)[0]
    if rng.random() < 0.02:
        size = int(rng.choice([16, 200, 240])) << 20
        frames = size // 480
        about = struct.pack("<14I", 14, 64 + 480 * frames, 6, 8, 6, 0, 5, 12, 20, 3, frames, 0, 1, 6)
        body = about + b"d_skel\0\0" + struct.pack("<II", 9, 480 * frames) + bytes(480 * frames)
        compressed = True
    if compressed:
        packed = zlib.compress(body)
        return data[:128] + struct.pack("<II", 15, len(packed)) + packed, ""
    return data[:128] + body, ""


_WAYS: dict[str, tuple[Callable[[bytes, Rng], tuple[bytes, str]], ...]] = {
    ".npz": (_zip,),
    ".zip": (_zip,),
    ".npy": (_npy,),
    ".json": (_json, _json, _text),
    ".jsonl": (_json_lines, _json_lines, _text),
    ".pkl": (_pickle,),
    ".mat": (_mat,),
    ".csv": (_csv, _text),
    ".bvh": (_text, _text, _bvh),
    ".asf": (_text, _asf),
    ".c3d": (_bytes, _c3d, _c3d),
    ".bin": (_bytes,),
    ".yaml": (_text,),
}
