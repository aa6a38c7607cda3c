"""What a class submitted, read once at the beginning of a run."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from autograder.gradebook.record import read_timestamp
from autograder.grading.observe import clean
from autograder.model import AutograderError
from autograder.sources.released_cells import NEVER, Released
from autograder.sources.submission import Submission
from autograder.sources.submitted_files import find_submission, submissions_in


@dataclass(frozen=True)
class SubmittedClass:
    """What a class submitted.

    Attributes:
        students: ids of the whole class, in order.
        submissions: of the students to grade.
        digests: of each of these submissions as it was read, by student.
    """

    students: Sequence[str]
    submissions: Sequence[Submission]
    digests: dict[str, str]

    def among(self, students: Collection[str] | None) -> Self:
        """The same class, of which only these students are graded; None for all."""
        if students is None:
            return self
        chosen = [each for each in self.submissions if each.student in students]
        return replace(self, submissions=chosen)


def read_class(
    folder: Path,
    name: str,
    locked: dict[str, str],
    only: frozenset[str],
    released: Released = NEVER,
) -> SubmittedClass:
    """Read the submissions to grade: those of ``only``, or of the whole class if it is empty.

    Raises:
        AutograderError: a student in ``only`` is not in the class, or nothing was submitted.
    """
    students = submissions_in(folder)
    unknown = only - frozenset(students)
    if unknown:
        raise AutograderError(
            f"{', '.join(sorted(unknown))}: no such student in {folder}; it has "
            f"{', '.join(students[:8])}{', ...' if len(students) > 8 else ''}."
        )
    found = [
        find_submission(folder / student / name, name, student, locked, released)
        for student in students
        if not only or student in only
    ]
    submissions = [each for each in found if each.path is not None]
    if not submissions:
        reasons = {each.student: _reason(each, folder / each.student / name) for each in found}
        raise AutograderError(_nothing(folder, name, reasons))
    digests = {
        each.student: submission_digest(each, folder / each.student / name) for each in submissions
    }
    return SubmittedClass(students, submissions, digests)


def absent_students(folder: Path, name: str, students: Iterable[str]) -> dict[str, str]:
    """Those of ``students`` of whom there is nothing to grade, and why; "" if there is no file."""
    return {
        student: _reason(found, folder / student / name)
        for student in sorted(students)
        if (found := find_submission(folder / student / name, name, student)).path is None
    }


def _reason(submission: Submission, folder: Path) -> str:
    """Why there is nothing to grade; "" if there is no file at all."""
    if folder.is_symlink():
        return f"{folder} is a symbolic link, which is not followed."
    if not folder.is_dir():
        return ""
    if not os.access(folder, os.R_OK | os.X_OK):
        return f"{folder} cannot be opened; make it readable and grade again."
    return submission.unreadable if any(folder.iterdir()) else ""


def _nothing(folder: Path, name: str, absent: dict[str, str]) -> str:
    who = f"{len(absent)} students" if len(absent) > 3 else ", ".join(map(clean, absent))
    reasons = [f"{clean(student)}: {why}" for student, why in absent.items() if why]
    said = f" {' '.join(reasons[:3])}" if reasons else ""
    return (
        f"Nothing to grade: there is no submission of {name!r} by {who}.{said} Expected "
        f"{folder.name}/<student>/{name}/{name}.ipynb."
    )


def submission_digest(submission: Submission, folder: Path) -> str:
    """Tells whether a submission is still the one that was graded: what was read, and its time."""
    # Not where the course is, nor what the release makes of it: that may change meanwhile.
    name = submission.path.name if submission.path else ""
    written = submission.cells if submission.notebook is None else submission.notebook
    text = f"{(name, written, submission.unreadable)!r} {read_timestamp(folder)}"
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
