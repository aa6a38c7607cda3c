"""Two known mistakes in one formula, where neither alone does what the submission does.

Their numbers cannot be worked out from those of each alone. So `autograder build` runs the
reference with both (`autograder.grading.pairing`), in those checks that ask for it, and a release
holds a sample of the numbers, for the public seed. A submission that was graded with other inputs
is tried once more with these.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from autograder.grading.compare import ATOL, RTOL, near
from autograder.grading.fingerprint import fingerprint
from autograder.grading.trial import Trial
from autograder.model import Misconception, Observation
from autograder.verdicts import ExerciseReport, Verdict

NUMBERS = 32
"""How many numbers of a check are compared. All of them would make a release ten times as large."""


@dataclass(frozen=True)
class Pairs:
    """What each two known mistakes of an exercise do at once in one of its checks.

    Attributes:
        trial: the check, with the public seed.
        size: how many numbers the reference returns there.
        names: of the two mistakes, pair by pair.
        numbers: shape (pairs, numbers): what `sample` takes of each.
    """

    trial: Trial
    size: int
    names: Sequence[tuple[str, str]]
    numbers: np.ndarray

    def in_doubt(self, report: ExerciseReport) -> bool:
        """Whether the check fails by its numbers, and no mistake is named there."""
        return any(self._is_open(verdict) for verdict in report.verdicts)

    def _is_open(self, verdict: Verdict) -> bool:
        named = verdict.misconception is not None
        return verdict.check == self.trial.check.name and verdict.status == "failed" and not named

    def named(
        self, report: ExerciseReport, seen: Observation, known: Sequence[Misconception]
    ) -> ExerciseReport:
        """The report, with the two mistakes that do in the check what the submission did.

        It stays as it is if no pair does, or several different ones do.

        Args:
            seen: what the submission does in `trial`.
            known: the mistakes of the exercise.
        """
        if not self.in_doubt(report):
            return report
        pair = self._alike(seen, {mistake.name: mistake for mistake in known})
        if not pair:
            return report
        told = [verdict.misconception for verdict in report.verdicts]
        first, second = sorted(pair, key=lambda mistake: told.count(mistake.known_as))
        verdicts = (
            _with_both(each, first, second) if self._is_open(each) else each
            for each in report.verdicts
        )
        return replace(report, verdicts=tuple(verdicts))

    def _alike(
        self, seen: Observation, known: dict[str, Misconception]
    ) -> tuple[Misconception, Misconception] | None:
        got = sample(fingerprint(seen, self.trial.check, self.trial.inputs), self.size)
        if got is None:
            return None
        rows = np.flatnonzero(near(got, self.numbers, RTOL, ATOL).all(axis=1))
        pairs = [
            (known[one], known[other])
            for one, other in (self.names[int(row)] for row in rows)
            if one in known and other in known  # the release may be an earlier one
        ]
        alike = {frozenset((one.known_as, other.known_as)) for one, other in pairs}
        return pairs[0] if len(alike) == 1 else None


def size_of(fingerprint: Observation) -> int:
    """How many numbers a fingerprint has."""
    return sum(array.size for array in fingerprint.arrays.values())


def sample(fingerprint: Observation, size: int) -> np.ndarray | None:
    """At most `NUMBERS` numbers, spread over all arrays of a fingerprint.

    Args:
        size: how many numbers there should be.

    Returns:
        shape (numbers,), float64; None if there are more or fewer, as in a failure.
    """
    if not size or size_of(fingerprint) != size:
        return None
    arrays = [array for _, array in sorted(fingerprint.arrays.items())]
    flat = np.concatenate([np.ravel(array).astype(np.float64) for array in arrays])
    return flat[np.unique(np.linspace(0, size - 1, NUMBERS).astype(int))]


def _with_both(verdict: Verdict, first: Misconception, second: Misconception) -> Verdict:
    second_name = second.known_as.replace("_", " ")
    steps = ((first.idea, second.idea), (first.where, second.where))
    return replace(
        verdict,
        misconception=first.known_as,
        together_with=second.known_as,
        hint=f"{first.hint} And {second_name}: {second.hint}",
        further=tuple(filter(None, (" ".join(filter(None, step)) for step in steps))),
        explains=(0, 0),  # only this check was compared
    )
