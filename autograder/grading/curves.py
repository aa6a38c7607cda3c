"""The losses that a check of convergence compares."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from autograder.grading.compare import mismatch
from autograder.grading.judge import measured
from autograder.grading.oracle import Oracle
from autograder.model import Arrays, Check


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
