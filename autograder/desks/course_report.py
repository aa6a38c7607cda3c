"""Write the report of a course: a page for each graded assignment, and one that leads to them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from autograder.desks.class_report import (
    FOLDER,
    Outputs,
    graded_at,
    results_path,
    write_report,
    write_texts,
)
from autograder.model import AutograderError
from autograder.reports.course_report import Part, course_csv, course_json, course_page
from autograder.sources.course import Course

INDEX = "index.html"


@dataclass(frozen=True)
class WrittenCourse:
    """The files that were written, the course's page first, and notes on them."""

    files: tuple[Path, ...]
    notes: tuple[str, ...]


def write_course_report(
    course: Course, names: Sequence[str], outputs: Outputs, *, feedback: Path | None = None
) -> WrittenCourse:
    """Write the page of every named assignment, and the course's page.

    Args:
        names: in the order of the page; none for all that were graded, the earliest first.
        outputs: ``page`` is the course's page; the others are written beside it.
        feedback: the folder of the feedback pages; None for ``feedback/`` in the course.

    Raises:
        AutograderError: nothing was graded, or a file cannot be read or written.
    """
    index = outputs.page or course.root / FOLDER / INDEX
    names = names or graded_assignments(course)
    if not names:
        raise AutograderError(
            f"No assignment in {course.root} has results yet. Grade one with: autograder grade NAME"
        )
    parts: list[Part] = []
    files: list[Path] = []
    notes: list[str] = []
    for name in names:
        page = index.with_name(f"{name}.html")
        if page == index:
            raise AutograderError(f"{page} is the page of {name}. Choose another --output.")
        written = write_report(
            course, name, Outputs(page), feedback=feedback, index=_address(index.name)
        )
        files += written.files
        notes += written.notes
        parts.append(Part(written.report, _address(page.name), written.links, written.graded))
    texts = {index: course_page(parts)}
    if outputs.json:
        texts[outputs.json] = course_json(parts)
    if outputs.csv:
        texts[outputs.csv] = course_csv(parts)
    write_texts(texts)
    return WrittenCourse((*texts, *files), tuple(notes))


def graded_assignments(course: Course) -> list[str]:
    """The assignments that have results, in the order in which they were graded."""
    found = {}
    for name in course.assignments():
        path = results_path(course, name)
        if path is not None and (path.stem == name or _is_about(path, name)):
            found[name] = graded_at(path)
    return sorted(found, key=lambda name: (found[name], name))


def _is_about(path: Path, name: str) -> bool:
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(content, dict) and content.get("assignment") == name


def _address(name: str) -> str:
    return quote(f"./{name}", errors="surrogateescape")
