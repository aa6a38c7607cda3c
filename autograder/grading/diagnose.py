"""Name the mistake: the misconception whose observations are those of the submission.

A misconception explains a failed check if it does with the same inputs what the submission did.
Several may do the same in one check (at the first update, say), so those are dropped that do not
explain the next one, until one is left.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from autograder.grading.judge import alike
from autograder.grading.oracle import Oracle
from autograder.model import Check, Failure, Inputs, Misconception, Observation


def diagnose(
    failed: Sequence[Check],
    passed: Sequence[Check],
    observed: Mapping[str, Observation],
    oracle: Oracle,
) -> dict[str, Misconception]:
    """For each failed check that a misconception explains, that misconception.

    Args:
        failed, passed: the checks of one exercise, in the author's order: the cheap ones, and
            those that tell the most apart, first.
        observed: what the submission did, by check id.
    """
    named: dict[str, Misconception] = {}
    left = [check for check in failed if _tells(observed[check.id])]
    while left:
        first = left[0]
        candidates = [
            known
            for known, did in oracle.observe_misconceptions(first)
            if same(observed[first.id], did, first, oracle.inputs[first.id])
        ]
        for check in (*left[1:], *passed):
            if len(candidates) > 1:
                # Those that also explain the next check; all of them if none does, as with a
                # second mistake.
                candidates = [
                    m for m in candidates if _explained(m, [check], observed, oracle)
                ] or candidates
        explained = _explained(candidates[0], left, observed, oracle) if candidates else ()
        named |= {check.id: candidates[0] for check in explained}
        left = [check for check in left[1:] if check.id not in named]
    return named


def _tells(observation: Observation) -> bool:
    """Whether an observation says enough to compare: a stub or a time-out looks like any other."""
    return observation.failure is None or observation.failure.kind == "raised"


def _explained(
    misconception: Misconception,
    checks: Sequence[Check],
    observed: Mapping[str, Observation],
    oracle: Oracle,
) -> list[Check]:
    """The checks in which the submission did what the misconception does."""
    did = oracle.observe_misconception(misconception, checks)
    return [c for c in checks if same(observed[c.id], did[c.id], c, oracle.inputs[c.id])]


def same(one: Observation, other: Observation, check: Check, inputs: Inputs) -> bool:
    """Whether two observations are of the same behaviour: equal arrays, or the same failure."""
    if one.failure or other.failure:
        return bool(one.failure and other.failure) and _words(one.failure) == _words(other.failure)
    if check.fingerprint is None:
        return alike(one.arrays, other.arrays)
    try:
        return alike(check.fingerprint(one.arrays, inputs), check.fingerprint(other.arrays, inputs))
    except Exception:  # arrays of a wrong shape have no fingerprint: they are like nothing known
        return False


def _words(failure: Failure | None) -> tuple[str, str, str] | None:
    # Numbers and names of variables differ between two runs of one mistake.
    if failure is None:
        return None
    return failure.kind, failure.exception, message_prefix(failure.message)


def message_prefix(message: str) -> str:
    """A message up to its first number, name or place: what two runs of one mistake share."""
    return re.sub(r"[\d'\"`<>].*", "", message)
