"""The losses that a check of convergence compares, as a verdict keeps them: a few numbers.

The grader works them out of returned weights. What a submission makes of them may be NaN, infinite
or huge: such a number is kept as None.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import numpy as np

from autograder.grading.compare import mismatch
from autograder.grading.judge import measured
from autograder.grading.oracle import Oracle
from autograder.model import Arrays, Check, Observation
from autograder.verdicts import Curve, Curves

MOST_LOSSES, MOST_EPOCHS = 4, 100
"""Of one check. With more epochs, nothing is kept: a results file has this for each student."""

LARGEST = 1e100
"""What draws overflows some way before float64 does."""

DIGITS = 6
"""That are kept: a message tells two losses apart by as many at most."""


@runtime_checkable
class LossJudge(Protocol):
    """A judge that compares losses epoch by epoch. Its class is the course's own.

    Attributes:
        along: what the losses follow ("epoch").
        band: by how much the logarithms of two losses may differ.
    """

    @property
    def along(self) -> str: ...

    @property
    def band(self) -> float: ...

    def curves(self, measured: Arrays) -> Arrays:
        """The losses by name ("on unseen digits"), of shape (epochs,), from what is measured."""
        ...


def both_curves(check: Check, got: Arrays, oracle: Oracle) -> tuple[Arrays, Arrays] | None:
    """The losses of a submission and of the reference, by name; None if the check has none.

    Raises:
        Exception: the course's own code failed.
    """
    judge = check.judge
    if check.aspect != "convergence" or not isinstance(judge, LossJudge):
        return None
    # A measure need not expect arrays of another shape.
    if "wanted" not in check.judge_takes or mismatch(got, oracle.expected(check).arrays):
        return None
    own = measured(check, got, oracle.inputs[check.id])
    return judge.curves(own), judge.curves(oracle.wanted(check))


def curves_of(check: Check, seen: Observation, oracle: Oracle) -> Curves | None:
    """The losses for a verdict; None if there is nothing to draw.

    A fault in what a course has drawn costs the curves alone.
    """
    judge = check.judge
    if seen.failure or not isinstance(judge, LossJudge):
        return None
    try:
        both = both_curves(check, seen.arrays, oracle)
        if both is None or not 0 < len(both[1]) <= MOST_LOSSES:
            return None
        got, wanted = both
        losses = tuple(_curve(name, got[name], wanted[name]) for name in wanted)
        return Curves(str(judge.along), float(judge.band), losses)
    except Exception:
        return None


def _curve(name: str, got: np.ndarray, wanted: np.ndarray) -> Curve:
    """Raises: ValueError if they cannot be drawn."""
    if got.shape != wanted.shape or wanted.ndim != 1 or not 2 <= wanted.size <= MOST_EPOCHS:
        raise ValueError("no curve of one loss for each epoch")
    expected = tuple(loss for each in wanted if (loss := _short(each)) is not None)
    return Curve(str(name), tuple(map(_short, got)), expected)


def _short(loss: float) -> float | None:
    """With the digits that are kept; None if there is no such number."""
    return float(f"{loss:.{DIGITS}g}") if abs(float(loss)) < LARGEST else None
