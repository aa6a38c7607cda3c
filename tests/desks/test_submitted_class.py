"""A class's submissions: looked through once, and read again one by one."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from autograder.desks.submitted_class import SubmittedClass, absent_students, read_class
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


UNPRIVILEGED = 65534


@pytest.fixture
def shared() -> Iterator[Path]:
    """A folder that other users can reach, unlike pytest's own."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@contextmanager
def without_rights() -> Iterator[None]:
    """As a user for whom modes count; root may do everything."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(UNPRIVILEGED)
    try:
        yield
    finally:
        os.seteuid(before)


@pytest.mark.parametrize("place", ["", "descent", "descent/descent.py"])
def test_what_the_grader_may_not_open_is_named_and_never_graded(shared: Path, place: str) -> None:
    for student in ("ada", "ben"):
        submit(shared, student, "x = 1\n")
    path = shared / "ada" / place
    mode = path.stat().st_mode
    path.chmod(0)
    try:
        with without_rights():
            found = class_of(shared)
            absent, closed = absent_students(shared, "descent", found.students)
            with pytest.raises(
                AutograderError, match=r"Nothing to grade.*ada: .* cannot be opened"
            ):
                class_of(shared, frozenset({"ada"}))
    finally:
        path.chmod(mode)
    assert list(found.submissions) == ["ben"]
    assert found.closed.keys() == {"ada"}
    assert found.closed["ada"].endswith(
        " cannot be opened (Permission denied). Make it readable and grade again."
    )
    assert absent == closed == found.closed


def test_a_class_that_the_grader_may_not_open_is_named(shared: Path) -> None:
    submit(shared, "ada", "x = 1\n")
    shared.chmod(0)
    try:
        with without_rights(), pytest.raises(AutograderError, match=r"cannot be opened.*readable"):
            class_of(shared)
    finally:
        shared.chmod(0o755)
