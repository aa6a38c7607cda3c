"""A student's feedback as one HTML page: no network, no script, every text of students cleaned.

What is right is folded, the first failure is open. The page is drawn from plain data, so that it is
the same by whichever command it is made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache

from jinja2 import Environment
from markupsafe import Markup

from autograder.grading.decide import UNWRITTEN
from autograder.reports import pages
from autograder.reports.feedback import HIDDEN_CLAIM, Row, ShownExercise, number
from autograder.reports.loss_chart import loss_charts
from autograder.reports.page_parts import policy_hash, template_text

NOTHING = Markup()


@dataclass(frozen=True)
class Points:
    """The points of one graded cell, as the gradebook has them.

    Attributes:
        final: with what a person gave; None while they wait for a person.
        most: what can be earned; of a bonus, on top of the assignment's points.
        auto: what the autograder gave; None if it gave nothing.
        manual: whether a person gave points instead.
        extra: extra credit that a person gave.
    """

    final: float | None
    most: float
    auto: float | None
    manual: bool = False
    extra: float = 0.0


@dataclass(frozen=True)
class Part:
    """One exercise or written answer.

    Attributes:
        exercise: the verdicts; None where a person grades.
        table: the verdicts as a table, where they are not there as data.
        code: what was submitted, in colours; "" if there is none.
        answer: what was written, as HTML.
        question: what was asked, as HTML, where it is not a part of the answer.
        comments: of a person, or of nbgrader, as HTML.
        elsewhere: the work is, or may be, in another cell.
    """

    name: str
    points: Points
    exercise: ShownExercise | None = None
    table: Markup = NOTHING
    code: Markup = NOTHING
    answer: Markup = NOTHING
    question: Markup = NOTHING
    comments: tuple[Markup, ...] = ()
    elsewhere: bool = False
    open: bool = False

    @property
    def bonus(self) -> bool:
        # A bonus has no points of its own in nbgrader.
        return self.exercise.bonus if self.exercise else self.points.most == 0

    @property
    def state(self) -> str:
        """``passed``, ``failed``, ``unwritten``, ``waiting``, or ``given``: some points by hand."""
        if self.points.final is None:
            return "waiting"
        if self.points.final == 0 and self._unwritten:
            return "unwritten"
        if self.points.final >= self.points.most - 1e-9:
            return "passed"
        by_hand = self.exercise is None and self.points.manual and self.points.final > 0
        return "given" if by_hand else "failed"

    @property
    def _unwritten(self) -> bool:
        rows = [row for row in self.wrong if row.claim != HIDDEN_CLAIM]
        return bool(rows) and not self.holding and rows[0].message.startswith(UNWRITTEN)

    @property
    def wrong(self) -> list[Row]:
        rows = self.exercise.rows if self.exercise else ()
        return [row for row in rows if row.status != "passed"]

    @property
    def holding(self) -> list[Row]:
        rows = self.exercise.rows if self.exercise else ()
        return [row for row in rows if row.status == "passed"]


@dataclass(frozen=True)
class Late:
    """How late a submission was, and what that cost."""

    seconds: float
    penalty: float


@dataclass(frozen=True)
class Feedback:
    """Everything on a student's page.

    Attributes:
        name: the student's, from the gradebook; "" if it has none.
        submitted, due: in UTC, without a zone, as nbgrader keeps them.
        by_hand: points that a person gave or took.
        bonus: points of bonus exercises, part of the score.
        notes: what was noticed about the submission, one list for each occasion.
        others: the student's other cells.
    """

    assignment: str
    student: str
    name: str
    score: float
    max_score: float
    submitted: datetime | None
    due: datetime | None
    late: Late
    by_hand: float
    waiting: float
    bonus: float
    notes: tuple[tuple[str, ...], ...]
    parts: tuple[Part, ...]
    others: tuple[Markup, ...]
    comments: tuple[Markup, ...] = ()


def feedback_page(feedback: Feedback) -> str:
    """The page."""
    style = template_text("feedback_page.css")
    return (
        _environment()
        .get_template("feedback_page.html.j2")
        .render(
            page=feedback,
            parts=_first_failure_open(feedback.parts),
            others_open=any(part.elsewhere for part in feedback.parts),
            style=Markup(style),
            style_hash=Markup(policy_hash(style)),
        )
    )


def readable(name: str) -> str:
    """A cell's id as a title: ``which_of_the_four`` becomes "Which of the four"."""
    if not name.islower():
        return name  # a class
    words = name.replace("_", " ").replace("-", " ").strip()
    return words[:1].upper() + words[1:]


def duration(seconds: float) -> str:
    """A time in words, in its two largest units: "2 days 5 hours"."""
    minutes = max(1, round(seconds / 60))
    days, rest = divmod(minutes, 24 * 60)
    hours, minutes = divmod(rest, 60)
    counts = [(days, "day"), (hours, "hour"), (minutes, "minute")]
    words = [f"{n} {unit}{'' if n == 1 else 's'}" for n, unit in counts if n]
    return " ".join(words[:2])


def signed(points: float) -> str:
    """Points with their sign, a minus as wide as the plus."""
    sign = "\N{MINUS SIGN}" if points < 0 else "+"
    return f"{sign}{number(abs(points))}"


def _first_failure_open(parts: Sequence[Part]) -> list[Part]:
    """The first exercise that fails is open; if none does, the first that is not written."""
    failing = [part.name for part in parts if part.exercise and part.state == "failed"]
    failing += [p.name for p in parts if p.state == "unwritten" and not p.bonus]
    return [replace(part, open=part.name in failing[:1]) for part in parts]


@cache
def _environment() -> Environment:
    environment = pages.environment(trim_blocks=True, lstrip_blocks=True)
    environment.globals.update(points=number, signed=signed, readable=readable, duration=duration)
    environment.globals["loss_charts"] = loss_charts
    return environment
