"""Name the mistake: the misconception whose observations are those of the submission.

A misconception explains a failed check if it does with the same inputs what the submission did.
Several may do the same in one check (at the first update, say), so those are dropped that do not
explain the next one, until one is left.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from autograder.grading.fingerprint import fingerprint, same
from autograder.grading.oracle import Oracle
from autograder.model import Check, Misconception, Observation


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
    if not failed:
        return {}
    seen = {
        check.id: fingerprint(observed[check.id], check, oracle.inputs[check.id])
        for check in (*failed, *passed)
    }
    named: dict[str, Misconception] = {}
    left = [check for check in failed if _tells(seen[check.id])]
    while left:
        first = left[0]
        candidates = [
            known
            for known, did in oracle.observe_misconceptions(first)
            if same(seen[first.id], did, first)
        ]
        for check in (*left[1:], *passed):
            if len(candidates) > 1:
                # Those that also explain the next check; all of them if none does, as with a
                # second mistake.
                candidates = [
                    m for m in candidates if _explained(m, [check], seen, oracle)
                ] or candidates
        explained = _explained(candidates[0], left, seen, oracle) if candidates else ()
        named |= {check.id: candidates[0] for check in explained}
        left = [check for check in left[1:] if check.id not in named]
    return named


def _tells(seen: Observation) -> bool:
    """Whether it says enough to compare: a stub or a time-out looks like any other."""
    return seen.failure is None or seen.failure.kind == "raised"


def _explained(
    misconception: Misconception,
    checks: Sequence[Check],
    seen: Mapping[str, Observation],
    oracle: Oracle,
) -> list[Check]:
    """The checks in which the submission did what the misconception does."""
    did = oracle.observe_misconception(misconception, checks)
    return [check for check in checks if same(seen[check.id], did[check.id], check)]
