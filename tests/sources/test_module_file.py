"""Modules as Python itself reads them: importing one says what is right. No keras."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from autograder.sources.module_file import decoded
from autograder.sources.submission import read_submission

CLASS = "class Adam:\n    name = 'é'\n"
FILES = {
    "UTF-8": CLASS.encode(),
    "byte-order mark": b"\xef\xbb\xbf" + CLASS.encode(),
    "byte-order mark and coding line": b"\xef\xbb\xbf# coding: utf-8\n" + CLASS.encode(),
    "latin-1": b"# -*- coding: latin-1 -*-\n" + CLASS.encode("latin-1"),
    "latin-1 in the second line": b"#!/usr/bin/python\n# vim: set fileencoding=latin-1 :\n"
    + CLASS.encode("latin-1"),
    "cp1252": b"# coding=cp1252\n" + CLASS.encode("cp1252"),
    "carriage returns and newlines": CLASS.replace("\n", "\r\n").encode(),
    "carriage returns": CLASS.replace("\n", "\r").encode(),
    "mixed line ends": b"x = 1\r\ny = 2\r" + CLASS.encode(),
    "tabs": CLASS.replace("    ", "\t").encode(),
    "form feeds": b"\f\nx = 1\n\f\n" + CLASS.encode(),
    "form feed before a class": b"\f" + CLASS.encode(),
    "backslash": b"x = 1 + \\\n    2\n" + CLASS.encode(),
    "no last newline": CLASS.rstrip().encode(),
    "other separators in a string": "x = '\x1c\x85\u2028'\n".encode() + CLASS.encode(),
    "not UTF-8": b"x = 1\n" + CLASS.encode("latin-1"),
    "byte-order mark and another coding": b"\xef\xbb\xbf# coding: latin-1\n" + CLASS.encode(),
    "unknown coding": b"# coding: klingon\n" + CLASS.encode(),
    "coding of bytes": b"# coding: hex\n" + CLASS.encode(),
    "UTF-16": CLASS.encode("utf-16"),
    "null byte": b"x = '\0'\n" + CLASS.encode(),
    "mixed tabs": b"if 1:\n        x = 1\n\ty = 2\n" + CLASS.encode(),
    "indented": "    class Adam:\n        name = 'é'\n".encode(),
    "a prompt": ">>> class Adam:\n...     name = 'é'\n".encode(),
    "a magic": b"%matplotlib inline\n" + CLASS.encode(),
}


def imported(path: Path) -> bool:
    specification = importlib.util.spec_from_file_location("student", path)
    assert specification
    assert specification.loader
    module = importlib.util.module_from_spec(specification)
    try:
        specification.loader.exec_module(module)
    except (SyntaxError, UnicodeError):
        return False
    return bool(module.Adam.name == "é")


@pytest.mark.parametrize("name", FILES)
def test_a_module_is_read_as_python_reads_it(tmp_path: Path, name: str) -> None:
    path = tmp_path / "optimizers.py"
    path.write_bytes(FILES[name])
    plan = read_submission(path).definitions(["Adam"])
    assert (plan.missing == {}) == imported(path), plan.missing


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "not UTF-8",
            "is not UTF-8 text (line 3, byte 30). Save it as UTF-8, or name its encoding",
        ),
        (
            "byte-order mark and another coding",
            "cannot be read by Python (encoding problem: utf-8)",
        ),
        ("unknown coding", "cannot be read by Python (unknown encoding: klingon)"),
        ("coding of bytes", "has the encoding hex, which is not supported. Save it as UTF-8"),
        ("UTF-16", "is UTF-16 text, which Python cannot read. Save it as UTF-8"),
        (
            "mixed tabs",
            "module, line 3: `y = 2` · inconsistent use of tabs and spaces in indentation",
        ),
        ("indented", "module, line 1: `class Adam:` · unexpected indent"),
        ("a magic", "module, line 1: `%matplotlib inline` · invalid syntax"),
    ],
)
def test_a_module_that_python_refuses_says_why_and_where(
    tmp_path: Path, name: str, said: str
) -> None:
    path = tmp_path / "optimizers.py"
    path.write_bytes(FILES[name])
    assert said in read_submission(path).definitions(["Adam"]).missing["Adam"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\n" * 1_000_001, "has 1.0 MB of code; at most 1 MB is read. Remove data from it"),
        (b"x=1\r" * 250_001, "has 1.0 MB of code; at most 1 MB is read. Remove data from it"),
        # Took 10 minutes to decode.
        (
            b"# coding: punycode\n" + b"a" * 400_000 + b"-" + b"b" * 400_000,
            "has the encoding punycode, which is not supported. Save it as UTF-8, without a",
        ),
        (b"# coding: utf-7\nx = 1\n", "has the encoding utf-7, which is not supported."),
        (b"# coding: " + b"a" * 900_000, "(unknown encoding: " + "a" * 62 + "). Save it"),
    ],
    ids=["newlines", "carriage returns", "punycode", "utf-7", "a long name"],
)
def test_a_module_that_takes_long_to_decode_is_refused(
    tmp_path: Path, content: bytes, said: str
) -> None:
    path = tmp_path / "optimizers.py"
    path.write_bytes(content)
    assert said in read_submission(path).unreadable


def test_a_large_module_is_not_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "optimizers.py"
    with path.open("wb") as file:
        file.truncate(100_000_000_000)  # takes no room on the disk
    assert "has 100000.0 MB of code; at most 1 MB is read." in read_submission(path).unreadable


@pytest.mark.parametrize(
    ("encoding", "letter"),
    [
        *[("cp949", "가"), ("euc-kr", "가"), ("shift_jis", "あ"), ("euc-jp", "あ"), ("gbk", "好")],
        *[
            ("gb18030", "好"),
            ("big5", "好"),
            ("cp1251", "я"),
            ("koi8-r", "я"),
            ("iso-8859-15", "€"),
        ],
        *[("iso-8859-7", "λ"), ("mac-roman", "é"), ("utf-8-sig", "é"), ("us-ascii", "e")],
    ],
)
def test_encodings_that_editors_write_are_read(encoding: str, letter: str) -> None:
    text = f"# -*- coding: {encoding} -*-\nname = '{letter}'\n"
    assert decoded(text.encode(encoding)) == text


def test_the_parts_of_a_script_keep_their_lines_below_a_form_feed(tmp_path: Path) -> None:
    path = tmp_path / "optimizers.py"
    path.write_text("# %%\nx = 1\n\f\n# %%\nclass Adam(:\n    pass\n")
    missing = read_submission(path).definitions(["Adam"]).missing["Adam"]
    assert missing.startswith("module from line 4, line 5: `class Adam(:` · invalid syntax")
