"""What a class submitted, read once at the beginning of a run."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.gradebook.record import read_timestamp
from autograder.model import AutograderError
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


def read_class(
    folder: Path, name: str, locked: dict[str, str], only: frozenset[str]
) -> SubmittedClass:
    """Read the submissions to grade: those of ``only``, or of the whole class if it is empty.

    Raises:
        AutograderError: a student in ``only`` is not in the class.
    """
    students = submissions_in(folder)
    unknown = only - frozenset(students)
    if unknown:
        raise AutograderError(
            f"{', '.join(sorted(unknown))}: no such student in {folder}; it has "
            f"{', '.join(students[:8])}{', ...' if len(students) > 8 else ''}."
        )
    submissions = [
        find_submission(folder / student / name, name, student, locked)
        for student in students
        if not only or student in only
    ]
    digests = {each.student: _digest(each, folder / each.student / name) for each in submissions}
    return SubmittedClass(students, submissions, digests)


def _digest(submission: Submission, folder: Path) -> str:
    text = f"{submission!r} {read_timestamp(folder)}"
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
