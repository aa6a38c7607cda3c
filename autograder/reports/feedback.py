"""What a student reads about an exercise, as plain data.

Of a hidden check, students see the result and the points, and nothing about what it checks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from autograder.reports.depending import depending, note
from autograder.reports.partly import partly
from autograder.reports.told_once import messages
from autograder.verdicts import Curves, ExerciseReport, Status, Verdict

MARKS: dict[Status, str] = {"passed": "✓", "failed": "✗", "error": "!", "ungraded": "?"}

HIDDEN_CLAIM = "Hidden check"

FURTHER = ("The idea", "Where to look")
"""What the second and the third step of a hint are called."""

DEPENDING_MARK = "·"


@dataclass(frozen=True)
class Row:
    """What students read of one verdict.

    Attributes:
        curves: the losses, of a failed check.
    """

    mark: str
    status: Status
    claim: str
    message: str
    hint: str
    partly: str
    further: tuple[tuple[str, str], ...]
    points: str
    curves: Curves | None = None


@dataclass(frozen=True)
class ShownExercise:
    """What students read of an exercise: as plain data, without a word of a hidden check.

    Attributes:
        total: its points in words.
        rest: what is said of the checks that depend on a wrong rule; "" if there are none.
    """

    name: str
    bonus: bool
    ungraded: bool
    score: float
    max_score: float
    total: str
    rows: tuple[Row, ...]
    rest: str = ""
    rest_points: str = ""


def shown_exercise(exercise: ExerciseReport) -> ShownExercise:
    """What students read of an exercise."""
    shown, rest = depending(exercise.verdicts)
    return ShownExercise(
        name=exercise.name,
        bonus=exercise.bonus,
        ungraded=exercise.ungraded,
        score=exercise.score,
        max_score=exercise.max_score,
        total=total(exercise),
        rows=tuple(rows_of(shown)),
        rest=rest.sentence if rest else "",
        rest_points=f"0 / {number(rest.max_points)}" if rest else "",
    )


def total(exercise: ExerciseReport) -> str:
    """The points of an exercise in words: ``7.5 of 10 points``."""
    if exercise.ungraded:
        return "not graded yet: the autograder failed here, and an instructor will look at it"
    points = f"{number(exercise.score)} of {number(exercise.max_score)} points"
    return f"{points} (bonus)" if exercise.bonus else points


def number(points: float) -> str:
    """Points with at most two decimals: ``10``, ``7.5``, ``3.33``."""
    return f"{points:.2f}".rstrip("0").rstrip(".")


def rows_of(verdicts: Sequence[Verdict]) -> list[Row]:
    """One row per verdict; a message or hint appears only under the first check that has it."""
    hinted: set[str] = set()
    rows = []
    told = messages(verdicts, hidden=False)
    for verdict, message in zip(verdicts, told, strict=True):
        row = _row(verdict, message or note(verdict))
        if row.hint in hinted:
            row = replace(row, hint="", further=())
        hinted.add(row.hint)
        rows.append(row)
    return rows


def _row(verdict: Verdict, message: str) -> Row:
    if verdict.status == "ungraded":
        points = f"? / {number(verdict.max_points)}"
    else:
        points = f"{number(verdict.points)} / {number(verdict.max_points)}"
    shown = not verdict.hidden and verdict.misconception
    return Row(
        mark=MARKS[verdict.status],
        status=verdict.status,
        claim=HIDDEN_CLAIM if verdict.hidden else verdict.claim,
        message=message,
        hint=verdict.hint if shown else "",
        partly=partly(verdict) if shown else "",
        further=tuple(zip(FURTHER, verdict.further, strict=False)) if shown else (),
        points=points,
        curves=verdict.curves if verdict.status == "failed" and not verdict.hidden else None,
    )
