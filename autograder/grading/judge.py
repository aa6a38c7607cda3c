"""Judging: what must hold between what was observed and what was expected.

A judge runs in the grader, on arrays alone, and raises `Unmet` with the sentence that the student
reads. ``checks.py`` writes them as functions, with `expect` and `expect_close`, or takes a
ready-made one: `close`, `at_least`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from autograder.grading.compare import ATOL, RTOL, alike, difference, mismatch, place_in
from autograder.model import Arrays, Check, Inputs, Unmet

__all__ = [
    "ATOL",
    "RTOL",
    "Close",
    "Threshold",
    "Unmet",
    "alike",
    "alike_in",
    "at_least",
    "close",
    "expect",
    "expect_close",
]

# --- what a check's body says ---------------------------------------------------------------------


def expect(holds: object, message: str) -> None:
    """Fail a check unless something holds.

    Args:
        holds: any value; its truth counts. Of an array of several numbers, use ``.all()``.
        message: what the student reads: numbers, and a next step.

    Raises:
        Unmet: it does not hold.
    """
    if not holds:
        raise Unmet(message)


def expect_close(
    got: np.ndarray | float,
    wanted: np.ndarray | float,
    *,
    what: str,
    where: np.ndarray | None = None,
    rtol: float = RTOL,
    atol: float = ATOL,
) -> None:
    """Fail a check unless ``|got - wanted| <= atol + rtol * |wanted|`` wherever ``where`` is true.

    NaN and infinity are never close. The message shows the largest difference.

    Args:
        got: numbers of any shape.
        wanted: numbers that broadcast to the shape of ``got``.
        what: what the numbers are, for the message ("kept value at rate 0.2").
        where: booleans that broadcast to the shape of ``got``; None for everywhere.
        rtol: relative tolerance.
        atol: absolute tolerance.

    Raises:
        Unmet: some number is not close.
    """
    got = np.asarray(got)
    wanted = np.broadcast_to(np.asarray(wanted), got.shape)
    message = difference(what, got, wanted, rtol, atol, where)
    if message:
        raise Unmet(_sentence(message))


@contextmanager
def failing(prefix: str) -> Iterator[None]:
    """Put ``prefix`` in front of the message of a failure inside the block.

    with failing("After saving and loading: "):
        expect_close(observed["after"], expected["after"], what="output")
    """
    try:
        yield
    except Unmet as failure:
        raise Unmet(f"{prefix}{failure}") from failure


# --- ready-made judges ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Close:
    """A judge: every array equals the reference's within ``atol + rtol * |expected|``.

    Attributes:
        along: what the first axis of the arrays counts ("update"), for the message; the first
            index along it that differs is the one reported.
    """

    along: str = ""
    rtol: float = RTOL
    atol: float = ATOL

    def __call__(self, observed: Arrays, expected: Arrays) -> None:
        for place, got, wanted in self._places(observed, expected):
            message = difference(place, got, wanted, self.rtol, self.atol)
            if message:
                raise Unmet(message)

    def _places(
        self, observed: Arrays, expected: Arrays
    ) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
        if not self.along:
            for name, wanted in expected.items():
                yield name, observed[name], wanted
            return
        for step in range(max(map(len, expected.values()), default=0)):
            for name, wanted in expected.items():
                if step < len(wanted):
                    yield (
                        f"After {self.along} {step + 1}, {name}",
                        observed[name][step],
                        wanted[step],
                    )


def close(*, along: str = "", rtol: float = RTOL, atol: float = ATOL) -> Close:
    """A judge: every array equals the reference's within ``atol + rtol * |expected|``.

    Args:
        along: what the first axis of the arrays counts ("update"), for the message; the first
            index along it that differs is the one reported.
        rtol: relative tolerance; the default leaves room for many updates in float32.
        atol: absolute tolerance.
    """
    return Close(along, rtol, atol)


@dataclass(frozen=True)
class AlikeIn:
    """What `alike_in` returns."""

    check: str
    what: str

    def __call__(self, observed: Arrays, inputs: Inputs, others: Mapping[str, Arrays]) -> None:
        elsewhere = others.get(self.check)
        expect(elsewhere is not None, f"{self.check} has no numbers to compare with.")
        assert elsewhere is not None
        moves = any(np.ptp(array, axis=0).any() for array in elsewhere.values() if len(array) > 1)
        expect(moves, "Nothing moves.")
        problem = mismatch(observed, elsewhere)
        expect(not problem, f"{self.what}: {problem}")
        for name, wanted in elsewhere.items():
            expect_close(observed[name], wanted, what=f"{self.what}, {name}")


def alike_in(check: str, what: str) -> AlikeIn:
    """For ``in_itself``: every array is what the submission returned in another check.

    Args:
        check: the other check's name; both have the same inputs: see ``inputs_of``.
        what: what is compared, for the message ("compiled").
    """
    return AlikeIn(check, what)


@dataclass(frozen=True)
class Threshold:
    """A judge: a number that the grader computes from the observation reaches a threshold.

    Attributes:
        metric: ``metric(observed, inputs)``; gets the withheld inputs too.
        threshold: the least that passes.
        what: what the number is, for the message ("share of held-out digits read correctly").
    """

    metric: Callable[[Arrays, Inputs], float]
    threshold: float
    what: str

    def __call__(self, observed: Arrays, inputs: Inputs) -> None:
        value = self.metric(observed, inputs)
        if not value >= self.threshold:  # NaN reaches no threshold
            places = next(
                (n for n in (2, 3, 4) if f"{value:.{n}f}" != f"{self.threshold:.{n}f}"), 6
            )
            least, got = f"{self.threshold:.{places}f}", f"{value:.{places}f}"
            raise Unmet(_sentence(f"{self.what}: expected at least {least}, got {got}."))


def at_least(metric: Callable[[Arrays, Inputs], float], threshold: float, what: str) -> Threshold:
    """A judge: a number that the grader computes from the observation reaches a threshold.

    Args:
        metric: ``metric(observed, inputs)``; gets the withheld inputs too.
        threshold: the least that passes; NaN never does.
        what: what the number is, for the message ("share of held-out digits read correctly").
    """
    return Threshold(metric, threshold, what)


# --- what the engine does around every judge ------------------------------------------------------


def judge(
    check: Check,
    *,
    observed: Arrays,
    expected: Arrays,
    inputs: Inputs,
    wanted: Arrays | None = None,
) -> None:
    """Compare what is the same for all checks, then ask the check's own judge.

    Args:
        wanted: what the check's measure makes of ``expected``, if that is known already.

    Raises:
        Unmet: the claim does not hold.
        TypeError: the judge returned something; it has decided nothing then.
        Exception: anything else is a fault of the check.
    """
    if check.same_shapes:
        # `Close` says where along its axis a number is lost.
        _expect_same_kind(observed, expected, finite=not isinstance(check.judge, Close))
        # What the reference does not return is of unknown shape, and nothing to look at.
        observed = {name: observed[name] for name in expected}
    given = {"observed": observed, "expected": expected, "inputs": inputs}
    if "measured" in check.judge_takes:
        given["measured"] = measured(check, observed, inputs)
    if "wanted" in check.judge_takes:
        given["wanted"] = measured(check, expected, inputs) if wanted is None else wanted
    decide: Callable[..., object] = check.judge
    returned = decide(**{name: given[name] for name in check.judge_takes})
    if returned is not None:
        raise TypeError(
            f"the function of check {check.id} returned {_short(returned)}. Call expect(condition, "
            "message) instead; what a check returns is not looked at."
        )


def measured(check: Check, observed: Arrays, inputs: Inputs) -> Arrays:
    """What the check's measure makes of an observation; without a measure, the observation."""
    return observed if check.measure is None else check.measure(observed, inputs)


def _expect_same_kind(observed: Arrays, expected: Arrays, *, finite: bool) -> None:
    """Names, shapes, kinds of numbers, and finite numbers where the reference has finite ones."""
    problem = mismatch(observed, expected)
    if problem:
        raise Unmet(problem)
    for name, wanted in expected.items():
        lost = np.isfinite(wanted) & ~np.isfinite(observed[name])
        if finite and lost.any():
            bad = tuple(np.argwhere(lost)[0])
            place = place_in(name, np.array(bad))
            raise Unmet(f"{place}: expected a finite number, got {observed[name][bad]}.")


def _short(value: object) -> str:
    """A value for a message, in one line; of arrays the kind alone."""
    return " ".join(f"{value!r:.60}".split()) if np.isscalar(value) else type(value).__name__


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"
