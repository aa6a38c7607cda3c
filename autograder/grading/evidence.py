"""What there is to compare in one exercise: what the submission did, and what the mistakes do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from autograder.grading.compare import ATOL, RTOL, mismatch, near
from autograder.grading.fingerprint import (
    NO_FINGERPRINT,
    fingerprint,
    is_silent,
    same,
    tells_nothing,
)
from autograder.grading.oracle import Oracle
from autograder.model import Check, Misconception, Observation


class Evidence:
    """The fingerprints of a submission in the checks of one exercise.

    Attributes:
        failed, passed: the checks, in the author's order.
        telling: those of them in which the submission did something that can be compared.
        seen: its fingerprints, by check id.
    """

    def __init__(
        self,
        failed: Sequence[Check],
        passed: Sequence[Check],
        observed: Mapping[str, Observation],
        oracle: Oracle,
    ) -> None:
        self.failed, self.passed = failed, passed
        self.seen = {
            check.id: fingerprint(observed[check.id], check, oracle.inputs[check.id])
            for check in (*failed, *passed)
        }
        self.telling = [check for check in (*failed, *passed) if tells(self.seen[check.id])]
        self._oracle = oracle

    def is_error(self, check: Check) -> bool:
        return self.seen[check.id].failure is not None

    def does(self, known: Misconception, checks: Sequence[Check]) -> Mapping[str, Observation]:
        """What a mistake does in some checks, by check id."""
        return self._oracle.observe_misconception(known, checks)

    def all_do(self, check: Check) -> Sequence[tuple[Misconception, Observation]]:
        """What each mistake of the exercise does in a check."""
        return self._oracle.observe_misconceptions(check)

    def alike(self, check: Check) -> list[Misconception]:
        """The mistakes that do in a check what the submission did."""
        return [known for known, did in self.all_do(check) if self.matches(did, check)]

    def explained(self, known: Misconception, checks: Sequence[Check]) -> list[Check]:
        """The checks in which the submission did what a mistake does."""
        did = self.does(known, checks)
        return [check for check in checks if self.matches(did[check.id], check)]

    def denied(self, known: Misconception, checks: Sequence[Check]) -> list[Check]:
        """The checks in which a mistake would show, and the submission did something else.

        Where both lose all their numbers, nothing can be said.
        """
        did = self.does(known, checks)
        return [
            check
            for check in checks
            if not self.matches(did[check.id], check)
            and not same(did[check.id], self.right(check), check)
            and not (is_silent(self.seen[check.id]) and is_silent(did[check.id]))
        ]

    def lost(self, known: Iterable[Misconception]) -> frozenset[str]:
        """The ids of the failed checks in which nothing but NaN came of the submission, and of a
        mistake too."""
        silent = [check for check in self.failed if is_silent(self.seen[check.id])]
        found = set[str]()
        for mistake in known if silent else ():
            did = self.does(mistake, silent)
            found |= {key for key, one in did.items() if is_silent(one)}
        return frozenset(found)

    def only_lost(self, check: Check) -> bool:
        """Whether all that is wrong in a check is that some numbers are NaN or infinite."""
        seen, right = self.seen[check.id], self.right(check)
        if seen.failure or right.failure or mismatch(seen.arrays, right.arrays):
            return False
        pairs = [(seen.arrays[name], wanted) for name, wanted in right.arrays.items()]
        return all(
            (near(got, wanted, RTOL, ATOL) | ~np.isfinite(got)).all() for got, wanted in pairs
        )

    def matches(self, did: Observation, check: Check) -> bool:
        return same(self.seen[check.id], did, check)

    def right(self, check: Check) -> Observation:
        """The fingerprint of the reference."""
        try:
            return Observation(self._oracle.wanted(check))
        except Exception:  # a measure is the author's code
            return NO_FINGERPRINT


def tells(seen: Observation) -> bool:
    """Whether it says enough to compare: a stub or a time-out looks like any other."""
    if seen.failure:
        return seen.failure.kind == "raised"
    return not tells_nothing(seen.arrays)
