"""A submission, exercise by exercise. No process is started: the sandbox is made up."""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograder.grading.grade import grade_definitions
from autograder.grading.oracle import Oracle
from autograder.grading.seeds import new_seed
from autograder.grading.trial import Trial
from autograder.messages import Load, Loaded, Observed
from autograder.model import Check
from autograder.programs import Definitions, SourceFile
from autograder.sources.assignment import Assignment

SUBMITTED = Definitions((SourceFile("cell_2.py", "cell 2", "def walk(): pass", (0,)),))


@dataclass
class CountingSandbox:
    """Answers everything with one array, and counts of which exercises arrays are alive."""

    level: str = "none"
    cpu_seconds: float = 0.0
    waited_seconds: float = 0.0
    peak_bytes: int = 0
    answered: list[tuple[str, weakref.ref[np.ndarray]]] = field(default_factory=list)
    alive: dict[str, set[str]] = field(default_factory=dict)

    def child(self) -> Any:
        return self

    def close(self) -> None:
        pass

    def request(
        self, message: Any, arrays: Mapping[str, np.ndarray], **_: object
    ) -> tuple[Loaded | Observed, dict[str, np.ndarray]]:
        if isinstance(message, Load):
            return Loaded(), {}
        self.alive[message.exercise] = {
            name for name, array in self.answered if array() is not None
        }
        answer = np.ones(3)
        self.answered.append((message.exercise, weakref.ref(answer)))
        return Observed(None), {"x": answer}


def test_only_one_exercises_arrays_are_kept_at_a_time(
    assignment: Assignment, oracle: Oracle
) -> None:
    check_set, sandbox = assignment.check_set, CountingSandbox()

    def trials(checks: Any) -> list[Trial]:
        each: list[Check] = list(checks)
        return [
            Trial(check_set.exercise(c.exercise), c, check_set.probes[c.probe], {}, 0) for c in each
        ]

    oracle.trials = trials  # type: ignore[method-assign]
    stand_in: Any = sandbox
    walk, average = grade_definitions(SUBMITTED, {}, check_set, oracle, stand_in)
    assert [verdict.status for verdict in walk.verdicts] == ["failed", "failed"]
    assert average.verdicts[0].message == "The result has no 'middle'."
    assert sandbox.alive == {"walk": {"walk"}, "average": set()}


def test_an_exercise_that_is_missing_is_not_tried(assignment: Assignment, oracle: Oracle) -> None:
    sandbox: Any = CountingSandbox()
    oracle.trials = lambda checks: []  # type: ignore[method-assign]
    missing = {"walk": "there is none", "average": "nor of this"}
    walk, _ = grade_definitions(SUBMITTED, missing, assignment.check_set, oracle, sandbox)
    assert [verdict.message for verdict in walk.verdicts] == 2 * ["there is none"]
    assert sandbox.answered == []


def test_seeds_have_128_bits() -> None:
    # Whether one of the 40 highest bits is ever set: a false alarm once in 2 to the 400th.
    assert any(new_seed() >> 88 for _ in range(10))
    assert all(new_seed() < 2**128 for _ in range(10))
