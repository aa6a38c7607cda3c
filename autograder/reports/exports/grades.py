"""One number for each student, as a gradebook elsewhere wants it, or the reason why there is none.

The number is the gradebook's final score: with bonus and points by hand, less the late penalty.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from autograder.reports.attention import is_absent
from autograder.reports.class_results import ClassResults, StudentResult
from autograder.reports.feedback import number
from autograder.reports.terminal import printable

Open = Literal["", "waiting", "ungraded", "absent"]
"""Why a grade is not final; "" if it is."""

_NAMED = 20
"""Students that a sentence names at most."""


@dataclass(frozen=True)
class FinalGrade:
    """A student's grade.

    Attributes:
        score: None if nothing is to be written for the student.
        open: why the score is not final; it may be written all the same.
    """

    student: str
    score: float | None
    open: Open = ""


def final_grades(
    results: ClassResults, *, partial: bool = False, absent_as_zero: bool = False
) -> tuple[FinalGrade, ...]:
    """The grades of everyone, those without a submission included.

    Args:
        partial: write the points so far of students whose answers wait for a person.
        absent_as_zero: write 0 for who submitted nothing.
    """
    return tuple(_grade(each, partial, absent_as_zero) for each in results.everyone)


def _grade(student: StudentResult, partial: bool, absent_as_zero: bool) -> FinalGrade:
    if is_absent(student):
        return FinalGrade(student.student, 0.0 if absent_as_zero else None, "absent")
    if student.ungraded:
        return FinalGrade(student.student, None, "ungraded")
    score = student.gradebook.score if student.gradebook else student.score
    if student.gradebook and student.gradebook.waiting:
        return FinalGrade(student.student, score if partial else None, "waiting")
    return FinalGrade(student.student, score)


def most_points(results: ClassResults) -> float:
    """What the assignment is worth without bonuses: written answers included, if they are known."""
    return max(
        (
            each.gradebook.max_score if each.gradebook else each.max_score
            for each in results.students
        ),
        default=0.0,
    )


def plain(points: float) -> str:
    """Points without noise in the last digits: ``7.5``, ``3.33333333333``."""
    return f"{points:.12g}"


def notes_on(grades: Sequence[FinalGrade], results: ClassResults) -> list[str]:
    """A sentence for each kind of grade that is not final, with who has it."""
    of = {each.student: each for each in results.everyone}
    waiting = [
        f"{printable(each.student)} ({number(gradebook.waiting)})"
        for each in grades
        if each.open == "waiting" and (gradebook := of[each.student].gradebook)
    ]
    partial = any(each.score is not None for each in grades if each.open == "waiting")
    zero = any(each.score is not None for each in grades if each.open == "absent")
    ungraded = [each.student for each in grades if each.open == "ungraded"]
    absent = [each.student for each in grades if each.open == "absent"]
    found = []
    if waiting:
        what = (
            "the points so far are written"
            if partial
            else "no score is written (--partial writes the points so far)"
        )
        found.append(f"Points wait for a person, so {what}: {listed(waiting)}.")
    if ungraded:
        found.append(
            f"The grader failed, so no score is written: {listed(ungraded)}. Run autograder grade "
            f"{results.assignment} again."
        )
    if absent:
        what = "0 is written" if zero else "no score is written (--absent-as-zero writes 0)"
        found.append(f"Nothing was submitted, so {what}: {listed(absent)}.")
    return [*found, *_alike(each.student for each in grades)]


def _alike(students: Iterable[str]) -> list[str]:
    """A note on ids that many systems take for the same."""
    groups: dict[str, list[str]] = {}
    for student in students:
        groups.setdefault(student.casefold(), []).append(student)
    pairs = [" and ".join(map(printable, same)) for same in groups.values() if len(same) > 1]
    return [f"Ids that differ only in case: {listed(pairs)}."] if pairs else []


def listed(names: Sequence[str]) -> str:
    """Names in one line, and how many more there are."""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(map(printable, names[:_NAMED])) + more
