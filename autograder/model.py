"""The words of the project as data: what is asked, what was seen, what was decided.

Everything here is frozen, imports no keras, and is passed up and down the floors unchanged.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypedDict, TypeVar, Unpack

if TYPE_CHECKING:
    import numpy as np  # every command imports this module, `--help` too

Arrays: TypeAlias = "Mapping[str, np.ndarray]"
"""Named arrays of real numbers, integers or booleans; never objects."""

Inputs = Mapping[str, Any]
"""Keyword arguments of a probe: NumPy arrays and plain JSON values (hyper-parameters, names)."""

Judge = Callable[..., None]
"""Raises `Unmet` if what a check claims does not hold. Takes any of `JUDGE_ARGUMENTS` by name."""

J = TypeVar("J", bound=Judge)
Calls = tuple[tuple[str, int], ...]  # files and lines that led to a declaration, innermost first

Aspect = Literal["rule", "behaviour", "convergence"]
"""What a check is about: the formula itself; what holds of any formula that is carried out well
(graph mode, saving, instances, precision, what is refused); what the formula leads to."""

JUDGE_ARGUMENTS = ("observed", "expected", "inputs", "measured", "wanted")
"""What a judge may ask for: the arrays of the submission, those of the reference, the inputs
(withheld ones included), and what the check's ``measure`` makes of the submission's arrays and of
the reference's. A release holds only the last of a reference whose arrays are not asked for."""

FailureKind = Literal[
    "missing",  # the submission defines no such class or function
    "unwritten",  # the stub is still there: NotImplementedError
    "raised",  # the student's code raised
    "delegated",  # used something forbidden instead of writing it
    "malformed",  # what the probe got back is not arrays of the allowed types
    "timeout",  # out of time
    "memory",  # out of memory
    "crashed",  # the process died in another way
    "internal",  # the grader's own fault; leads to "ungraded", never to a zero
]


class AutograderError(Exception):
    """Wrong usage or a broken course: the message says what happened, where, and how to fix it."""


class Unmet(Exception):  # noqa: N818 - it says what happened, as StopIteration does
    """What a check claims does not hold: the student's failure. The message is what they read."""


@dataclass(frozen=True, kw_only=True)
class Check:
    """A probe with points, a judge, and one sentence that says what must hold.

    Attributes:
        name: an identifier that reads as a claim, unique within its exercise.
        exercise: name of the exercise it belongs to.
        claim: the sentence that students read.
        points: what it is worth, > 0.
        aspect: what it is about. Where the rule fails as a known mistake does, a check of
            "behaviour" is judged by what that mistake does there: see `grading/carry.py`.
        probe: name of a function in ``probes.py``, called in the child as ``probe(implementation,
            **inputs)``; returns named arrays. The function itself would import keras here.
        inputs: draws the probe's arguments from a ``numpy.random.Generator``. Runs in the grader.
        judge: raises `Unmet` if the claim does not hold; runs in the grader.
        measure: ``measure(observed, inputs)`` reduces the arrays to what the judge looks at (the
            share of zeros instead of a mask). What it returns is also the check's fingerprint: two
            implementations make the same mistake if it is the same. None: the whole observation.
        tolerance: absolute difference up to which fingerprints are the same, where chance is in
            them; None for the default.
        false_alarm: how often correct code may fail it by chance, at most: a probability. What a
            bound is worth follows from theory or from `benchmarks/false_alarms.py`.
        same_shapes: compare names, shapes, dtypes and finiteness with the reference before the
            judge runs. False where right implementations may differ in them.
        withheld: names of ``inputs`` that only the judge gets (held-out rows, labels).
        inputs_of: another check of the exercise with the same function for its inputs: this one
            gets the same numbers. "": inputs of its own.
        in_itself: ``in_itself(observed, inputs, others)`` raises `Unmet` if the claim does not hold
            whatever the rule is. ``others`` are the submission's arrays in the exercise's other
            checks, by name. Asked if the rule is wrong in a way that has no name. None: not asked.
        pairs: name two known mistakes at once, by this check alone: `build` tries each two of them.
        picture: ``picture(observed, expected, inputs)`` returns one of `grading/drawings.py`.
        budget: CPU seconds that the probe may take; None for many times what the reference takes.
        reference_floatx: Keras' default float type for the reference; students always have float32.
        hidden: graded with, never released.
        declared: where, for messages.
    """

    name: str
    exercise: str
    claim: str
    points: float
    probe: str
    inputs: Callable[[np.random.Generator], Inputs]
    judge: Judge
    measure: Callable[[Arrays, Inputs], Arrays] | None = None
    tolerance: float | None = None
    false_alarm: float = 1e-6
    same_shapes: bool = True
    aspect: Aspect = "rule"
    withheld: tuple[str, ...] = ()
    inputs_of: str = ""
    in_itself: Callable[[Arrays, Inputs, Mapping[str, Arrays]], None] | None = None
    pairs: bool = False
    picture: Callable[[Arrays, Arrays, Inputs], object] | None = None
    budget: float | None = None
    reference_floatx: Literal["float32", "float64"] = "float64"
    hidden: bool = False
    declared: Calls = field(default=(), repr=False, compare=False)

    @property
    def id(self) -> str:
        """Unique within the assignment: ``Momentum.follows_the_update_rule``."""
        return f"{self.exercise}.{self.name}"

    @cached_property
    def judge_takes(self) -> frozenset[str]:
        """Which of `JUDGE_ARGUMENTS` the judge asks for."""
        return frozenset(inspect.signature(self.judge).parameters) & frozenset(JUDGE_ARGUMENTS)


class CheckOptions(TypedDict, total=False):
    """The optional fields of `Check`."""

    measure: Callable[[Arrays, Inputs], Arrays]
    tolerance: float
    false_alarm: float
    same_shapes: bool
    aspect: Aspect
    withheld: tuple[str, ...]
    inputs_of: str
    in_itself: Callable[[Arrays, Inputs, Mapping[str, Arrays]], None]
    pairs: bool
    picture: Callable[[Arrays, Arrays, Inputs], object]
    budget: float
    reference_floatx: Literal["float32", "float64"]


@dataclass(frozen=True)
class Exercise:
    """One class or function the student writes, and the checks that are declared of it.

        Dropout = Exercise("Dropout", forbidden=("keras.layers.Dropout",))

        @Dropout.check(points=2, probe="training_calls", inputs=matrix)
        def zeroes_the_right_share(observed, inputs):
            '''In training, the share of elements that become 0 is the rate.'''

    Attributes:
        name: the class or function, as students write it.
        forbidden: dotted names (``keras.optimizers.Adam``) of what already is this exercise; a
            submission that uses one of them earns nothing for it.
        bonus: counts toward the score, not the maximum.
        checks: what has been declared so far, in order.
        declared: where, for messages.
    """

    name: str
    forbidden: tuple[str, ...] = ()
    bonus: bool = False
    checks: list[Check] = field(default_factory=list, repr=False, compare=False)
    declared: Calls = field(default_factory=lambda: _calls(), repr=False, compare=False)

    def check(
        self,
        *,
        points: float,
        probe: str,
        inputs: Callable[[np.random.Generator], Inputs],
        **options: Unpack[CheckOptions],
    ) -> Callable[[J], J]:
        """Declare a check whose judge is the decorated function.

        The function's name is the check's, the first paragraph of its docstring the claim. It takes
        any of `JUDGE_ARGUMENTS` by name and raises `Unmet` (see ``expect``) if the claim does not
        hold; any other exception leaves the check ungraded. It stays an ordinary function, so that
        one check may call another.
        """

        def declare(judge: J) -> J:
            name, paragraph = judge.__name__, inspect.cleandoc(judge.__doc__ or "").split("\n\n")[0]
            claim = " ".join(paragraph.split())
            self.rule(
                name, claim, points=points, probe=probe, inputs=inputs, judge=judge, **options
            )
            return judge

        return declare

    def rule(
        self,
        name: str,
        claim: str,
        *,
        points: float,
        probe: str,
        inputs: Callable[[np.random.Generator], Inputs],
        judge: Judge,
        **options: Unpack[CheckOptions],
    ) -> None:
        """Declare a check with a ready-made judge, such as ``close()``: one row of a table."""
        if unknown := set(options) - set(CheckOptions.__annotations__):
            known = ", ".join(CheckOptions.__annotations__)
            raise TypeError(f"a check has no option {min(unknown)!r}; its options are {known}")
        check = partial(Check, name=name, exercise=self.name, claim=claim, points=points)
        declared = _calls()
        self.checks.append(
            check(probe=probe, inputs=inputs, judge=judge, declared=declared, **options)
        )


def _calls() -> Calls:
    """The lines that are being executed, without those of this module and of the import system."""
    found, frame = [], sys._getframe().f_back
    while frame and not frame.f_code.co_filename.startswith("<frozen"):  # importlib
        if frame.f_code.co_filename not in (__file__, "<string>"):  # where dataclasses are made
            found.append((frame.f_code.co_filename, frame.f_lineno))
        frame = frame.f_back
    return tuple(found)


@dataclass(frozen=True)
class Misconception:
    """A known-wrong variant of the reference: one edit of an exercise's solution cell.

    A release holds its name, its hints and its arrays, never the edit or its ``line``.

    Attributes:
        hint: what the numbers show, as a question: the first of three steps.
        idea, where: the second and third step, read on demand: what is missing in thought, and
            where in the formula to look.
        carries: False if it is no slip but the absence of the idea (no velocity at all): such code
            earns nothing, whatever else holds of it.
        breaks: names of checks of behaviour whose claims this mistake itself makes false, although
            it is one of the rule: nothing is carried forward to them.
        same_as: another misconception of the exercise that is mathematically the same mistake, or
            "". No check can tell the two apart, so students read that one's name and hint.
        generated: made from the signature of the exercise, not written by the author.
    """

    name: str
    exercise: str
    hint: str
    find: str = ""
    replace: str = ""
    idea: str = ""
    where: str = ""
    carries: bool = True
    breaks: tuple[str, ...] = ()
    line: int = field(default=0, repr=False, compare=False)
    same_as: str = ""
    generated: bool = field(default=False, repr=False, compare=False)

    @property
    def known_as(self) -> str:
        """The name that a verdict gives."""
        return self.same_as or self.name


@dataclass(frozen=True)
class Failure:
    """Why a probe gave no arrays. Text that came from student code is already plain and bounded.

    Attributes:
        where: the student's own line ("cell 7, line 12: `velocity = ...`"), if one is known.
        exception: name of the exception's class.
        operation: what failed there, whatever names the student chose: method, kind, callee.
        meaning: what such an error usually means, if that is certain.
    """

    kind: FailureKind
    message: str
    where: str = ""
    exception: str = ""
    operation: str = ""
    meaning: str = ""


@dataclass(frozen=True)
class Observation:
    """What a probe saw: arrays or a failure; and what it used, measured of submissions alone."""

    arrays: Arrays = field(default_factory=dict)
    failure: Failure | None = None
    seconds: float = 0.0
    peak_bytes: int = 0
