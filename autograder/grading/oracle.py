"""The oracle: what the reference and every misconception do with a run's inputs.

References run in children of their own, which end when they have answered; the zygote and the
children of students never see their source or their arrays. The grader's process holds the arrays
and runs no keras.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol

from autograder.grading.fingerprint import fingerprint
from autograder.grading.judge import measured
from autograder.grading.observe import RestartableChild
from autograder.grading.pairs import Pairs
from autograder.grading.trial import ONCE_DIED_SECONDS, Known, Trial, budget, sizes_of
from autograder.model import Arrays, Check, Inputs, Misconception, Observation
from autograder.programs import Definitions
from autograder.sandbox.interface import Sandbox
from autograder.sources.assignment import Assignment
from autograder.sources.inputs import draw_inputs


class Oracle(Protocol):
    """Knows what is expected; the live one computes it, the stored one reads it from a release."""

    seed: int
    inputs: Mapping[str, Inputs]

    def expected(self, check: Check) -> Observation:
        """What the reference does."""
        ...

    def wanted(self, check: Check) -> Arrays:
        """What the check's measure makes of the reference's arrays."""
        ...

    def misconceptions(self, exercise: str) -> Sequence[Misconception]:
        """The known mistakes of an exercise, in the author's order."""
        ...

    def observe_misconception(
        self, misconception: Misconception, checks: Sequence[Check]
    ) -> Mapping[str, Observation]:
        """The fingerprints of a misconception in some checks of its exercise, by check id."""
        ...

    def observe_misconceptions(self, check: Check) -> Sequence[tuple[Misconception, Observation]]:
        """The fingerprint of every misconception of the check's exercise."""
        ...

    def trials(self, checks: Iterable[Check]) -> Sequence[Trial]:
        """What to try on a submission."""
        ...

    def pairs(self, exercise: str) -> Pairs | None:
        """What each two mistakes of an exercise do at once; None if that is not known."""
        ...


PairsOf = Callable[[str], Pairs | None]
"""What each two known mistakes of an exercise do at once, if that is known."""


def no_pairs(_: str) -> None:
    """Nothing is known of two mistakes at once."""


class LiveOracle:
    """Runs the reference and, only to name a mistake, the misconceptions.

    Every observation is made once per run. Safe to call from several threads.
    """

    def __init__(
        self,
        sandbox: Sandbox,
        assignment: Assignment,
        seed: int,
        known: Known | None = None,
        child: RestartableChild | None = None,
        pairs: PairsOf = no_pairs,
    ) -> None:
        """Observe nothing yet.

        Args:
            known: what need not be observed again.
            child: where to run the references; None for a new child for each.
            pairs: see `pairs`; they are too many to be observed with each seed.
        """
        self.seed = seed
        self.assignment = assignment
        self.inputs: Mapping[str, Inputs] = {
            c.id: draw_inputs(c, seed) for c in assignment.check_set.checks
        }
        self._sandbox = sandbox
        self._known = known
        self.pairs: PairsOf = pairs
        self._reference_child = child
        self._expected: dict[str, dict[str, Observation]] = {}
        self._observed_misconceptions: dict[tuple[str, str], dict[str, Observation]] = {}
        self._definitions: dict[tuple[str, str], Definitions] = {}
        self._fingerprints: dict[tuple[str, str], Observation] = {}
        self._trials: dict[str, Trial] = {}
        self._lock = threading.Lock()
        self._locks: dict[tuple[str, ...], threading.Lock] = {}

    def expected(self, check: Check) -> Observation:
        with self._lock_of(check.exercise):
            if check.exercise not in self._expected:
                self._expected[check.exercise] = self._observe_reference(check.exercise)
            return self._expected[check.exercise][check.id]

    def wanted(self, check: Check) -> Arrays:
        return measured(check, self.expected(check).arrays, self.inputs[check.id])

    def misconceptions(self, exercise: str) -> Sequence[Misconception]:
        return self.assignment.of(exercise)

    def observe_misconception(
        self, misconception: Misconception, checks: Sequence[Check]
    ) -> Mapping[str, Observation]:
        whole = self.whole_observations(misconception, checks)
        return {check.id: self._fingerprint(misconception, check, whole) for check in checks}

    def whole_observations(
        self,
        misconception: Misconception,
        checks: Sequence[Check],
        child: RestartableChild | None = None,
    ) -> Mapping[str, Observation]:
        """What a misconception does, not reduced to fingerprints, by check id.

        Args:
            child: where to observe it; None for a new child.
        """
        return self._observe_misconception(misconception, checks, child)

    def observed(self, misconception: Misconception) -> Mapping[str, Observation]:
        """What has been observed of it so far, by check id."""
        key = (misconception.exercise, misconception.name)
        return self._observed_misconceptions.get(key, {})

    def child(self) -> RestartableChild:
        """Where several of the course's own variants may take turns."""
        return RestartableChild(self._sandbox, self._known)

    def observe_misconceptions(self, check: Check) -> Sequence[tuple[Misconception, Observation]]:
        known = self.misconceptions(check.exercise)
        with (
            self._lock_of(check.exercise, "all", check.id),
            self.child() as child,
        ):
            return [
                (m, self._fingerprint(m, check, self._observe_misconception(m, [check], child)))
                for m in known
            ]

    def _fingerprint(
        self, misconception: Misconception, check: Check, whole: Mapping[str, Observation]
    ) -> Observation:
        key = (misconception.name, check.id)
        if key not in self._fingerprints:  # two threads may both make it: it is the same
            self._fingerprints[key] = fingerprint(whole[check.id], check, self.inputs[check.id])
        return self._fingerprints[key]

    def trials(self, checks: Iterable[Check]) -> list[Trial]:
        """What to try on a submission, with time limits from the reference."""
        return [self._trials.get(check.id) or self._student_trial(check) for check in checks]

    def _student_trial(self, check: Check) -> Trial:
        expected = self.expected(check)
        # The same object each time: it remembers its digest.
        return self._trials.setdefault(
            check.id,
            self._trial(
                check,
                cpu_seconds=budget(check, expected),
                cpu_seconds_after_death=budget(check, expected, ONCE_DIED_SECONDS),
                share=budget(check, expected, 0.0),
                reference=sizes_of(expected),
            ),
        )

    def _observe_misconception(
        self,
        misconception: Misconception,
        checks: Sequence[Check],
        shared: RestartableChild | None = None,
    ) -> dict[str, Observation]:
        key = (misconception.exercise, misconception.name)
        with self._lock_of(*key):
            known = self._observed_misconceptions.setdefault(key, {})
            trials = self.trials(check for check in checks if check.id not in known)
            if trials:
                # The same object each time: a child loads anew what is not what it has loaded.
                definitions = self._definitions.get(key) or self._definitions.setdefault(
                    key, self.assignment.misconception(misconception)
                )
                with self._child(shared) as child:
                    for check, observation in child.observations(definitions, trials):
                        known[check.id] = observation
            return known

    def _child(self, shared: RestartableChild | None) -> AbstractContextManager[RestartableChild]:
        return self.child() if shared is None else nullcontext(shared)

    def reference_trial(self, check: Check) -> Trial:
        """What to try on the reference."""
        return self._trial(
            check,
            floatx=check.reference_floatx,
            # An endless loop in the reference is found in seconds, not in minutes.
            cpu_seconds_after_death=ONCE_DIED_SECONDS,
        )

    def with_seed(self, seed: int, check: Check, child: RestartableChild) -> LiveOracle:
        """One that knows nothing yet, of one check with another seed.

        Args:
            child: where its reference runs.
        """
        alone = self.assignment.with_checks(frozenset([check.id]))
        return LiveOracle(self._sandbox, alone, seed, self._known, child)

    def _trial(self, check: Check, **how: Any) -> Trial:
        check_set = self.assignment.check_set
        return Trial(
            check_set.exercise(check.exercise),
            check,
            check_set.probes[check.probe],
            self.inputs[check.id],
            self.seed,
            data=check_set.data,
            **how,
        )

    def _lock_of(self, *key: str) -> threading.Lock:
        with self._lock:
            return self._locks.setdefault(key, threading.Lock())

    def _observe_reference(self, exercise: str) -> dict[str, Observation]:
        trials = map(self.reference_trial, self.assignment.check_set.of(exercise))
        with self._child(self._reference_child) as child:
            reference = self.assignment.reference(exercise)
            return {c.id: seen for c, seen in child.observations(reference, trials)}
