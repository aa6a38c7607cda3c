"""The words of the project as data: what is asked, what was seen, what was decided.

Everything here is frozen, imports no keras, and is passed up and down the floors unchanged.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

Arrays = Mapping[str, np.ndarray]
"""Named arrays of real numbers, integers or booleans; never objects."""

Inputs = Mapping[str, Any]
"""Keyword arguments of a probe: NumPy arrays and plain JSON values (hyper-parameters, names)."""

Judge = Callable[[Arrays, Arrays, Inputs], str | None]
"""``judge(observed, expected, inputs)`` returns what is wrong in one or two sentences, or None."""

FailureKind = Literal[
    "missing",  # the submission defines no such class or function
    "unwritten",  # the stub is still there: NotImplementedError
    "raised",  # the student's code raised
    "delegated",  # the finished class or function was used in place of writing it
    "malformed",  # what the probe got back is not arrays of the allowed types
    "timeout",  # out of time
    "memory",  # out of memory
    "crashed",  # the process died in another way
    "internal",  # the grader's own fault; leads to "ungraded", never to a zero
]

Status = Literal["passed", "failed", "error", "ungraded"]


class AutograderError(Exception):
    """Wrong usage or a broken course: the message says what, where, and how to mend it."""


@dataclass(frozen=True)
class Exercise:
    """One class or function the student writes.

    ``forbidden`` lists dotted names (``keras.optimizers.Adam``) of what already is this exercise;
    a submission that uses one of them in its place is refused for this exercise.
    """

    name: str
    forbidden: tuple[str, ...] = ()
    bonus: bool = False


@dataclass(frozen=True)
class Check:
    """A probe with points, a comparison, and one sentence that says what must hold.

    Attributes:
        name: an identifier that reads as a claim, unique within its exercise.
        exercise: name of the exercise it belongs to.
        claim: the sentence that students read.
        points: what it is worth, > 0.
        probe: name of a function in the assignment's ``probes.py``, called in the child as
            ``probe(implementation, **inputs)``; returns named arrays.
        inputs: draws the probe's keyword arguments from a ``numpy.random.Generator``; runs in the
            grader, so that the child sees nothing but the values.
        judge: compares observation and reference; runs in the grader.
        withheld: names of ``inputs`` that only the judge gets (held-out rows, labels).
        budget: seconds of CPU time the probe may take; None for the default, which is many times
            what the reference takes.
        fingerprint: ``fingerprint(observed, inputs)`` reduces an observation to what tells one
            mistake from another, where chance keeps two runs of one mistake from being equal (the
            share of zeros instead of a mask). None: the whole observation, which must be equal.
        reference_floatx: Keras' default float type while the reference is probed; students'
            implementations always run in float32.
        hidden: graded with, never released.
    """

    name: str
    exercise: str
    claim: str
    points: float
    probe: str
    inputs: Callable[[np.random.Generator], Inputs]
    judge: Judge
    withheld: tuple[str, ...] = ()
    budget: float | None = None
    fingerprint: Callable[[Arrays, Inputs], Arrays] | None = None
    reference_floatx: Literal["float32", "float64"] = "float64"
    hidden: bool = False

    @property
    def id(self) -> str:
        """Unique within the assignment: ``Momentum.follows_the_update_rule``."""
        return f"{self.exercise}.{self.name}"


@dataclass(frozen=True)
class Misconception:
    """A known-wrong variant of the reference: one edit of an exercise's solution cell.

    A release holds the name, the hint and the arrays of a misconception, never its edit.
    """

    name: str
    exercise: str
    hint: str
    find: str = ""
    replace: str = ""


@dataclass(frozen=True)
class Failure:
    """Why a probe gave no arrays. Text that came from student code is already plain and bounded.

    ``where`` is the student's own line ("cell 7, line 12: `velocity = ...`"), if one is known.
    """

    kind: FailureKind
    message: str
    where: str = ""
    exception: str = ""


@dataclass(frozen=True)
class Observation:
    """What a probe saw: named arrays, or the failure that kept it from seeing them.

    ``seconds`` is the CPU time it took by its own account: believed of the reference alone.
    """

    arrays: Arrays = field(default_factory=dict)
    failure: Failure | None = None
    seconds: float = 0.0


@dataclass(frozen=True)
class SourceFile:
    """One cell (or module) of an implementation, and which of its top-level statements to run.

    ``name`` ends in ``.py`` (AutoGraph looks the source up under it); ``label`` is what a person
    calls it ("cell 7"). ``keep`` holds indices into ``ast.parse(text).body``.
    """

    name: str
    label: str
    text: str
    keep: tuple[int, ...]


@dataclass(frozen=True)
class Definitions:
    """The statements that define the exercises of one implementation, in order."""

    files: tuple[SourceFile, ...]


@dataclass(frozen=True)
class Probe:
    """A probe cut out of ``probes.py``: its own source and what that refers to, nothing more."""

    name: str
    source: str


@dataclass(frozen=True)
class Verdict:
    """The decision on one check."""

    check: str
    claim: str
    status: Status
    points: float
    max_points: float
    message: str = ""
    misconception: str | None = None
    hint: str = ""
    hidden: bool = False


@dataclass(frozen=True)
class ExerciseReport:
    """The verdicts on one exercise.

    Points are added up exactly and rounded once: `sum` rounds in one way up to Python 3.11 and in
    another since.
    """

    name: str
    bonus: bool
    verdicts: tuple[Verdict, ...]

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
