"""What of an observation tells one mistake from another, and whether two are the same."""

from __future__ import annotations

import re

from autograder.grading.judge import ATOL, alike, measured
from autograder.model import Check, Failure, Inputs, Observation

NO_FINGERPRINT = Observation(failure=Failure("internal", "no fingerprint"))
"""Of arrays that the check's measure cannot reduce: they are like nothing known."""


def fingerprint(observation: Observation, check: Check, inputs: Inputs) -> Observation:
    """The observation, its arrays reduced to what tells one mistake from another.

    That is what the check's ``measure`` returns, or else all of the arrays. A failure (an exception
    that the probe ended with) is its own fingerprint.
    """
    if observation.failure:
        return observation
    try:
        return Observation(measured(check, observation.arrays, inputs))
    except Exception:  # arrays of a wrong shape, which a measure need not expect
        return NO_FINGERPRINT


def same(one: Observation, other: Observation, check: Check) -> bool:
    """Whether two fingerprints are of the same behaviour: equal arrays, or the same failure.

    Arrays are equal within the check's ``tolerance``, or that of all comparisons; where both are
    NaN or infinite, they are equal too. Failures are the same if their kind, the exception's class,
    and its message up to the first number or name are the same.
    """
    if one.failure or other.failure:
        known = one is not NO_FINGERPRINT and bool(one.failure and other.failure)
        return known and _words(one.failure) == _words(other.failure)
    tolerance = ATOL if check.tolerance is None else check.tolerance
    return alike(one.arrays, other.arrays, atol=tolerance)


def _words(failure: Failure | None) -> tuple[str, str, str] | None:
    # Numbers and names of variables differ between two runs of one mistake.
    if failure is None:
        return None
    return failure.kind, failure.exception, message_prefix(failure.message)


def message_prefix(message: str) -> str:
    """A message up to its first number, name or place: what two runs of one mistake share."""
    return re.sub(r"[\d'\"`<>].*", "", message)
