"""Name the mistake: the misconception whose observations are those of the submission.

A misconception explains a failed check if it does with the same inputs what the submission did.
Several may do the same in one check (at the first update, say), so those are dropped that do not
explain the next one. Where more than one is left, none is named: a false name is worse than none.

An error is weaker evidence than numbers, since many mistakes end in the same one. It names a
misconception only if that does in every other check of the exercise, too, what the submission did.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from autograder.grading.fingerprint import fingerprint, same, tells_nothing
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
    telling = [check for check in (*failed, *passed) if tells(seen[check.id])]
    named: dict[str, Misconception] = {}
    left = [check for check in failed if check in telling]
    # Numbers first: the errors that their misconception explains need no name of their own.
    left.sort(key=lambda check: seen[check.id].failure is not None)
    while left:
        first, error = left[0], seen[left[0].id].failure is not None
        candidates = _candidates(first, [*left[1:], *passed], seen, oracle)
        if error:
            candidates = [
                m for m in candidates if len(_explained(m, telling, seen, oracle)) == len(telling)
            ]
        one = _one(candidates)
        explained = _explained(one, left, seen, oracle) if one else ()
        named |= {check.id: one for check in explained if one}
        if error:  # what fits everywhere fits the other errors too
            break
        left = [check for check in left[1:] if check.id not in named]
    return named


def tells(seen: Observation) -> bool:
    """Whether it says enough to compare: a stub or a time-out looks like any other."""
    if seen.failure:
        return seen.failure.kind == "raised"
    return not tells_nothing(seen.arrays)


def _candidates(
    first: Check, others: Sequence[Check], seen: Mapping[str, Observation], oracle: Oracle
) -> list[Misconception]:
    """The misconceptions that explain a check, and of several those that explain more checks."""
    candidates = [
        known
        for known, did in oracle.observe_misconceptions(first)
        if same(seen[first.id], did, first)
    ]
    for check in others:
        if len(candidates) > 1:
            # Those that also explain the next check; all of them if none does, as with a second
            # mistake.
            candidates = [
                m for m in candidates if _explained(m, [check], seen, oracle)
            ] or candidates
    return candidates


def _one(candidates: Sequence[Misconception]) -> Misconception | None:
    """The misconception that is left; of several that are one mistake, the author's first.

    One that is generated gives way to an author's that does the same: its hint says more.
    """
    left = [known for known in candidates if not known.generated] or candidates
    return left[0] if len({known.known_as for known in left}) == 1 else None


def _explained(
    misconception: Misconception,
    checks: Sequence[Check],
    seen: Mapping[str, Observation],
    oracle: Oracle,
) -> list[Check]:
    """The checks in which the submission did what the misconception does."""
    did = oracle.observe_misconception(misconception, checks)
    return [check for check in checks if same(seen[check.id], did[check.id], check)]
