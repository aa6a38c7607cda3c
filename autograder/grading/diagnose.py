"""Name the mistake: the misconception whose observations are those of the submission.

A misconception explains a failed check if it does with the same inputs what the submission did.
Several may do the same in one check (at the first update, say), so the one is named that
explains the most of what was seen over all checks of the exercise.
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
        candidates = _explaining(left[0], oracle.misconceptions(left[0].exercise), observed, oracle)
        if not candidates:
            left = left[1:]
            continue
        best = _most_consistent(candidates, failed, passed, observed, oracle)
        explained = [c for c in left if _explains(best, c, observed, oracle)]
        named |= {check.id: best for check in explained}
        left = [check for check in left if check.id not in named]
    return named


def _tells(observation: Observation) -> bool:
    """Whether an observation says enough to compare: a stub or a time-out looks like any other."""
    return observation.failure is None or observation.failure.kind == "raised"


def _most_consistent(
    candidates: Sequence[Misconception],
    failed: Sequence[Check],
    passed: Sequence[Check],
    observed: Mapping[str, Observation],
    oracle: Oracle,
) -> Misconception:
    for checks in (failed, passed):
        if len(candidates) == 1:
            break
        scores = [sum(_explains(m, c, observed, oracle) for c in checks) for m in candidates]
        candidates = [
            m for m, score in zip(candidates, scores, strict=True) if score == max(scores)
        ]
    return candidates[0]


def _explaining(
    check: Check,
    misconceptions: Sequence[Misconception],
    observed: Mapping[str, Observation],
    oracle: Oracle,
) -> list[Misconception]:
    return [m for m in misconceptions if _explains(m, check, observed, oracle)]


def _explains(
    misconception: Misconception,
    check: Check,
    observed: Mapping[str, Observation],
    oracle: Oracle,
) -> bool:
    inputs = oracle.inputs[check.id]
    return same(observed[check.id], oracle.mistaken(misconception, check), check, inputs)


def same(one: Observation, other: Observation, check: Check, inputs: Inputs) -> bool:
    """Whether two observations are of the same behaviour: equal arrays, or the same failure."""
    if one.failure or other.failure:
        return bool(one.failure and other.failure) and _words(one.failure) == _words(other.failure)
    if check.signature is None:
        return alike(one.arrays, other.arrays)
    try:
        return alike(check.signature(one.arrays, inputs), check.signature(other.arrays, inputs))
    except Exception:  # arrays of a wrong shape have no signature: they are like nothing known
        return False


def _words(failure: Failure | None) -> tuple[str, str, str] | None:
    # Numbers and names of variables differ between two runs of one mistake.
    if failure is None:
        return None
    return failure.kind, failure.exception, re.sub(r"[\d'\"`<>].*", "", failure.message)
