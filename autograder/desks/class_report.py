"""Write the report of a graded class: a page, and the same as JSON and CSV."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from autograder.atomic import atomic_write
from autograder.model import AutograderError
from autograder.reports.class_files import class_csv, class_json
from autograder.reports.class_page import class_page
from autograder.reports.class_report import ClassReport, Knowledge, class_report
from autograder.reports.class_results import ClassResults, read_results
from autograder.reports.usage_file import read_usage, usage_path
from autograder.sources.assignment import read_assignment
from autograder.sources.course import Course

FOLDER = "reports"
"""Where pages are written in a course, unless asked otherwise."""


@dataclass(frozen=True)
class Outputs:
    """Where to write what; None for the default page, or for nothing."""

    page: Path | None = None
    json: Path | None = None
    csv: Path | None = None


@dataclass(frozen=True)
class WrittenReport:
    """A class report and the files it was written to.

    Attributes:
        notes: what to know of the page itself.
        links: for each student, the address of the feedback page.
        graded: when, in words.
    """

    report: ClassReport
    files: tuple[Path, ...]
    notes: tuple[str, ...]
    links: tuple[str | None, ...]
    graded: str


def results_path(course: Course, name: str) -> Path | None:
    """The results file of an assignment: ``results/<name>.json``, or the older ``results.json``."""
    for path in (course.root / "results" / f"{name}.json", course.root / "results.json"):
        if path.is_file():
            return path
    return None


def write_report(
    course: Course,
    name: str,
    outputs: Outputs,
    *,
    results: Path | None = None,
    feedback: Path | None = None,
    index: str | None = None,
) -> WrittenReport:
    """Write the report of one assignment.

    Args:
        results: the results file; None for the course's own.
        feedback: the folder of the feedback pages; None for ``feedback/`` in the course.
        index: the address of the course's page, as a link.

    Raises:
        AutograderError: the class was not graded, or a file cannot be read or written.
    """
    path = results or results_path(course, name)
    if path is None:
        raise AutograderError(
            f"{name} has no results yet: there is neither results/{name}.json nor results.json in "
            f"{course.root}. Grade the class with: autograder grade {name}"
        )
    content = read_results(path, name)
    known, notes = _knowledge(course, name)
    usage = read_usage(usage_path(course.root, name))
    report = class_report(content, known, similar_pairs(course, name), usage)
    page = outputs.page or course.root / FOLDER / f"{name}.html"
    links = _links(feedback or course.root / "feedback", content, page)
    graded = graded_at(path).strftime("%d %B %Y, %H:%M")
    texts = {page: class_page(report, links, graded=graded, notes=notes, index=index)}
    if outputs.json:
        texts[outputs.json] = class_json(report)
    if outputs.csv:
        texts[outputs.csv] = class_csv(report)
    write_texts(texts)
    return WrittenReport(report, tuple(texts), notes, links, graded)


def similar_pairs(course: Course, name: str) -> tuple[tuple[str, str], ...]:
    """The pairs that `autograder similar` found last; none if it has not run."""
    try:
        content = json.loads((course.root / FOLDER / f"{name}-similar.json").read_bytes())
        return tuple((str(one), str(other)) for one, other in map(_students, content["pairs"]))
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return ()


def _students(pair: Mapping[str, Sequence[str]]) -> Sequence[str]:
    return pair["students"]


def graded_at(path: Path) -> datetime:
    """When a results file was written."""
    return datetime.fromtimestamp(path.stat().st_mtime)


def write_texts(texts: Mapping[Path, str]) -> None:
    """Write every file completely or not at all, and make the course's folder of reports.

    Raises:
        AutograderError: a file cannot be written.
    """
    for path, text in texts.items():
        try:
            if path.parent.name == FOLDER:
                path.parent.mkdir(exist_ok=True)
            atomic_write(path, text)
        except OSError as error:
            raise AutograderError(
                f"{path} could not be written ({error.strerror}). Choose another file."
            ) from error


def _knowledge(course: Course, name: str) -> tuple[Knowledge, tuple[str, ...]]:
    """The claims and hints of the assignment, and a note if they cannot be read."""
    try:
        assignment = read_assignment(course.solution(name))
    except AutograderError:
        note = (
            f"The sources of {name} cannot be read, so claims and hints are left out. "
            f"To see why: autograder verify {name}"
        )
        return Knowledge(), (note,)
    claims = {(check.exercise, check.name): check.claim for check in assignment.check_set.checks}
    hints = {(each.exercise, each.name): each.hint for each in assignment.misconceptions}
    return Knowledge(claims, hints), ()


def _links(folder: Path, results: ClassResults, page: Path) -> tuple[str | None, ...]:
    """For each student, the address of the feedback page as seen from ``page``."""
    start = Path(os.path.relpath(folder.absolute(), page.absolute().parent))
    found = (feedback_page(folder, each.student, results.assignment) for each in results.everyone)
    return tuple(_address(start / file) if file else None for file in found)


def feedback_page(folder: Path, student: str, assignment: str) -> Path | None:
    """A student's feedback page, relative to the folder; named as the notebook was."""
    if student in ("", ".", "..") or "/" in student or "\0" in student:
        return None
    own = Path(student, assignment)
    expected = own / f"{assignment}.html"
    try:
        if (folder / expected).is_file():
            return expected
        others: Sequence[Path] = sorted((folder / own).glob("*.html"))
    except (OSError, ValueError):  # an id that no folder can be named after
        return None
    return own / others[0].name if others else None


def _address(path: Path) -> str:
    """A relative path as a link: a name with ``:`` at its front would be taken for a protocol."""
    return quote("./" + path.as_posix(), errors="surrogateescape")
