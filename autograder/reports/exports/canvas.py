"""A gradebook CSV for Canvas.

Canvas describes the columns in "How do I import grades in the Gradebook?"
(https://community.canvaslms.com/t5/Instructor-Guide/How-do-I-import-grades-in-the-Gradebook/ta-p/807),
and its importer decides
(https://github.com/instructure/canvas-lms/blob/master/lib/gradebook_importer.rb): the first
columns are Student, ID, SIS User ID, SIS Login ID and Section; a student is found by Canvas' own
ID, else by the SIS ids, else by the name; an assignment by the number behind its name. An empty
cell removes a grade that Canvas has.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from autograder.model import AutograderError
from autograder.reports.exports.grades import FinalGrade, plain
from autograder.reports.exports.roster import Matched, Roster, match, table
from autograder.reports.feedback import number

COLUMNS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")

_PERSON = {"Student", "LastName", "FirstName", "ID", "SIS User ID", "SIS Login ID",
           "Integration ID", "Root Account", "Section"}  # fmt: skip
"""Columns about a person; all others are grades, or made of grades."""

IDS = ("SIS Login ID", "SIS User ID", "Integration ID", "ID")
"""Columns that may hold the ids of this course."""

_TEST_STUDENT = ("Student, Test", "Test Student")

_POINTS = "    Points Possible"


def new_table(grades: Sequence[FinalGrade], assignment: str, most: float) -> tuple[str, list[str]]:
    """A table for a Canvas that knows the students' ids as SIS Login IDs.

    Returns:
        the text, and sentences about it.
    """
    rows = [
        [*COLUMNS, assignment],
        [_POINTS, "", "", "", "", plain(most)],
        *(
            [each.student, "", "", each.student, "", plain(each.score)]
            for each in grades
            if each.score is not None
        ),
    ]
    note = (
        "Without --roster, Canvas finds students by SIS Login ID, which has to be the id that "
        "they have here. With the file of Grades > Export, its own ids are written."
    )
    return table(rows), [note]


def merged(
    roster: Roster,
    grades: Sequence[FinalGrade],
    assignment: str,
    most: float,
    *,
    column: str | None = None,
    by: str | None = None,
) -> tuple[str, list[str]]:
    """Canvas' own export with the grades of this assignment, and of no other.

    Where there is no grade, the cell keeps what it has: an empty one would remove it.

    Args:
        column: title of the assignment's column; None for the one with the assignment's name.
        by: title of the column with the ids; None for the one that fits best.

    Returns:
        the text, and sentences about it.

    Raises:
        AutograderError: the file is no export of Canvas' gradebook, or nothing matches.
    """
    person = [at for at, title in enumerate(roster.header) if title.strip() in _PERSON]
    titles = {roster.header[at].strip() for at in person}
    if not {"ID", "Section"} <= titles or not titles & {"Student", "LastName"}:
        raise AutograderError(
            f"{roster.name} is not an export of Canvas' gradebook: it needs the columns Student, "
            "ID and Section. In Canvas, choose Grades > Export > Export Entire Gradebook."
        )
    if by:
        roster.required(by)
    place, notes = _column(roster, assignment, column)
    people = [at for at, row in enumerate(roster.rows) if _is_person(roster, row)]
    ids = [each.student for each in grades]
    matched = match(roster, people, ids, [by] if by else IDS)
    rows = _rows(roster, matched, grades, person, place, (assignment, most))
    if place is not None:
        notes += _other_maximum(roster, place, most)
    return table(rows, roster.delimiter), [*matched.notes, *notes]


def _rows(
    roster: Roster,
    matched: Matched,
    grades: Sequence[FinalGrade],
    person: Sequence[int],
    place: int | None,
    new: tuple[str, float],
) -> list[list[str]]:
    title, most = new
    by_student = {each.student: each for each in grades}
    rows = [[*(roster.header[at] for at in person), title if place is None else
             roster.header[place]]]  # fmt: skip
    for at, row in enumerate(roster.rows):
        now = "" if place is None else row[place]
        if _is_points(row):
            now = now or plain(most)
        elif not _is_person(roster, row):
            continue
        elif at in matched.students:
            score = by_student[matched.students[at]].score
            now = now if score is None else plain(score)
        rows.append([*(row[column] for column in person), now])
    return rows


def _column(roster: Roster, assignment: str, wanted: str | None) -> tuple[int | None, list[str]]:
    """Where the assignment is, and a note if Canvas does not know it yet."""
    if wanted:
        return roster.required(wanted), []
    found = [at for at, title in enumerate(roster.header) if _name(title) == _name(assignment)]
    if len(found) == 1:
        return found[0], []
    reason = "several columns" if found else "no column"
    return None, [
        f"{roster.name} has {reason} named {assignment}, so Canvas will ask whether to create it. "
        "To fill an assignment that Canvas has, name its column with --column."
    ]


def _name(title: str) -> str:
    """An assignment's name without Canvas' number, case and separators."""
    return re.sub(r"[\W_]+", " ", re.sub(r"\s*\(\d+\)\s*$", "", title)).strip().casefold()


def _other_maximum(roster: Roster, place: int, most: float) -> list[str]:
    for row in roster.rows:
        if _is_points(row) and row[place].strip() not in ("", plain(most)):
            theirs = row[place].strip()
            try:
                if float(theirs) == most:
                    return []
            except ValueError:
                continue
            return [
                f"Canvas has {theirs} points for it, and here they are {number(most)}. Scores are "
                "not converted."
            ]
    return []


def _is_points(row: Sequence[str]) -> bool:
    return "Points Possible" in row[0]


def _is_person(roster: Roster, row: Sequence[str]) -> bool:
    """Whether a row is a student: not a row about columns, and not Canvas' own test student."""
    own = row[roster.required("ID")].strip()
    return bool(own) and not _is_points(row) and row[0].strip() not in _TEST_STUDENT
