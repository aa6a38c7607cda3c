"""Whether a student would be recorded today as is recorded already: nothing need be written then.

Beside the report, four things decide what is written of a student: the settings, the gradebook's
rows (a person may have given points since, or a comment), the submission's files, and the files
in the folders of graded notebooks and feedback pages. A digest of all four is kept when a student
is recorded, and compared later.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from nbconvert.exporters.exporter import Exporter
from nbgrader.api import (
    Assignment,
    Comment,
    Grade,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
)
from nbgrader.coursedir import CourseDirectory
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from traitlets.config import Config

from autograder.gradebook.feedback_page import FeedbackExporter
from autograder.gradebook.standings import of_cells

_KNOWN = ("autograder", "nbconvert", "nbgrader")
"""Packages whose steps do the same each time. What a course's own code reads is not known."""

_ROWS = 1000
"""Of the gradebook that are in memory at a time."""

_VERSIONED = ("nbconvert", "nbgrader")


def settings_digest(config: Config, exporters: Sequence[Exporter]) -> str:
    """Of all settings; "" if code of the course's own takes part, so that no digest could tell.

    Args:
        exporters: those that make graded notebook and page; the last one makes the page.
    """
    steps = [step for exporter in exporters for step in exporter._preprocessors]
    kinds = [type(each) for each in (*exporters, *steps)]
    # The step that takes points off a late submission asks a plugin how many.
    kinds += [plugin for step in steps if (plugin := getattr(step, "plugin_class", None))]
    if any(kind.__module__.partition(".")[0] not in _KNOWN for kind in kinds):
        return ""
    if not isinstance(exporters[-1], FeedbackExporter):  # a template of the course's own
        return ""
    said = json.dumps(config, sort_keys=True, default=repr)
    return _digest([said, *map(version, _VERSIONED)])


class AsRecorded:
    """Compares what a student was recorded as with what it would be now.

    Args:
        settings: by `settings_digest`.
        submitted: nbgrader's folder of submissions.
    """

    def __init__(
        self, course: CourseDirectory, assignment: str, settings: str, submitted: Path
    ) -> None:
        self._course = course
        self._assignment = assignment
        self._settings = settings
        self._submitted = submitted
        # One for the whole class: a `Gradebook` connects and compiles its queries each time. A
        # server may have been away in the meantime.
        self._engine = create_engine(course.db_url, pool_pre_ping=True)

    def close(self) -> None:
        """Disconnect from the gradebook."""
        self._engine.dispose()

    def rows(self, student: str | None = None) -> dict[str, str]:
        """Digests of what the gradebook holds of each student with a submission, by student.

        Args:
            student: the only one that is asked for; None for all.
        """
        if not self._settings:  # then no state can be told
            return {}
        found: dict[str, int] = defaultdict(int)
        with Session(self._engine) as session:
            for who, *row in _rows(session, self._assignment, student):
                # A sum, since a database gives rows in any order.
                found[who] += int(_digest(row), 16)
        return {who: f"{total:x}" for who, total in found.items()}

    def state(self, student: str, rows: str | None) -> str:
        """A digest of all that decides what is recorded; "" if nothing tells, or a file is gone.

        Args:
            rows: by `rows`, of this student.
        """
        name = self._assignment
        graded, pages = (
            Path(self._course.format_path(step, student, name))
            for step in (self._course.autograded_directory, self._course.feedback_directory)
        )
        there = (graded / f"{name}.ipynb").is_file() and (pages / f"{name}.html").is_file()
        if not self._settings or not rows or not there:
            return ""
        folders = (self._submitted / student / name, graded, pages)
        return _digest([self._settings, rows, [sorted(_files(each)) for each in folders]])

    def unchanged(self, states: Mapping[str, str]) -> frozenset[str]:
        """The students whose state is the one that was kept.

        Args:
            states: by `state`, when each was recorded.
        """
        rows = self.rows() if any(states.values()) else {}
        return frozenset(
            student
            for student, kept in states.items()
            if kept and kept == self.state(student, rows.get(student))
        )


def _rows(session: Session, assignment: str, student: str | None) -> Iterator[Sequence[Any]]:
    """All that counts, row by row; the student's id comes first."""
    who = SubmittedAssignment.student_id
    submissions = (
        session.query(
            who,
            Student.first_name,
            Student.last_name,
            SubmittedAssignment.timestamp,
            Assignment.duedate,
            SubmittedNotebook.late_submission_penalty,
        )
        .join(Student, who == Student.id)
        .join(Assignment, SubmittedAssignment.assignment_id == Assignment.id)
        .join(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .filter(Assignment.name == assignment)
    )
    scores = (Grade.auto_score, Grade.manual_score, Grade.extra_credit, Grade.max_score)
    said = (Comment.auto_comment, Comment.manual_comment)
    for query in (
        submissions,
        of_cells(session, assignment, Grade, *scores, Grade.needs_manual_grade),
        of_cells(session, assignment, Comment, *said),
    ):
        asked = query if student is None else query.filter(who == student)
        yield from asked.yield_per(_ROWS)


def _files(folder: Path) -> Iterator[tuple[str, int, int]]:
    """Path, bytes and time of change of each file in a folder."""
    for place, _, names in os.walk(folder):
        for name in names:
            path = Path(place, name)
            about = path.lstat()
            yield str(path.relative_to(folder)), about.st_size, about.st_mtime_ns


def _digest(of: Any) -> str:
    return hashlib.sha256(repr(of).encode("utf-8", "surrogatepass")).hexdigest()
