"""A class is graded in threads while it is recorded, and neither disturbs the other."""

from __future__ import annotations

import importlib
import io
import json
import logging
import os
import shutil
import sqlite3
import sys
import threading
import warnings
from dataclasses import dataclass
from pathlib import Path

import pytest
from rich.console import Console

from autograder.desks.class_grades import ClassGrades
from autograder.desks.instructor import grade_course
from autograder.grading.journal import Journal
from autograder.model import AutograderError
from autograder.sources.course import Course
from autograder.verdicts import Report

SOURCES = Path(__file__).parents[1] / "hostile" / "solutions"

pytestmark = pytest.mark.slow


def process_state() -> tuple[object, ...]:
    """What threads share, as far as recording could change it."""
    disabled = logging.root.manager.disable
    return Path.cwd(), sys.path[:], os.environ["PATH"], list(warnings.filters), disabled


@dataclass(frozen=True)
class Run:
    """A graded class: three submissions, one folder without any, one with another file.

    Attributes:
        seen: the name of each thread that graded, and what it saw of the process.
        before, after: the process as it was, and as it was left.
    """

    course: Path
    grades: ClassGrades
    printed: str
    seen: list[tuple[str, tuple[object, ...]]]
    before: tuple[object, ...]
    after: tuple[object, ...]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    root = tmp_path_factory.mktemp("class")
    shutil.copytree(SOURCES, root / "solutions")
    for student in ("ada", "Ada", "ben"):
        place = root / "submitted" / student / "descent"
        place.mkdir(parents=True)
        (place / "descent.py").write_text("def average(numbers):\n    return sum(numbers)\n")
    (root / "submitted" / "cleo").mkdir()
    (root / "submitted" / "dora" / "descent").mkdir(parents=True)
    (root / "submitted" / "dora" / "descent" / "answers.pdf").write_text("%PDF")
    seen: list[tuple[str, tuple[object, ...]]] = []
    add = Journal.add

    def look(journal: Journal, digest: str, report: Report) -> None:
        seen.append((threading.current_thread().name, process_state()))
        add(journal, digest, report)

    console = Console(file=io.StringIO(), width=160)
    importlib.import_module("jupyter_events.logger")  # nbgrader imports it; it adds a filter
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Journal, "add", look)
        before = process_state()
        grades = grade(root, console)
        after = process_state()
    return Run(root, grades, console.file.getvalue(), seen, before, after)  # type: ignore[attr-defined]


def grade(course: Path, console: Console) -> ClassGrades:
    return grade_course(
        Course(course),
        "descent",
        console,
        submissions=None,
        results_file=None,
        jobs=2,
        seed=None,
        only=frozenset(),
    )


def test_grading_threads_see_an_unchanged_process(run: Run) -> None:
    assert len(run.seen) == 3
    for thread, state in run.seen:
        assert thread.startswith("grade")
        assert state == run.before
    assert run.after == run.before
    assert (run.course / "grades.csv").is_file()


def test_who_submitted_nothing_is_listed_and_not_averaged(run: Run) -> None:
    assert [report.student for report in run.grades.reports] == ["Ada", "ada", "ben"]
    assert "Average of 3 submissions: 1.0 of 5\n" in run.printed
    assert "Nothing submitted, no grade (1): cleo\n" in run.printed
    assert "! dora: Expected descent.ipynb (or descent.py); the submitted folder has" in run.printed
    content = json.loads(run.grades.results_file.read_text())
    assert [each["student"] for each in content["students"]] == ["Ada", "ada", "ben"]
    assert [each["student"] for each in content["not_submitted"]] == ["cleo", "dora"]
    assert not (run.course / "feedback" / "cleo").exists()
    with sqlite3.connect(run.course / "gradebook.db") as database:
        enrolled = database.execute("select id from student order by id").fetchall()
        submitted = database.execute("select student_id from submitted_assignment").fetchall()
    assert enrolled == [("Ada",), ("ada",), ("ben",), ("cleo",), ("dora",)]
    assert sorted(submitted) == [("Ada",), ("ada",), ("ben",)]


def test_ids_that_may_be_one_student_are_named(run: Run) -> None:
    assert "! Ada and ada differ only in case or encoding." in run.printed


def test_a_class_without_any_submission_says_so_before_anything_starts(tmp_path: Path) -> None:
    shutil.copytree(SOURCES, tmp_path / "solutions")
    (tmp_path / "submitted" / "ada" / "optimizers").mkdir(parents=True)
    with pytest.raises(AutograderError, match=r"no submission of 'descent' by ada\. Expected"):
        grade(tmp_path, Console(quiet=True))
    assert not (tmp_path / ".autograder").exists()
