"""What was decided: a verdict on each check, and the report of a submission.

Everything shown or stored is drawn from a report.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

from autograder.model import Aspect, FailureKind

Status = Literal["passed", "failed", "error", "ungraded"]

JudgedAgainst = Literal[
    "reference",
    "mistake",  # what the known mistake does whose rule the submission follows
    "itself",  # what the submission does elsewhere
    "nothing",  # it depends on a rule that is wrong: nothing can be said of it
]

PARTS = " · "
"""In a message, between the student's line, what Python said, and what it usually means."""

EXACT_IN_JSON = 2**53
"""Many programs that read JSON round larger numbers: JavaScript, jq, R, spreadsheets."""


def seed_in_json(seed: int) -> int | str:
    """A seed as JSON keeps it exactly: a number up to 2**53, the digits as text beyond."""
    return seed if seed <= EXACT_IN_JSON else str(seed)


@dataclass(frozen=True, slots=True)  # a class has many of them
class Curve:
    """A loss after every epoch, of a submission and of the reference.

    Attributes:
        name: what follows the word loss: "on unseen digits".
        observed: of the submission; None where that is no finite number.
        expected: of the reference, as many, at least 2.

    Raises:
        ValueError: they are not as many, or there is a number that is not finite.
    """

    name: str
    observed: tuple[float | None, ...]
    expected: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.observed) != len(self.expected) or len(self.expected) < 2:
            raise ValueError(f"the loss {self.name!r} has not as many numbers as expected")
        if not all(map(math.isfinite, (*self.expected, *filter(None, self.observed)))):
            raise ValueError(f"the loss {self.name!r} has a number that is not finite")


@dataclass(frozen=True, slots=True)
class Curves:
    """The losses that a check of convergence compares.

    Attributes:
        along: what is counted: "epoch".
        band: by how much the logarithms of two losses may differ.
        losses: at least one, all of equally many epochs.

    Raises:
        ValueError: they are not.
    """

    along: str
    band: float
    losses: tuple[Curve, ...]

    def __post_init__(self) -> None:
        if not self.losses or len({len(each.expected) for each in self.losses}) > 1:
            raise ValueError("the losses are not of equally many epochs")


@dataclass(frozen=True)
class Verdict:
    """The decision on one check.

    Attributes:
        further: the steps after the hint, for those who ask: the idea, and where to look.
        judged_against: what the submission was compared with.
        together_with: a second misconception, if only both together explain what was seen.
        explains: how many failed checks of the exercise its misconception explains, and of how
            many. Those that depend on a wrong rule are not counted: nothing is known of them. 0 of
            0 where two mistakes in one formula are known by this check alone.
        observed: digest of what the submission returned; "" if nothing was run.
        curves: the losses, if the check compares any and the submission returned its weights.
        cause: why the submission gave no answer; None if it gave one.
    """

    check: str
    claim: str
    status: Status
    points: float
    max_points: float
    message: str = ""
    misconception: str | None = None
    hint: str = ""
    hidden: bool = False
    further: tuple[str, ...] = ()
    aspect: Aspect = "rule"
    judged_against: JudgedAgainst = "reference"
    together_with: str | None = None
    explains: tuple[int, int] = (0, 0)
    observed: str = field(default="", compare=False)
    curves: Curves | None = field(default=None, compare=False)
    cause: FailureKind | None = field(default=None, compare=False)

    @property
    def in_one_formula(self) -> bool:
        """Whether its two misconceptions are known by this check alone, where both meet."""
        return self.together_with is not None and self.explains == (0, 0)

    @property
    def partly(self) -> bool:
        """Whether its misconception is not all that is wrong: it explains only a part of the
        failed checks, or this one only together with another."""
        explained, failed = self.explains
        return self.misconception is not None and (
            explained < failed or self.together_with is not None
        )


@dataclass(frozen=True, slots=True)
class Used:
    """What the checks of an exercise used of the machine: never quite the same twice.

    Attributes:
        seconds: CPU seconds of all of them.
        megabytes: the most memory that one of their processes had beyond the libraries; None if
            that is unknown.
    """

    seconds: float
    megabytes: float | None = None


@dataclass(frozen=True)
class ExerciseReport:
    """The verdicts on one exercise.

    Points are added up exactly and rounded once: `sum` rounds in one way up to Python 3.11 and in
    another since.

    Attributes:
        used: what its checks used; None if nothing was run, and in reports that were read again.
    """

    name: str
    bonus: bool
    verdicts: tuple[Verdict, ...]
    used: Used | None = field(default=None, compare=False)

    @property
    def score(self) -> float:
        return math.fsum(verdict.points for verdict in self.verdicts)

    @property
    def max_score(self) -> float:
        return math.fsum(verdict.max_points for verdict in self.verdicts)

    @property
    def ungraded(self) -> bool:
        """True if the grader failed on any check: a person has to look, there is no score."""
        return any(verdict.status == "ungraded" for verdict in self.verdicts)


@dataclass(frozen=True)
class Report:
    """Verdicts and scores of one submission; everything shown or stored is drawn from it.

    ``remarks`` are plain sentences about the submission itself: a broken cell, an edited check
    cell, nothing submitted.
    """

    student: str
    assignment: str
    exercises: tuple[ExerciseReport, ...]
    seed: int
    sandbox: str
    remarks: tuple[str, ...] = ()

    @property
    def score(self) -> float:
        """Points earned, bonus included."""
        return math.fsum(exercise.score for exercise in self.exercises)

    @property
    def max_score(self) -> float:
        """Points of the exercises that are not a bonus."""
        return math.fsum(e.max_score for e in self.exercises if not e.bonus)

    @property
    def complete(self) -> bool:
        """Whether every exercise that is no bonus earned all its points."""
        return all(e.score == e.max_score for e in self.exercises if not e.bonus)

    @property
    def ungraded(self) -> bool:
        """Whether the grader failed on any check of it."""
        return any(exercise.ungraded for exercise in self.exercises)
