"""grades.csv: a row for what was graded, whatever an id contains."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest
from graded_class import (
    NAME,
    ROOT,
    Graded,
    nbgrader,
    opened,
    recorded,
    report,
    rows,
    solved,
)
from nbformat.notebooknode import NotebookNode

from autograder.gradebook.grades_csv import COLUMNS
from autograder.reports.spreadsheet import protected

pytestmark = pytest.mark.slow

STRANGE = ["007", "O'Neil, Ann", 'quote"d', "two\nlines", "=1+1", "+49", "-x", "@ada", "'quoted"]


def read_back(text: str) -> str:
    """As docs/instructors.md says."""
    return text.removeprefix("'")


def test_every_id_has_a_row_of_its_own_and_can_be_read_back(
    course: Path, release: NotebookNode
) -> None:
    shutil.copy(ROOT / "nbgrader_config.py", course)
    done = recorded(course, release, *(Graded(report(who), solved(release)) for who in STRANGE))

    with done.grades_csv.open(newline="", encoding="utf-8") as file:
        header, *table = csv.reader(file)
    assert header == [*COLUMNS, "Momentum", "Adam", "Nesterov", "essay"]
    assert {len(row) for row in table} == {len(header)}
    written = [row[header.index("student_id")] for row in table]
    assert [read_back(text) for text in written] == sorted(STRANGE)
    assert not any(text.startswith(("=", "+", "-", "@")) for text in written)
    assert '"007"' in done.grades_csv.read_text()
    (notice,) = done.notices
    assert "with an apostrophe in front" in notice
    nbgrader(course, "export", "--to", "again.csv")
    assert (course / "again.csv").read_bytes() == done.grades_csv.read_bytes()


def test_a_row_has_the_points_of_each_exercise_and_nothing_that_was_not_graded(
    course: Path, release: NotebookNode
) -> None:
    recorded(course, release, Graded(report("ada", momentum=7.5), solved(release)))
    with opened(course) as database:
        database.add_student("bob")
        database.add_assignment("tomorrow")

    done = recorded(course, release, Graded(report("ada", momentum=7.5), solved(release)))

    (row,) = rows(done.grades_csv).values()
    points = [row[name] for name in ("Momentum", "Adam", "Nesterov", "essay", "waiting", "score")]
    assert points == ["7.5", "20.0", "4.0", "", "5.0", "31.5"]
    assert (row["assignment"], row["student_id"]) == (NAME, "ada")


@pytest.mark.parametrize("text", ["ada", "007", "=1", "'=1", "''", ""])
def test_what_is_protected_can_be_read_back(text: str) -> None:
    assert read_back(protected(text)) == text
