"""Write the grades of a class in the format of another system."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from autograder.atomic import atomic_replacement, atomic_write
from autograder.desks.class_report import feedback_page, graded_at, results_path
from autograder.desks.known_reports import KnownReports
from autograder.model import AutograderError
from autograder.reports.attention import is_absent
from autograder.reports.class_results import ClassResults, read_results
from autograder.reports.exports import canvas, moodle
from autograder.reports.exports.grades import final_grades, listed, most_points, notes_on
from autograder.reports.exports.gradescope import gradescope_results
from autograder.reports.exports.junit import junit_xml
from autograder.reports.exports.roster import read_roster
from autograder.reports.spreadsheet import protected
from autograder.sources.assignment import read_assignment
from autograder.sources.course import Course

Format = Literal["gradescope", "canvas", "moodle", "junit"]

FOLDER = "exports"
"""Where files are written in a course, unless asked otherwise."""

_SUFFIXES: Mapping[Format, str] = {
    "gradescope": ".zip",
    "canvas": ".csv",
    "moodle": ".csv",
    "junit": ".xml",
}

WHEN = (1980, 1, 1, 0, 0, 0)
"""The time of every file in a zip, so that the same results give the same bytes."""


@dataclass(frozen=True)
class Asked:
    """What the command line asks for.

    Attributes:
        roster: the other system's own table of the class.
        column: title of its column of grades.
        match: title of its column of student ids.
        partial: write points so far where answers wait for a person.
        absent_as_zero: write 0 for who submitted nothing.
    """

    output: Path | None = None
    results: Path | None = None
    feedback: Path | None = None
    roster: Path | None = None
    column: str | None = None
    match: str | None = None
    partial: bool = False
    absent_as_zero: bool = False


@dataclass(frozen=True)
class Exported:
    """The files that were written, and what to know of them."""

    files: tuple[Path, ...]
    notes: tuple[str, ...]


def export(course: Course, name: str, to: Format, asked: Asked) -> Exported:
    """Write an assignment's results for another system.

    Raises:
        AutograderError: the class was not graded, the roster does not fit, or a file cannot be
            read or written.
    """
    if asked.roster and to not in ("canvas", "moodle"):
        raise AutograderError(f"--roster is for canvas and moodle; {to} needs none.")
    path = asked.results or results_path(course, name)
    if path is None:
        raise AutograderError(
            f"{name} has no results yet. Grade the class with: autograder grade {name}"
        )
    results = read_results(path, name)
    output = asked.output or course.root / FOLDER / f"{name}-{to}{_SUFFIXES[to]}"
    stale = _stale(course, path, name)
    if to == "junit":
        _write(output, junit_xml(results, graded_at(path)))
        return Exported((output,), stale)
    if to == "gradescope":
        written = _gradescope(course, results, output)
    else:
        written = _grades(course, results, output, to, asked)
    return Exported(written.files, (*stale, *written.notes))


def _stale(course: Course, path: Path, name: str) -> tuple[str, ...]:
    """A note, if someone may have given points by hand since the results were written."""
    try:
        changed = (course.root / "gradebook.db").stat().st_mtime - path.stat().st_mtime
    except OSError:
        return ()
    if changed < 2:
        return ()
    return (
        f"The gradebook has changed since {path.name} was written. To export points that were "
        f"given by hand since, run first: autograder grade {name}",
    )


def _grades(
    course: Course,
    results: ClassResults,
    output: Path,
    to: Literal["canvas", "moodle"],
    asked: Asked,
) -> Exported:
    grades = final_grades(results, partial=asked.partial, absent_as_zero=asked.absent_as_zero)
    notes, most, name = notes_on(grades, results), most_points(results), results.assignment
    roster = read_roster(asked.roster) if asked.roster else None
    files = [output]
    if roster is None:
        if asked.column or asked.match:
            raise AutograderError("--column and --match name columns of a table: add --roster.")
        text, more = (
            canvas.new_table(grades, name, most)
            if to == "canvas"
            else moodle.new_table(grades, name)
        )
        more += _changed([each.student for each in grades if each.score is not None])
    elif to == "canvas":
        text, more = canvas.merged(roster, grades, name, most, column=asked.column, by=asked.match)
    else:
        sheet = moodle.filled(roster, grades, column=asked.column, by=asked.match)
        text, more = sheet.text, list(sheet.notes)
        pages, lacking = _pages(asked.feedback or course.root / "feedback", name, sheet.folders)
        more += lacking
        if pages:
            files.append(output.with_name(f"{output.stem}-feedback.zip"))
            _write_zip(files[-1], pages)
    _write(output, text)
    return Exported(tuple(files), (*notes, *more))


def _changed(students: Sequence[str]) -> list[str]:
    """A note on ids that are not written as they are."""
    changed = [each for each in students if protected(each) != each]
    if not changed:
        return []
    return [
        "With an apostrophe in front, so that no spreadsheet takes an id for a formula: "
        f"{listed(changed)}."
    ]


def _pages(
    folder: Path, name: str, folders: Mapping[str, str]
) -> tuple[dict[str, bytes], list[str]]:
    """The feedback pages by their names in the zip, and a note on students without one."""
    pages, lacking = {}, []
    for student, place in folders.items():
        file = feedback_page(folder, student, name)
        try:
            if file is None:
                raise FileNotFoundError
            pages[f"{place}/{name}.html"] = (folder / file).read_bytes()
        except OSError:
            lacking.append(student)
    if not lacking:
        return pages, []
    return pages, [f"Without a feedback page in {folder}: {listed(lacking)}."]


def _gradescope(course: Course, results: ClassResults, output: Path) -> Exported:
    known = KnownReports(results, read_assignment(course.solution(results.assignment)))
    files: dict[str, bytes] = {}
    absent, ungraded, waiting, moved = [], [], [], []
    for student in results.everyone:
        if is_absent(student):
            absent.append(student.student)
            continue
        if student.ungraded:
            ungraded.append(student.student)
            continue
        if student.gradebook and student.gradebook.waiting:
            waiting.append(student.student)
        place = _place(student.student, files)
        if place != student.student:
            moved.append(f"{student.student} in {place}")
        content = gradescope_results(known.of(student), student.gradebook)
        files[f"{place}/results.json"] = (json.dumps(content, indent=1) + "\n").encode()
    if not files:
        raise AutograderError(f"No student of {results.assignment} has a final grade to export.")
    if output.suffix == ".zip":
        _write_zip(output, files)
    else:
        for place, content_ in files.items():
            _write(output / place, content_.decode(), make=True)
    said = {
        "Nothing was submitted, so there is no results.json": absent,
        "The grader failed, so there is no results.json": ungraded,
        "Points wait for a person; the score is that of now": waiting,
        "Folders that are named otherwise than the id": moved,
    }
    return Exported(
        (output,), tuple(f"{what}: {listed(who)}." for what, who in said.items() if who)
    )


def _place(student: str, files: Mapping[str, bytes]) -> str:
    """A folder for a student: a name that every system can unpack, beside all others."""
    name = re.sub(
        r'[\x00-\x1f\x7f-\x9f/\\:*?"<>|%\ud800-\udfff]|^\.+|[. ]+$',
        lambda match: "".join(f"%{ord(letter):02X}" for letter in match[0]),
        student,
    )
    taken = {place.casefold() for place in files}
    number, found = 1, name
    while f"{found}/results.json".casefold() in taken:
        number += 1
        found = f"{name}~{number}"
    return found


def _write_zip(path: Path, files: Mapping[str, bytes]) -> None:
    try:
        _make_own(path)
        with atomic_replacement(path) as new, zipfile.ZipFile(new, "w") as archive:
            for name, content in files.items():
                entry = zipfile.ZipInfo(name, WHEN)
                entry.external_attr = 0o644 << 16
                archive.writestr(entry, content, zipfile.ZIP_DEFLATED)
    except OSError as error:
        raise _unwritable(path, error) from error


def _write(path: Path, text: str, *, make: bool = False) -> None:
    try:
        if make:
            path.parent.mkdir(parents=True, exist_ok=True)
        _make_own(path)
        atomic_write(path, text)
    except OSError as error:
        raise _unwritable(path, error) from error


def _make_own(path: Path) -> None:
    """Make the course's folder of exports; any other has to exist."""
    if path.parent.name == FOLDER:
        path.parent.mkdir(exist_ok=True)


def _unwritable(path: Path, error: OSError) -> AutograderError:
    return AutograderError(
        f"{path} could not be written ({error.strerror}). Choose another file with --output."
    )
