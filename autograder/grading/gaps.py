"""Where two observations differ: first, most, and in how many numbers; and by how much they may."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from autograder.grading.compare import ATOL, RTOL, both_astray, mismatch, near, place_in
from autograder.grading.judge import Close, measured
from autograder.model import Arrays, Check, Inputs


@dataclass(frozen=True)
class Gap:
    """One number that is not as expected, and how far it may be off."""

    place: str
    expected: float
    observed: float
    allowed: float

    @property
    def off(self) -> float:
        return abs(self.observed - self.expected)


@dataclass(frozen=True)
class Compared:
    """Arrays beside others, number by number.

    Attributes:
        measure: whether these are what the check's measure makes of the arrays.
        problem: why they cannot be compared: another shape, a missing array; "" if they can.
        first, largest: of the numbers that differ; None if none does.
        differing, total: how many numbers differ, and how many there are.
        rtol, atol: a number may be off by ``atol + rtol * |expected|``.
        own: whether the check judges by just this; otherwise its own function decides, and the
            tolerances are those of every comparison.
    """

    measure: bool
    problem: str
    first: Gap | None
    largest: Gap | None
    differing: int
    total: int
    rtol: float
    atol: float
    own: bool


def compare(check: Check, got: Arrays, wanted: Arrays, inputs: Inputs) -> Compared:
    """Two observations of a check side by side."""
    judge = check.judge
    own = isinstance(judge, Close)
    rtol, atol = (judge.rtol, judge.atol) if isinstance(judge, Close) else (RTOL, ATOL)
    measure = check.measure is not None and not own
    if measure:
        try:
            got, wanted = measured(check, got, inputs), measured(check, wanted, inputs)
        except Exception:  # arrays of a shape that the author's measure need not expect
            measure = False
    problem = mismatch(got, wanted) or ""
    if problem:
        return Compared(measure, problem, None, None, 0, 0, rtol, atol, own)
    found = [_gaps(name, got[name], right, rtol, atol) for name, right in wanted.items()]
    wrong = [gaps for gaps in found if gaps]
    if isinstance(judge, Close) and judge.along:  # the first step first, whichever array
        wrong.sort(key=lambda gaps: gaps.step)
    return Compared(
        measure,
        "",
        wrong[0].first if wrong else None,
        max((gaps.largest for gaps in wrong), key=_size, default=None),
        sum(gaps.count for gaps in wrong),
        sum(array.size for array in wanted.values()),
        rtol,
        atol,
        own,
    )


@dataclass(frozen=True)
class _Gaps:
    """The numbers of one array that differ; ``step`` is the place of the first along axis 0."""

    count: int
    step: int
    first: Gap
    largest: Gap


def _gaps(name: str, got: np.ndarray, right: np.ndarray, rtol: float, atol: float) -> _Gaps | None:
    wrong = ~near(got, right, rtol, atol) & ~both_astray(got, right)
    if not wrong.any():
        return None
    with np.errstate(all="ignore"):
        off = np.abs(got.astype(np.float64) - right.astype(np.float64))
    off = np.where(wrong, np.where(np.isfinite(off), off, np.inf), -1.0)

    def gap(at: tuple[int, ...]) -> Gap:
        expected = float(right[at])
        place = place_in(name, np.array(at, int))
        return Gap(place, expected, float(got[at]), atol + rtol * abs(expected))

    first = tuple(int(index) for index in np.argwhere(wrong)[0])
    worst = tuple(int(index) for index in np.unravel_index(int(np.argmax(off)), off.shape))
    return _Gaps(int(wrong.sum()), first[0] if first else 0, gap(first), gap(worst))


def _size(gap: Gap) -> float:
    return gap.off if np.isfinite(gap.off) else float("inf")
