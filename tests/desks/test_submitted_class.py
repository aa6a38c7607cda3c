"""A class's submissions: looked through once, and read again one by one."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.desks.submitted_class import SubmittedClass, read_class
from autograder.model import AutograderError


def submit(folder: Path, student: str, text: str) -> Path:
    path = folder / student / "descent" / "descent.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def class_of(folder: Path, only: frozenset[str] = frozenset()) -> SubmittedClass:
    return read_class(folder, "descent", {}, only)


def test_a_submission_is_read_when_its_turn_comes(tmp_path: Path) -> None:
    submit(tmp_path, "ada", "x = 1\n")
    submit(tmp_path, "ben", "x = 1\n")
    (tmp_path / "cleo").mkdir()
    found = class_of(tmp_path)
    assert found.students == ("ada", "ben", "cleo")
    assert list(found.submissions) == ["ada", "ben"]
    assert found.codes["ada"] == found.codes["ben"]

    submit(tmp_path, "ada", "x = 2\n")
    assert found.submissions["ada"].cells[0].text == "x = 2\n"
    later = class_of(tmp_path)
    assert later.digests["ada"] != found.digests["ada"]
    assert later.codes["ada"] != found.codes["ada"]
    assert later.digests["ben"] == found.digests["ben"]


def test_a_submission_that_is_removed_meanwhile_is_no_empty_one(tmp_path: Path) -> None:
    submitted = submit(tmp_path, "ada", "x = 1\n")
    found = class_of(tmp_path)
    submitted.unlink()
    with pytest.raises(AutograderError, match=r"ada: the submission was removed during the run"):
        found.submissions["ada"]


def test_only_some_are_read(tmp_path: Path) -> None:
    for student in ("ada", "ben"):
        submit(tmp_path, student, "x = 1\n")
    assert list(class_of(tmp_path, frozenset({"ben"})).submissions) == ["ben"]
    everyone = class_of(tmp_path)
    assert list(everyone.among({"ada"}).submissions) == ["ada"]
    assert "ben" not in everyone.among({"ada"}).submissions
    assert everyone.among(None) is everyone
