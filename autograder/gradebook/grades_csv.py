"""The grades as CSV: nbgrader's columns, points by hand, and a column for every exercise.

Beyond nbgrader's own exporter, values are quoted, so that no id shifts a row; a row is written for
what was graded and for nothing else; and no cell is a formula to a spreadsheet.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nbgrader.api import Assignment, Gradebook, Student, SubmittedAssignment
from nbgrader.plugins import ExportPlugin

from autograder.gradebook.standings import standings
from autograder.reports.spreadsheet import protected
from autograder.reports.standing import Standing

COLUMNS = (
    "assignment",
    "duedate",
    "timestamp",
    "student_id",
    "last_name",
    "first_name",
    "email",
    "raw_score",
    "late_submission_penalty",
    "score",
    "max_score",
    "by_hand",
    "waiting",
)
"""nbgrader's columns in nbgrader's order, and two more."""


class GradesCsv(ExportPlugin):  # type: ignore[misc]
    """``nbgrader export``; ``c.ExportApp.plugin_class`` names it."""

    def export(self, gradebook: Gradebook) -> None:
        """Write the grades of ``gradebook`` to the file ``self.to``, or to ``grades.csv``."""
        rows = list(self._rows(gradebook))
        exercises = dict.fromkeys(name for _, standing in rows for name in standing.exercises)
        with Path(self.to or "grades.csv").open("w", encoding="utf-8", newline="") as file:
            # Text in quotes: a spreadsheet can then be told to leave 007 as it is.
            writer = csv.writer(file, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
            writer.writerow([*COLUMNS, *map(protected, exercises)])
            for about, standing in rows:
                points = [standing.exercises.get(name) for name in exercises]
                writer.writerow([*about, *("" if each is None else each for each in points)])

    def _rows(self, gradebook: Gradebook) -> Iterator[tuple[list[Any], Standing]]:
        students = sorted(gradebook.students, key=_by_name)
        chosen, only = {str(s) for s in self.student}, {str(a) for a in self.assignment}
        for assignment in gradebook.assignments:
            if only and assignment.name not in only:
                continue
            found = standings(gradebook, assignment.name)
            submissions = {each.student_id: each for each in assignment.submissions}
            for student in students:
                if student.id in found and (not chosen or student.id in chosen):
                    standing = found[student.id]
                    yield _about(assignment, student, submissions[student.id], standing), standing


def _by_name(student: Student) -> tuple[str, str, str]:
    return student.last_name or "", student.first_name or "", student.id


def _about(
    assignment: Assignment, student: Student, submission: SubmittedAssignment, standing: Standing
) -> list[Any]:
    person = (student.id, student.last_name, student.first_name, student.email)
    return [
        protected(assignment.name),
        str(assignment.duedate or ""),
        str(submission.timestamp or ""),
        *(protected(text or "") for text in person),
        standing.raw_score,
        standing.late_penalty,
        standing.score,
        standing.max_score,
        standing.by_hand,
        standing.waiting,
    ]
