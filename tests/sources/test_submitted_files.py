"""Which of a student's files is graded, and what the report says about that. No keras."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from autograder.sources.submitted_files import find_submission, submissions_in

LOCKED = {"check-Adam": "check(Adam)", "check-SGD": "check(SGD)"}
STUB = "class {0}:\n    def step(self):\n        raise NotImplementedError('Move.')\n"
WRITTEN = "class {0}:\n    def step(self):\n        return 1\n"
GUARDED = (
    "class {0}:\n    def step(self, axis=-1):\n        if axis != -1:\n"
    "            raise NotImplementedError('axis must be -1')\n        return 1\n"
)
MAC = b"\0\5\x16\7\0\2\0\0Mac OS X        " + bytes(70)


def notebook(adam: str, sgd: str = STUB) -> str:
    ids = [("Adam", adam.format("Adam")), ("SGD", sgd.format("SGD"))]
    cells = [
        {"cell_type": "code", "metadata": {"nbgrader": {"grade_id": name}}, "source": source}
        for exercise, source in ids
        for name, source in ((exercise, source), (f"check-{exercise}", f"check({exercise})"))
    ]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells})


UNTOUCHED, HALF, DONE = notebook(STUB), notebook(WRITTEN), notebook(WRITTEN, WRITTEN)
CALLS_IN_A_BROKEN_CELL = notebook(STUB, "model.compile( Adam(0.1)\n")
RELEASED = {"checks.py": "x = 1", "probes.py": "def probe(): pass", "expected.safetensors": ""}


def put(folder: Path, files: dict[str, str]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(MAC if "._" in name else content.encode())
    return folder


CASES: dict[str, tuple[dict[str, str], str]] = {
    "as expected": ({"optimizers.ipynb": DONE}, "optimizers.ipynb"),
    "beside a Mac's companions": (
        {"hw2.ipynb": DONE, "._hw2.ipynb": "", ".DS_Store": "", "__MACOSX/._hw2.ipynb": ""},
        "hw2.ipynb",
    ),
    "a Mac's companion of a module": ({"hw.py": WRITTEN.format("Adam"), "._hw.py": ""}, "hw.py"),
    "a Mac's companion of the right name": (
        {"__MACOSX/optimizers.ipynb": UNTOUCHED, "a/optimizers.ipynb": HALF},
        "a/optimizers.ipynb",
    ),
    "checkpoints": (
        {".ipynb_checkpoints/optimizers-checkpoint.ipynb": DONE, "hw.ipynb": HALF},
        "hw.ipynb",
    ),
    "deeper": ({"optimizers/optimizers.ipynb": DONE}, "optimizers/optimizers.ipynb"),
    "deeper, of another name": ({"hw/my.ipynb": DONE, **RELEASED}, "hw/my.ipynb"),
    "deeper, below a module of the release": (
        {"release/optimizers.ipynb": DONE, "release/checks.py": "", **RELEASED},
        "release/optimizers.ipynb",
    ),
    "named by a browser": ({"optimizers.ipynb.txt": DONE}, "optimizers.ipynb.txt"),
    "named by another browser": ({"optimizers.ipynb.json": DONE}, "optimizers.ipynb.json"),
    "in capitals": ({"OPTIMIZERS.IPYNB": DONE}, "OPTIMIZERS.IPYNB"),
    "untouched beside a copy": (
        {"optimizers.ipynb": UNTOUCHED, "optimizers-done.ipynb": HALF},
        "optimizers-done.ipynb",
    ),
    "untouched beside a copy further down": (
        {"optimizers.ipynb": UNTOUCHED, "done.ipynb": HALF, "old/optimizers.ipynb": DONE},
        "done.ipynb",
    ),
    "untouched beside a copy that refuses what it does not do": (
        {"optimizers.ipynb": UNTOUCHED, "done.ipynb": notebook(GUARDED)},
        "done.ipynb",
    ),
    "two untouched": ({"optimizers.ipynb": UNTOUCHED, "a.ipynb": UNTOUCHED}, "optimizers.ipynb"),
    "two worked": ({"optimizers.ipynb": HALF, "a.ipynb": DONE}, "optimizers.ipynb"),
    "two copies": ({"a (1).ipynb": HALF, "a (2).ipynb": DONE}, "a (2).ipynb"),
    "two copies, the first further": ({"a.ipynb": DONE, "b.ipynb": HALF}, "a.ipynb"),
    "two equal copies": ({"a (1).ipynb": DONE, "a (2).ipynb": DONE}, "a (2).ipynb"),
    "a broken one beside a good one": ({"optimizers.ipynb": "{", "a.ipynb": HALF}, "a.ipynb"),
    "a module beside the notebook": (
        {"optimizers.ipynb": HALF, "optimizers.py": WRITTEN.format("Adam")},
        "optimizers.ipynb",
    ),
    "a module beside an untouched notebook": (
        {"optimizers.ipynb": UNTOUCHED, "optimizers.py": WRITTEN.format("Adam")},
        "optimizers.py",
    ),
    "modules": ({"main.py": WRITTEN.format("Adam"), "plots.py": "x = 1"}, "main.py"),
    "a module of the release": ({"hw.py": WRITTEN.format("SGD"), **RELEASED}, "hw.py"),
}


@pytest.mark.parametrize("name", CASES)
def test_the_file_that_students_mean_is_graded(tmp_path: Path, name: str) -> None:
    files, expected = CASES[name]
    found = find_submission(put(tmp_path, files), "optimizers", "ada", LOCKED)
    assert found.path == tmp_path / expected
    assert not found.unreadable


@pytest.mark.parametrize(
    ("files", "remarks"),
    [
        ({"optimizers.ipynb": DONE}, []),
        ({"optimizers.ipynb": DONE, "._optimizers.ipynb": ""}, []),
        ({"optimizers.ipynb": DONE, "optimizers.py": ""}, []),
        ({"a/optimizers.ipynb": DONE}, ["named a/optimizers.ipynb; expected optimizers.ipynb."]),
        (
            {"optimizers.ipynb": UNTOUCHED, "a.ipynb": HALF},
            [
                "The file is named a.ipynb; expected optimizers.ipynb.",
                "a.ipynb was graded, and not optimizers.ipynb, because no written exercise was "
                "found in the other.",
            ],
        ),
        (
            {"optimizers.ipynb": HALF, "a.ipynb": DONE},
            ["optimizers.ipynb was graded, and not a.ipynb, because it has the expected name."],
        ),
        (
            {"a.ipynb": DONE, "b.ipynb": HALF},
            ["expected", "not b.ipynb, because it has the most exercises written (2)."],
        ),
        (
            {"a.ipynb": HALF, "b.ipynb": HALF},
            ["expected", "because none has more exercises written (1), and of those with as many"],
        ),
        (
            {"a.ipynb": HALF, "b.ipynb": CALLS_IN_A_BROKEN_CELL},
            ["expected", "a.ipynb was graded, and not b.ipynb, because no written exercise was"],
        ),
        (
            {"optimizers.py": WRITTEN.format("Adam"), "_shared/digits.py": "def digits(): ..."},
            [],
        ),
        (
            {f"{n}.ipynb": UNTOUCHED for n in range(9)},
            ["expected", "and not 1.ipynb, 2.ipynb, 3.ipynb and 5 more, because no written"],
        ),
    ],
)
def test_the_report_says_which_file_is_graded_and_why(
    tmp_path: Path, files: dict[str, str], remarks: list[str]
) -> None:
    found = find_submission(put(tmp_path, files), "optimizers", "ada", LOCKED)
    assert len(found.remarks) == len(remarks)
    assert all(part in remark for part, remark in zip(remarks, found.remarks, strict=True))


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "the submitted folder is empty"),
        ({".DS_Store": ""}, "the submitted folder is empty"),
        ({"essay.docx": "", "._essay.docx": ""}, "the submitted folder has essay.docx."),
        ({"a/b/optimizers.ipynb": DONE}, "the submitted folder has a."),
        (RELEASED, "Expected optimizers.ipynb (or optimizers.py)"),
    ],
)
def test_a_folder_without_work_says_what_it_has(
    tmp_path: Path, files: dict[str, str], said: str
) -> None:
    found = find_submission(put(tmp_path, files), "optimizers", "ada", LOCKED)
    assert found.path is None
    assert said in found.unreadable


def test_what_a_zip_file_brings_is_no_student(tmp_path: Path) -> None:
    for name in ("ada", "bo", "__MACOSX", "@eaDir", ".ipynb_checkpoints", ".Trash", "__pycache__"):
        (tmp_path / name).mkdir()
    (tmp_path / ".DS_Store").touch()
    assert submissions_in(tmp_path) == ("ada", "bo")
