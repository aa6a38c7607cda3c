"""What a class submitted: looked through at the beginning of a run, and read again one by one."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

from autograder.gradebook.record import read_timestamp
from autograder.grading.observe import clean
from autograder.grading.seeds import code_digest
from autograder.model import AutograderError
from autograder.sources.released_cells import NEVER, Released
from autograder.sources.submission import Submission
from autograder.sources.submitted_files import find_submission, submissions_in


class Submissions(Mapping[str, Submission]):
    """Submissions by student, each read when it is asked for: thousands would fill the memory.

    Args:
        students: who submitted.
        read: reads the submission of one of them.

    Raises (for an item):
        AutograderError: there is nothing to read any more.
    """

    def __init__(self, students: Iterable[str], read: Callable[[str], Submission]) -> None:
        self._students = dict.fromkeys(students)
        self._read = read

    def __getitem__(self, student: str) -> Submission:
        if student not in self._students:
            raise KeyError(student)
        found = self._read(student)
        if found.path is None:
            raise AutograderError(
                f"{clean(student)}: the submission was removed during the run. Put it back, or "
                "run the command again without it."
            )
        return found

    def __contains__(self, student: object) -> bool:
        return student in self._students

    def __iter__(self) -> Iterator[str]:
        return iter(self._students)

    def __len__(self) -> int:
        return len(self._students)

    def among(self, students: Collection[str]) -> Submissions:
        """Those of these students."""
        return Submissions([each for each in self if each in students], self._read)


@dataclass(frozen=True)
class SubmittedClass:
    """What a class submitted.

    Attributes:
        students: ids of the whole class, in order.
        submissions: of the students to grade.
        closed: why the grader cannot read what a student submitted, by student: what they got
            earlier stays, because that is no fault of theirs.
        digests: of each of these submissions at the beginning of the run, by student.
        codes: the same of their code, by `autograder.grading.seeds.code_digest`.
    """

    students: Sequence[str]
    submissions: Submissions
    digests: Mapping[str, str]
    codes: Mapping[str, bytes]
    closed: Mapping[str, str] = field(default_factory=dict)

    def among(self, students: Collection[str] | None) -> Self:
        """The same class, of which only these students are graded; None for all."""
        if students is None:
            return self
        return replace(self, submissions=self.submissions.among(students))


def read_class(
    folder: Path,
    name: str,
    locked: dict[str, str],
    only: frozenset[str],
    released: Released = NEVER,
) -> SubmittedClass:
    """Read the submissions to grade: those of ``only``, or of the whole class if it is empty.

    Raises:
        AutograderError: a student in ``only`` is not in the class, nothing was submitted, or the
            folder cannot be opened.
    """
    try:
        students = submissions_in(folder)
    except OSError as error:
        raise AutograderError(_cannot_open(error)) from error
    unknown = only - frozenset(students)
    if unknown:
        raise AutograderError(
            f"{', '.join(sorted(unknown))}: no such student in {folder}; it has "
            f"{', '.join(students[:8])}{', ...' if len(students) > 8 else ''}."
        )

    def find(student: str) -> tuple[Submission, str]:
        return _find(folder / student / name, name, student, locked, released)

    digests, codes = dict[str, str](), dict[str, bytes]()
    reasons, closed = dict[str, str](), dict[str, str]()
    for student in students if not only else sorted(only):
        (found, why), place = find(student), folder / student / name
        if why:
            closed[student] = why
        if found.path is None:
            reasons[student] = why or _reason(found, place)
        else:
            digests[student], codes[student] = submission_digest(found, place), code_digest(found)
    if not digests:
        raise AutograderError(_nothing(folder, name, reasons))
    submissions = Submissions(digests, lambda student: find(student)[0])
    return SubmittedClass(students, submissions, digests, codes, closed)


def absent_students(
    folder: Path, name: str, students: Iterable[str]
) -> tuple[dict[str, str], dict[str, str]]:
    """Those of ``students`` of whom there is nothing to grade, and why; "" if there is no file.

    The second are those of the first whose submission the grader cannot open.
    """
    absent, closed = dict[str, str](), dict[str, str]()
    for student in sorted(students):
        place = folder / student / name
        found, why = _find(place, name, student)
        if why:
            closed[student] = why
        if found.path is None:
            absent[student] = why or _reason(found, place)
    return absent, closed


def _find(
    folder: Path,
    name: str,
    student: str,
    locked: dict[str, str] | None = None,
    released: Released = NEVER,
) -> tuple[Submission, str]:
    """A student's submission; and why the grader cannot open it, which leaves it without a path.

    That is no fault of the student's: rights that were lost when the class was copied, or a disk.
    A link and what is not a file are the student's own, and are read as such.
    """
    try:
        if folder.is_dir():  # raises where the student's folder is closed
            os.scandir(folder).close()
        found = find_submission(folder, name, student, locked, released)
        path = found.path
        if path and found.unreadable and path.is_file() and not path.is_symlink():
            with path.open("rb") as file:
                file.read(1)
    except OSError as error:
        why = _cannot_open(error)
        return Submission(student, None, unreadable=why), why
    return found, ""


def _cannot_open(error: OSError) -> str:
    remedy = "Make it readable" if error.errno in (errno.EACCES, errno.EPERM) else "Fix that"
    return f"{error.filename} cannot be opened ({error.strerror}). {remedy} and grade again."


def _reason(submission: Submission, folder: Path) -> str:
    """Why there is nothing to grade; "" if there is no file at all."""
    if folder.is_symlink():
        return f"{folder} is a symbolic link, which is not followed."
    if not folder.is_dir():
        return ""
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
