"""Grades and feedback pages for Moodle.

Without Moodle's grading worksheet: a table for Grades > Import > CSV file
(https://docs.moodle.org/en/Grade_import). With it: the worksheet with the grades filled in, and
the names of the zip for "Upload multiple feedback files in a zip", both of the assignment's
grading page (https://docs.moodle.org/en/File_feedback). Moodle's importers decide what counts
(https://github.com/moodle/moodle/blob/main/mod/assign/feedback/offline/importgradeslib.php and
.../feedback/file/importziplib.php): a row is found by the number in the first column, an empty
grade and one above the maximum are skipped; a folder is named
``<full name>_<number>_assignsubmission_file_``, and a further underscore would hide the number.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from autograder.model import AutograderError
from autograder.reports.exports.grades import FinalGrade, listed, plain
from autograder.reports.exports.roster import Matched, Roster, match, table

IDS = ("ID number", "Username", "Email address")
"""Columns of a grading worksheet that may hold the ids of this course."""

NAME = "Full name"

_PARTICIPANT = re.compile(r"\D*(\d+)")
"""What Moodle calls a row in any language: "Participant 1234"."""


@dataclass(frozen=True)
class Worksheet:
    """A grading worksheet, filled in.

    Attributes:
        folders: for each student, the folder of the feedback files in the zip.
        notes: sentences about it.
    """

    text: str
    folders: dict[str, str]
    notes: tuple[str, ...]


def new_table(grades: Sequence[FinalGrade], assignment: str) -> tuple[str, list[str]]:
    """A table of ids and grades for Moodle's gradebook.

    Returns:
        the text, and sentences about it.
    """
    rows = [
        ["ID number", assignment],
        *([each.student, plain(each.score)] for each in grades if each.score is not None),
    ]
    note = (
        "In Moodle: Grades > Import > CSV file, and there map ID number to what these ids are "
        "(ID number, username). With the grading worksheet as --roster, a zip of feedback files "
        "is written, too."
    )
    return table(rows), [note]


def filled(
    roster: Roster,
    grades: Sequence[FinalGrade],
    *,
    column: str | None = None,
    by: str | None = None,
) -> Worksheet:
    """Moodle's worksheet with the grades; all other cells stay as they are.

    Args:
        column: title of the column of grades, if it is not "Grade".
        by: title of the column with the ids; None for the one that fits best.

    Raises:
        AutograderError: the file is no grading worksheet, or nothing matches.
    """
    people = [at for at, row in enumerate(roster.rows) if _PARTICIPANT.fullmatch(row[0].strip())]
    if not people:
        raise AutograderError(
            f"{roster.name} is not a grading worksheet: its first column should say Participant "
            "and a number. In Moodle, enable Offline grading worksheet in the assignment's "
            "feedback types, and choose Download grading worksheet on its grading page."
        )
    place = roster.column(column or "Grade")
    if place is None:
        raise AutograderError(
            f"{roster.name} has no column {column or 'Grade'!r}. Name the column of the grades "
            f"with --column: {listed(roster.header)}."
        )
    if by:
        roster.required(by)
    matched = match(roster, people, [each.student for each in grades], [by] if by else IDS)
    by_student = {each.student: each for each in grades}
    rows = [list(row) for row in roster.rows]
    for at, student in matched.students.items():
        score = by_student[student].score
        if score is not None:
            rows[at][place] = plain(score)
    notes = [*matched.notes, *_above(roster, matched, by_student)]
    text = table([roster.header, *rows], roster.delimiter)
    return Worksheet(text, _folders(roster, matched), tuple(notes))


def _above(roster: Roster, matched: Matched, by_student: dict[str, FinalGrade]) -> list[str]:
    """A note on grades above the maximum, which Moodle skips."""
    place = roster.column("Maximum Grade")
    if place is None:
        return []
    above = []
    for at, student in matched.students.items():
        score = by_student[student].score
        try:
            most = float(roster.rows[at][place].replace(",", "."))
        except ValueError:
            continue
        if score is not None and score > most:
            above.append(f"{student} ({plain(score)} of {plain(most)})")
    if not above:
        return []
    return [
        f"Moodle skips grades above its maximum: {listed(above)}. Raise the assignment's maximum "
        "grade in Moodle, and export again."
    ]


def _folders(roster: Roster, matched: Matched) -> dict[str, str]:
    place = roster.column(NAME)
    found = {}
    for at, student in sorted(matched.students.items()):
        row = roster.rows[at]
        number = _PARTICIPANT.fullmatch(row[0].strip())
        assert number is not None
        name = _clean(row[place]) if place is not None else ""
        found[student] = f"{name or 'Participant'}_{number[1]}_assignsubmission_file_"
    return found


def _clean(name: str) -> str:
    """A name without what Moodle's zip or a file system would take for something else."""
    kept = "".join(
        " " if letter in '_/\\:*?"<>|' or unicodedata.category(letter)[0] == "C" else letter
        for letter in name
    )
    return " ".join(kept.split()).strip(". ")
