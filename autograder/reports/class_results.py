"""Read a results file again: what `autograder.reports.results` wrote, as frozen records."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec

from autograder.grading.made_with import MadeWith
from autograder.model import Aspect, AutograderError, FailureKind
from autograder.reports.results import VERSION
from autograder.verdicts import Curves, JudgedAgainst, Status


class CheckResult(msgspec.Struct, frozen=True):
    """A verdict on one check.

    Attributes:
        cause: why the submission gave no answer; None if it did, and in files of earlier versions.
    """

    name: str
    status: Status
    points: float
    max_points: float
    message: str = ""
    misconception: str | None = None
    aspect: Aspect = "rule"
    judged_against: JudgedAgainst = "reference"
    together_with: str | None = None
    explains: tuple[int, int] | None = None
    observed: str = ""
    curves: Curves | None = None
    cause: FailureKind | None = None


class ExerciseResult(msgspec.Struct, frozen=True):
    """The verdicts on one exercise."""

    name: str
    bonus: bool
    score: float
    max_score: float
    checks: tuple[CheckResult, ...]

    @property
    def ungraded(self) -> bool:
        """Whether the grader failed on any check: there is no score."""
        return any(check.status == "ungraded" for check in self.checks)


class InGradebook(msgspec.Struct, frozen=True):
    """What the gradebook adds to the automatic score: points by hand, open ones, the penalty."""

    score: float
    max_score: float
    by_hand: float = 0.0
    waiting: float = 0.0
    late_penalty: float = 0.0

    @property
    def differs(self) -> bool:
        """Whether there is more to say than the automatic score."""
        return bool(self.by_hand or self.waiting or self.late_penalty)


class StudentResult(msgspec.Struct, frozen=True):
    """One student's score and verdicts.

    Attributes:
        remarks: sentences about the submission itself; empty in files of earlier versions.
        gradebook: None if the file does not say.
        absent: why there is nothing to grade; "" for a student who submitted.
        seed: if it is not that of the whole class.
        submission: digest of what was graded; "" in files of earlier versions.
    """

    student: str
    score: float
    max_score: float
    exercises: tuple[ExerciseResult, ...]
    remarks: tuple[str, ...] = ()
    gradebook: InGradebook | None = None
    absent: str = ""
    seed: int | str | None = None
    submission: str = ""

    @property
    def ungraded(self) -> bool:
        """Whether the score is not final."""
        return any(exercise.ungraded for exercise in self.exercises)

    @property
    def final(self) -> tuple[float, float]:
        """Score and maximum: the gradebook's, or else those of the checks alone."""
        book = self.gradebook
        return (book.score, book.max_score) if book else (self.score, self.max_score)


class NotSubmitted(msgspec.Struct, frozen=True):
    """A student who has no grade, and why."""

    student: str
    reason: str


class ClassResults(msgspec.Struct, frozen=True):
    """A results file. Fields that this version does not know are ignored.

    Attributes:
        seed_per_student: whether each student had inputs of their own, drawn from ``seed``.
    """

    version: int
    assignment: str
    seed: int | str
    sandbox: str
    students: tuple[StudentResult, ...]
    not_submitted: tuple[NotSubmitted, ...] = ()
    made_with: MadeWith | None = None
    seed_per_student: bool = False

    @property
    def everyone(self) -> tuple[StudentResult, ...]:
        """The students with a grade, and those without a submission after them."""
        maximum = max((student.final[1] for student in self.students), default=0.0)
        absent = (
            StudentResult(each.student, 0.0, maximum, (), absent=each.reason)
            for each in self.not_submitted
        )
        return (*self.students, *absent)


def read_results(path: Path, assignment: str) -> ClassResults:
    """Read the results of an assignment.

    Raises:
        AutograderError: the file cannot be read, is not a results file of this version, or is
            about another assignment.
    """
    grade = f"Grade the class again with: autograder grade {assignment}"
    try:
        # The json module reads the ids that are not UTF-8, as it wrote them; msgspec does not.
        content = json.loads(path.read_bytes())
    except OSError as error:
        raise AutograderError(f"{path} cannot be read ({error.strerror}). {grade}") from error
    except (ValueError, RecursionError) as error:
        raise AutograderError(f"{path} is not a results file: invalid JSON. {grade}") from error
    version = content.get("version") if isinstance(content, dict) else None
    if isinstance(version, int) and version > VERSION:
        # Grading alone would not help: it does not replace such a file.
        raise AutograderError(
            f"{path} is of version {version}, which a newer autograder wrote; this one reads "
            f"version {VERSION}. Update the autograder. Or move the file away, and grade the class "
            f"again with: autograder grade {assignment}"
        )
    if version != VERSION:
        raise AutograderError(
            f"{path} is not a results file of version {VERSION} (its version: {version!r:.40}). "
            f"{grade}"
        )
    try:
        results = msgspec.convert(content, ClassResults)
    except msgspec.ValidationError as error:
        raise AutograderError(f"{path} is not a valid results file: {error}. {grade}") from error
    if results.assignment != assignment:
        raise AutograderError(
            f"{path} holds the results of {results.assignment!r:.60}, not of {assignment!r}. Name "
            f"the file with --results, or grade the class with: autograder grade {assignment}"
        )
    return results
