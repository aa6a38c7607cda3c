"""A grader like those in notebooks: tests, expected numbers and student code in one process.

The cheats of the corpus fool it. It is a service for `autograder.sandbox.sandbox`, so that all of
them share one import of TensorFlow.
"""

from __future__ import annotations

import ast
import types
from typing import Any

import numpy as np

import autograder.grading.judge
import autograder.probing.kit  # noqa: F401 - imported before the fork, as in the real child
from autograder.model import Exercise
from autograder.sources.definitions import Cell, definitions

SEED = 7


def assert_same(found: dict[str, Any], expected: dict[str, Any]) -> None:
    """Compare one probe as a cell of tests would."""
    for name, wanted in expected.items():
        if np.ndim(wanted):
            np.testing.assert_allclose(found[name], wanted, rtol=1e-4, atol=1e-5)
        else:
            assert abs(found[name] - wanted) <= 1e-5


def grade(submission: str, reference: str, checks: str, probes: str) -> dict[str, bool]:
    """Whether each check passes, by its id."""
    course: dict[str, Any] = {"__name__": "course"}
    probing: dict[str, Any] = {"__name__": "probes"}
    exec(compile(probes, "probes.py", "exec"), probing)
    exec(compile(checks, "checks.py", "exec"), course)
    student = types.ModuleType("submission")
    kept, _, _ = definitions([Cell("module", submission)], ["Descent", "average"])
    body = ast.parse(submission).body
    for index in kept.files[0].keep:
        statement = ast.Module([body[index]], [])
        exec(compile(statement, "submission.py", "exec"), vars(student))
    right: dict[str, Any] = {"__name__": "reference"}
    exec(compile(reference, "reference.py", "exec"), right)
    exercises = [value for value in course.values() if isinstance(value, Exercise)]
    return {
        check.id: _passes(check, probing, vars(student), right)
        for exercise in exercises
        for check in exercise.checks
    }


def _passes(
    check: Any, probing: dict[str, Any], student: dict[str, Any], right: dict[str, Any]
) -> bool:
    inputs = check.inputs(np.random.default_rng(SEED))
    probe = probing[check.probe]
    expected = probe(right[check.exercise], **inputs)
    try:
        assert_same(probe(student[check.exercise], **inputs), expected)
    except Exception:
        return False
    return True


def serve(connection: Any) -> None:
    while True:
        try:
            message, _ = connection.receive()
        except EOFError:
            return
        passed = grade(**message["course"], submission=message["submission"])
        connection.send({"passed": passed}, {})
