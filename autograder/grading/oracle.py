"""The oracle: what the reference and every misconception do with a run's inputs.

References run in children of their own, which exist only for that and are gone when they have
answered; the zygote and the children of students never see their source or their arrays. The
grader's process itself holds the arrays and runs no keras.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Protocol

from autograder.grading.observe import draw_inputs, observations
from autograder.model import Check, Inputs, Misconception, Observation
from autograder.sandbox.pool import Sandbox
from autograder.sources.assignment import Assignment


class Oracle(Protocol):
    """Knows what is expected; the live one computes it, the stored one reads it from a release."""

    seed: int
    inputs: Mapping[str, Inputs]

    def expected(self, check: Check) -> Observation:
        """What the reference does."""
        ...

    def misconceptions(self, exercise: str) -> Sequence[Misconception]:
        """The known mistakes of an exercise, in the author's order."""
        ...

    def mistaken(self, misconception: Misconception, check: Check) -> Observation:
        """What a misconception does."""
        ...


class LiveOracle:
    """Runs the reference and, only when somebody's mistake has to be named, the misconceptions.

    Every observation is made once per run and kept. Safe to call from several threads.
    """

    def __init__(self, sandbox: Sandbox, assignment: Assignment, seed: int) -> None:
        self.seed = seed
        self.assignment = assignment
        self.inputs = {c.id: draw_inputs(c, seed) for c in assignment.check_set.checks}
        self._sandbox = sandbox
        self._expected: dict[str, dict[str, Observation]] = {}
        self._mistaken: dict[tuple[str, str, str], Observation] = {}
        self._lock = threading.Lock()
        self._locks: dict[tuple[str, ...], threading.Lock] = {}

    def expected(self, check: Check) -> Observation:
        with self._lock_of(check.exercise):
            if check.exercise not in self._expected:
                self._expected[check.exercise] = self._observe_reference(check.exercise)
            return self._expected[check.exercise][check.id]

    def misconceptions(self, exercise: str) -> Sequence[Misconception]:
        return self.assignment.of(exercise)

    def mistaken(self, misconception: Misconception, check: Check) -> Observation:
        key = (misconception.exercise, misconception.name, check.id)
        with self._lock_of(misconception.exercise, misconception.name):
            if key not in self._mistaken:
                check_set = self.assignment.check_set
                definitions = self.assignment.misconception(misconception)
                exercise = check_set.exercise(misconception.exercise)
                # The cheap checks come first and are asked first; the others only if need be.
                for seen, observation in observations(
                    self._sandbox,
                    definitions,
                    [(exercise, check)],
                    check_set.probes,
                    self.inputs,
                    seed=self.seed,
                ):
                    self._mistaken[(*key[:2], seen.id)] = observation
            return self._mistaken[key]

    def _lock_of(self, *key: str) -> threading.Lock:
        with self._lock:
            return self._locks.setdefault(key, threading.Lock())

    def _observe_reference(self, exercise: str) -> dict[str, Observation]:
        check_set = self.assignment.check_set
        pairs = [(check_set.exercise(exercise), check) for check in check_set.of(exercise)]
        return {
            check.id: observation
            for check, observation in observations(
                self._sandbox,
                self.assignment.reference(),
                pairs,
                check_set.probes,
                self.inputs,
                seed=self.seed,
                reference=True,
            )
        }
