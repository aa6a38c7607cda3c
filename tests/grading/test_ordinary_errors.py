"""Errors of a student's own, made by rule, and that none of them is taken for a known mistake."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import pytest
from editing import downhill

from autograder.grading.observe import probing_sandbox
from autograder.grading.oracle import LiveOracle
from autograder.grading.ordinary_errors import ORDINARY, false_names, ordinary_errors
from autograder.model import Misconception, Observation
from autograder.sources.assignment import Assignment, read_assignment

CELL = textwrap.dedent('''
    class Walk:
        """Two methods."""

        def step(self, rate):
            """Only a docstring, and what follows it."""
            return rate

        def empty(self, rate):
            """Nothing but this."""


    def other():
        return 1
''')


def test_each_method_gets_an_error_of_each_kind() -> None:
    errors = ordinary_errors(CELL, "Walk")
    assert [error.name for error in errors] == [
        f"{kind}_in_{method}" for method in ("step", "empty") for kind in ORDINARY
    ]
    for error in errors:
        assert CELL.count(error.find) == 1
        space: dict[str, Any] = {}
        exec(CELL.replace(error.find, error.replace), space)
        kind, _, method = error.name.partition("_in_")
        with pytest.raises(Exception) as raised:  # noqa: PT011 - its class is compared below
            getattr(space["Walk"](), method)(1)
        assert type(raised.value).__name__ == kind


def test_a_function_gets_an_error_of_each_kind(assignment: Assignment) -> None:
    errors = ordinary_errors(assignment.cells["walk"], "walk")
    assert [error.name for error in errors] == [f"{kind}_in_walk" for kind in ORDINARY]
    for error in errors:
        assert assignment.misconception(error).files != assignment.reference("walk").files


RAISING = """
[[misconception]]
name = "uphill_by_itself"
exercise = "walk"
hint = "It walks up, and reads what is not there."
find = "place - rate * gradient"
replace = "place.no_such_attribute"
"""


ORDINARY_ONE = """
[[misconception]]
name = "misspelt"
exercise = "average"
hint = "It is misspelt."
find = "np.sum(numbers)"
replace = "().a_misspelt_attribute"
"""


@pytest.mark.slow
def test_an_ordinary_error_is_taken_for_a_misconception_that_is_one(course: Path) -> None:
    path = downhill(course) / "misconceptions.toml"
    path.write_text(path.read_text() + RAISING + ORDINARY_ONE)
    assignment = read_assignment(downhill(course))
    with probing_sandbox(confined=False) as sandbox:
        oracle = LiveOracle(sandbox, assignment, 1)
        did: dict[Misconception, Observation] = {}
        for check in assignment.check_set.checks:
            did |= dict(oracle.observe_misconceptions(check))
        assert false_names(assignment, "walk", oracle, sandbox, None) == []
        ((error, name),) = false_names(assignment, "average", oracle, sandbox, None)
    assert (error.name, name) == ("AttributeError_in_average", "misspelt")
    (raising,) = [known for known in did if known.name == "uphill_by_itself"]
    failure = did[raising].failure
    assert failure is not None
    assert (failure.exception, failure.operation) == ("AttributeError", "walk attribute")
