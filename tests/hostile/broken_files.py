"""Files that are not notebooks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hostile.notebooks import ASSIGNMENT, RIGHT, submitted


def raw(folder: Path, content: bytes) -> None:
    folder.mkdir(parents=True)
    (folder / f"{ASSIGNMENT}.ipynb").write_bytes(content)


def is_empty(folder: Path, on: Mapping[str, Any]) -> None:
    """Tries: nothing; the upload ended before its first byte.

    Earns: Descent 0, average 0
    """
    raw(folder, b"")


def is_cut_off(folder: Path, on: Mapping[str, Any]) -> None:
    """Tries: nothing; the upload ended in the middle.

    Earns: Descent 0, average 0
    """
    raw(folder, json.dumps(submitted(RIGHT)).encode()[:-200])


def is_a_picture(folder: Path, on: Mapping[str, Any]) -> None:
    """Tries: nothing; another file has the notebook's name.

    Earns: Descent 0, average 0
    """
    raw(folder, b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40)


def is_deeply_nested_json(folder: Path, on: Mapping[str, Any]) -> None:
    """Tries: to overflow the stack of the reader.

    Earns: Descent 0, average 0
    """
    raw(folder, b"[" * 1_000_000)


def is_too_large(folder: Path, on: Mapping[str, Any]) -> None:
    """Tries: to fill the grader's memory with one file.

    Earns: Descent 0, average 0
    """
    folder.mkdir(parents=True)
    with (folder / f"{ASSIGNMENT}.ipynb").open("wb") as file:
        file.truncate(3_000_000_000)  # a sparse file uses no disk space


def is_a_pipe(folder: Path, on: Mapping[str, Any]) -> None:
    """Tries: to make the reader wait for data that never comes.

    Earns: Descent 0, average 0
    """
    import os

    folder.mkdir(parents=True)
    os.mkfifo(folder / f"{ASSIGNMENT}.ipynb")


def has_cells_of_every_wrong_kind(folder: Path, on: Mapping[str, Any]) -> None:
    """Tries: to break the reader with cells that are numbers, lists or null, or have no source.

    Earns: Descent 3, average 2
    """
    notebook = json.loads(json.dumps(submitted(RIGHT)))
    notebook["cells"] += [
        None,
        7,
        [],
        {},
        {"cell_type": "code", "source": 7},
        {"cell_type": "code", "source": ["a", 1], "metadata": None},
        {"cell_type": {}, "source": "x = 1", "metadata": {"nbgrader": {"grade_id": {}}}},
        {"cell_type": "code", "source": "\udcff\ud800", "metadata": {"nbgrader": 3}},
    ]
    folder.mkdir(parents=True)
    (folder / f"{ASSIGNMENT}.ipynb").write_text(json.dumps(notebook))


def is_of_no_known_version(folder: Path, on: Mapping[str, Any]) -> None:
    """Tries: to break the reader with infinite numbers and a version that is not a number.

    Earns: Descent 0, average 0
    """
    raw(folder, b'{"nbformat": Infinity, "nbformat_minor": NaN, "cells": {"a": -Infinity}}')
