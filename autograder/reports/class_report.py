"""A graded class in numbers: scores, items, mistakes, and what needs a person.

Pure functions on a results file. `class_page` draws them, `class_files` writes them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from autograder.grading.decide import UNWRITTEN
from autograder.model import Aspect
from autograder.reports.attention import ABSENT, Attention, attention, is_absent, one_reason
from autograder.reports.class_curves import ClassCurves, class_curves
from autograder.reports.class_results import (
    CheckResult,
    ClassResults,
    ExerciseResult,
    StudentResult,
)
from autograder.reports.class_usage import ClassUsage, class_usage
from autograder.reports.item_analysis import ItemStatistics, item_statistics
from autograder.reports.usage_file import UsedRow, used_by_class

State = Literal["passed", "failed", "error", "ungraded", "depends", "unwritten", "absent"]
"""A verdict as an instructor reads it.

``depends`` is a failed check that says nothing because it depends on a rule that is wrong, and
``unwritten`` one whose exercise is still the stub; ``absent``: nothing was submitted.
"""


@dataclass(frozen=True)
class Knowledge:
    """What the course knows and a results file does not.

    Attributes:
        claims: for each (exercise, check), the sentence that says what must hold.
        hints: for each (exercise, misconception), the hint that students get.
    """

    claims: Mapping[tuple[str, str], str] = field(default_factory=dict)
    hints: Mapping[tuple[str, str], str] = field(default_factory=dict)


@dataclass(frozen=True)
class Item:
    """A check, or a whole exercise if ``check`` is "".

    Attributes:
        states: how many students are in each state; empty for an exercise.
    """

    exercise: str
    check: str
    bonus: bool
    points: float
    statistics: ItemStatistics
    claim: str = ""
    aspect: Aspect | Literal[""] = ""
    states: Mapping[State, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Held:
    """A misconception and the students who hold it, as positions in the class.

    ``name`` is "" for mistakes without a name: a rule fails, and no known mistake explains it.
    """

    exercise: str
    name: str
    hint: str
    students: tuple[int, ...]
    checks: tuple[str, ...]


@dataclass(frozen=True)
class Scores:
    """The final scores, those of students with an ungraded check left out.

    Attributes:
        maximum: points without the bonus.
        complete: students with at least the maximum.
        quartiles: lower quartile, median and upper quartile; None without a final score.
    """

    count: int
    maximum: float
    complete: int
    mean: float | None
    deviation: float | None
    quartiles: tuple[float, float, float] | None


@dataclass(frozen=True)
class ClassReport:
    """Everything the page shows.

    Attributes:
        students: those who submitted nothing included; elsewhere, positions in it.
        absent: who submitted nothing; left out of every number.
    """

    results: ClassResults
    students: tuple[StudentResult, ...]
    absent: frozenset[int]
    scores: Scores
    exercises: tuple[Item, ...]
    checks: tuple[Item, ...]
    misconceptions: tuple[Held, ...]
    unnamed: tuple[Held, ...]
    attention: tuple[Attention, ...]
    curves: tuple[ClassCurves, ...] = ()
    usage: ClassUsage = field(default_factory=ClassUsage)


def class_report(
    results: ClassResults,
    known: Knowledge | None = None,
    similar: Sequence[tuple[str, str]] = (),
    usage: Mapping[str, UsedRow] | None = None,
) -> ClassReport:
    """Work out everything about a graded class.

    Args:
        similar: pairs of students whose submissions are similar.
        usage: what submissions used of the machine, by student.
    """
    known = known or Knowledge()
    students = results.everyone
    absent = frozenset(at for at, student in enumerate(students) if is_absent(student))
    left_out = [student.ungraded or at in absent for at, student in enumerate(students)]
    # Points by hand and late penalties say nothing about the checks, which are analysed below.
    total = np.array([student.score for student in students], dtype=float)
    total[left_out] = np.nan
    final = np.array([student.final[0] for student in students], dtype=float)
    exercises = _exercises(students, total, absent)
    return ClassReport(
        results=results,
        students=students,
        absent=absent,
        scores=_scores(students, final[~np.array(left_out, dtype=bool)]),
        exercises=exercises,
        checks=_checks(students, total, absent, known),
        misconceptions=_misconceptions(students, known),
        unnamed=_unnamed(students),
        attention=attention(students, similar),
        curves=class_curves(students),
        usage=class_usage(
            used_by_class(students, usage or {}),
            list(map(_passing, students)),
            [item.exercise for item in exercises],
        ),
    )


def state(check: CheckResult) -> State:
    """What an instructor reads in the cell of a student and a check."""
    if check.status != "failed":
        return check.status
    if check.message.startswith(ABSENT):
        return "absent"
    if check.judged_against == "nothing":
        return "depends"
    return "unwritten" if check.message.startswith(UNWRITTEN) else "failed"


def _passing(student: StudentResult) -> frozenset[str]:
    """The exercises of which a check is passed."""
    return frozenset(
        exercise.name
        for exercise in student.exercises
        if any(check.status == "passed" for check in exercise.checks)
    )


def _scores(students: Sequence[StudentResult], final: NDArray[np.float64]) -> Scores:
    maximum = max((each.final[1] for each in students), default=0.0)
    complete = int((final >= maximum - 1e-9).sum())
    if not len(final):
        return Scores(0, maximum, 0, None, None, None)
    low, middle, high = map(float, np.percentile(final, [25, 50, 75]))
    return Scores(
        len(final), maximum, complete, float(final.mean()), float(final.std()), (low, middle, high)
    )


def _exercises(
    students: Sequence[StudentResult], total: NDArray[np.float64], absent: Set[int]
) -> tuple[Item, ...]:
    """An item per exercise; students may have other exercises if their results were merged."""
    found: dict[str, dict[int, ExerciseResult]] = {}
    for position, student in enumerate(students):
        for exercise in student.exercises:
            found.setdefault(exercise.name, {})[position] = exercise
    items = []
    for name, each in found.items():
        earned = np.full(len(students), np.nan)
        for position, exercise in each.items():
            if not exercise.ungraded and position not in absent:
                earned[position] = exercise.score
        first = next(iter(each.values()))
        statistics = item_statistics(earned, first.max_score, total)
        items.append(Item(name, "", first.bonus, first.max_score, statistics))
    return tuple(items)


def _checks(
    students: Sequence[StudentResult],
    total: NDArray[np.float64],
    absent: Set[int],
    known: Knowledge,
) -> tuple[Item, ...]:
    found: dict[str, dict[str, dict[int, CheckResult]]] = {}
    bonus: dict[str, bool] = {}
    for position, student in enumerate(students):
        for exercise in student.exercises:
            bonus.setdefault(exercise.name, exercise.bonus)
            for check in exercise.checks:
                of_exercise = found.setdefault(exercise.name, {})
                of_exercise.setdefault(check.name, {})[position] = check
    return tuple(
        _check(name, each, bonus[name], total, absent, known.claims.get((name, check), ""))
        for name, of_exercise in found.items()
        for check, each in of_exercise.items()
    )


def _check(
    exercise: str,
    each: Mapping[int, CheckResult],
    bonus: bool,
    total: NDArray[np.float64],
    absent: Set[int],
    claim: str,
) -> Item:
    earned = np.full(len(total), np.nan)
    for position, check in each.items():
        if check.status != "ungraded" and position not in absent:
            earned[position] = check.points
    first = next(iter(each.values()))
    return Item(
        exercise,
        first.name,
        bonus,
        first.max_points,
        item_statistics(earned, first.max_points, total),
        claim,
        first.aspect,
        Counter(state(check) for position, check in each.items() if position not in absent),
    )


def _misconceptions(students: Sequence[StudentResult], known: Knowledge) -> tuple[Held, ...]:
    """The named mistakes, those that most students hold first."""
    holders: dict[tuple[str, str], dict[int, None]] = {}
    checks: dict[tuple[str, str], dict[str, None]] = {}
    for position, student in enumerate(students):
        for exercise in student.exercises:
            for check in exercise.checks:
                if check.misconception:
                    key = exercise.name, check.misconception
                    holders.setdefault(key, {})[position] = None
                    checks.setdefault(key, {})[check.name] = None
    ranked = sorted(holders, key=lambda key: (-len(holders[key]), key))
    return tuple(
        Held(*key, known.hints.get(key, ""), tuple(holders[key]), tuple(checks[key]))
        for key in ranked
    )


def _unnamed(students: Sequence[StudentResult]) -> tuple[Held, ...]:
    """For each exercise, who fails its rule in a way that no known mistake explains."""
    holders: dict[str, dict[int, None]] = {}
    checks: dict[str, dict[str, None]] = {}
    for position, student in enumerate(students):
        for exercise in student.exercises:
            if any(check.misconception for check in exercise.checks) or one_reason(exercise):
                continue
            for check in exercise.checks:
                if check.aspect == "rule" and state(check) == "failed":
                    holders.setdefault(exercise.name, {})[position] = None
                    checks.setdefault(exercise.name, {})[check.name] = None
    ranked = sorted(holders, key=lambda name: (-len(holders[name]), name))
    return tuple(Held(name, "", "", tuple(holders[name]), tuple(checks[name])) for name in ranked)
