"""Besides code, each notebook asks for predictions, and a question that a person grades."""

from __future__ import annotations

import math
import re
from functools import cache
from pathlib import Path

import pytest

from autograder.sources.assignment import Assignment, read_assignment
from autograder.sources.cells import question_of
from autograder.sources.regions import inside
from autograder.sources.views import student_notebook

SOLUTIONS = Path(__file__).parents[2] / "solutions"
ASSIGNMENTS = sorted(path.parent.name for path in SOLUTIONS.glob("*/checks.py"))


@cache
def read(name: str) -> Assignment:
    return read_assignment(SOLUTIONS / name)


@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_a_notebook_asks_for_predictions_and_for_a_written_answer(name: str) -> None:
    assignment = read(name)
    assert len(assignment.check_set.predictions) >= 2
    asked = [cell for cell in assignment.notebook.cells if question_of(cell)]
    assert len(asked) == 1
    rubric = "\n".join(line for _, line in inside(asked[0].source))
    assert 3 <= len(re.findall(r"^- \*\*", rubric, re.MULTILINE)) <= 5


@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_the_points_of_the_notebook_are_those_of_its_parts(name: str) -> None:
    assignment = read(name)
    bonuses = {each.name for each in assignment.check_set.exercises if each.bonus}
    checked = math.fsum(c.points for c in assignment.check_set.checks if c.exercise not in bonuses)
    asked = sum(c.metadata["points"] for c in assignment.notebook.cells if question_of(c))
    predicted = 0.5 * len(assignment.check_set.predictions)
    cells = student_notebook(assignment).cells
    told = math.fsum(c.metadata.get("nbgrader", {}).get("points", 0) for c in cells)
    assert told == pytest.approx(checked + asked + predicted)
