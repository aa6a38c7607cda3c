"""Two gradings of a class side by side: who gains and loses how much, and in which checks."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from autograder.grading.observe import clean
from autograder.reports.class_results import CheckResult, ClassResults, StudentResult
from autograder.reports.feedback import number


@dataclass(frozen=True)
class CheckChange:
    """The points of one check, before and after; None if there was or is no such check, or if the
    grader failed on it."""

    name: str
    before: float | None
    after: float | None

    @property
    def difference(self) -> float:
        return (self.after or 0.0) - (self.before or 0.0)


@dataclass(frozen=True)
class StudentChange:
    """One student in both gradings.

    Attributes:
        before, after: scores; None if the grader failed on a check, so that there is none.
        checks: those whose points differ.
        messages: whether anything that students read differs.
    """

    student: str
    before: float | None
    after: float | None
    before_max: float
    after_max: float
    checks: tuple[CheckChange, ...]
    messages: bool

    @property
    def difference(self) -> float | None:
        """What the score gains; None where it is not final, before or after."""
        if self.before is None or self.after is None:
            return None
        return round(self.after - self.before, 9)  # sums of points are rounded


@dataclass(frozen=True)
class Regraded:
    """Every student who was graded twice."""

    students: tuple[StudentChange, ...]

    @property
    def changed(self) -> list[StudentChange]:
        """Those whose score or points of a check differ."""
        return [each for each in self.students if each.difference != 0 or each.checks]

    @property
    def same(self) -> bool:
        """Whether nothing differs, neither points nor what students read."""
        return not self.changed and not any(
            each.messages or each.before_max != each.after_max for each in self.students
        )

    @property
    def summary(self) -> str:
        """ "12 of 40 students change: 9 gain, 3 lose; class mean +0.4"."""
        count = len(self.students)
        final = [each.difference for each in self.students if each.difference is not None]
        gain, lose = sum(d > 0 for d in final), sum(d < 0 for d in final)
        was_open = sum(each.before is None and each.after is not None for each in self.students)
        is_open = sum(each.after is None for each in self.students)
        counted = [
            f"{gain} gain",
            f"{lose} lose",
            *([f"{was_open} had no final score before"] if was_open else []),
            *([f"{is_open} have none now"] if is_open else []),
        ]
        mean = f"; class mean {signed(fmean(final))}" if final else ""
        of = f"{gain + lose + was_open + is_open} of {count} students change"
        return f"{of}: {', '.join(counted)}{mean}"


def regraded(
    before: ClassResults, after: ClassResults, other_words: Collection[str] = ()
) -> Regraded:
    """Compare two gradings, student by student; of those who are in both.

    Args:
        other_words: students who read something else that is not in results, such as hints.
    """
    earlier = {each.student: each for each in before.students}
    return Regraded(
        tuple(
            _compared(earlier[each.student], each, other_words)
            for each in after.students
            if each.student in earlier
        )
    )


def show_regraded(
    console: Console, found: Regraded, changes: Sequence[str], notes: Sequence[str]
) -> None:
    """Print the summary, what has changed in the assignment, and who gains and loses.

    Args:
        changes: what the two gradings were not made with alike, a phrase each.
        notes: what to know besides.
    """
    console.print(Text(found.summary, style="bold"))
    maxima = {(each.before_max, each.after_max) for each in found.students}
    for was, now in sorted(maxima):
        if was != now:
            console.print(f"Maximum: {number(was)} before, {number(now)} now")
    if others := sum(each.messages for each in found.students if not each.checks):
        said = "1 student keeps" if others == 1 else f"{others} students keep"
        console.print(f"{said} every point, and the feedback says something else.")
    for change in changes:
        console.print(Text(f"- {change}"))
    if found.changed:
        console.print(_students(found.changed))
        console.print(_checks(found))
    for note in notes:
        console.print(Text(f"! {note}", style="yellow"))


def signed(points: float) -> str:
    """A difference of points: ``+0.5``, ``-2``, ``0``."""
    text = number(abs(points))
    return text if text == "0" else f"{'+' if points > 0 else '-'}{text}"


def _students(changed: Sequence[StudentChange]) -> Table:
    table = Table(header_style="bold", pad_edge=False, box=SIMPLE_HEAD)
    table.add_column("student", overflow="fold", max_width=30)
    for name in ("before", "after", "difference"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("checks that changed", overflow="fold")
    for each in changed:
        difference = each.difference
        table.add_row(
            Text(clean(each.student)),
            _score(each.before, each.before_max),
            _score(each.after, each.after_max),
            "?" if difference is None else signed(difference),
            Text("\n".join(map(_said, each.checks))),
        )
    return table


def _checks(found: Regraded) -> Table:
    """How many gain and lose in each check, in the order of the assignment."""
    table = Table(header_style="bold", pad_edge=False, box=SIMPLE_HEAD)
    table.add_column("check", overflow="fold")
    for name in ("gain", "lose", "class mean"):
        table.add_column(name, justify="right", no_wrap=True)
    differences: dict[str, list[float]] = {}
    for student in found.changed:
        for check in student.checks:
            differences.setdefault(check.name, []).append(check.difference)
    for name, each in differences.items():
        gain, lose = sum(d > 0 for d in each), sum(d < 0 for d in each)
        table.add_row(
            Text(name), str(gain), str(lose), signed(math.fsum(each) / len(found.students))
        )
    return table


def _said(change: CheckChange) -> str:
    was, now = (
        "none" if points is None else number(points) for points in (change.before, change.after)
    )
    return f"{change.name} {was} → {now}"


def _score(score: float | None, maximum: float) -> str:
    return f"{'?' if score is None else number(score)}/{number(maximum)}"


def _compared(
    before: StudentResult, after: StudentResult, other_words: Collection[str]
) -> StudentChange:
    was, now = dict(_checks_of(before)), dict(_checks_of(after))
    changes = (
        CheckChange(name, _points(was.get(name)), _points(now.get(name)))
        for name in dict.fromkeys((*was, *now))
    )
    return StudentChange(
        after.student,
        None if before.ungraded else before.score,
        None if after.ungraded else after.score,
        before.max_score,
        after.max_score,
        tuple(change for change in changes if change.before != change.after),
        after.student in other_words
        or was.keys() != now.keys()
        or before.remarks != after.remarks
        or any(_read(was[name]) != _read(now[name]) for name in now),
    )


def _checks_of(student: StudentResult) -> Iterator[tuple[str, CheckResult]]:
    for exercise in student.exercises:
        for check in exercise.checks:
            yield f"{exercise.name}.{check.name}", check


def _points(check: CheckResult | None) -> float | None:
    return None if check is None or check.status == "ungraded" else check.points


def _read(check: CheckResult) -> tuple[object, ...]:
    """What students read of a check, besides its points."""
    return check.status, check.max_points, check.message, check.misconception, check.judged_against
