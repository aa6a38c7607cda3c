"""Besides code, each notebook asks for predictions, and a question that a person grades."""

from __future__ import annotations

import json
import math
import re
import shutil
from functools import cache
from pathlib import Path

import pytest

from autograder.desks.status import assignment_status
from autograder.desks.student import check_paths
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


def test_a_self_check_and_the_status_know_the_predictions(tmp_path: Path) -> None:
    folder = tmp_path / "fitting"
    shutil.copytree(SOLUTIONS.parent / "assignments" / "fitting", folder)
    file = folder / "fitting.ipynb"
    asked = read("fitting").check_set.predictions
    for made, state in ((0, "unwritten"), (1, "wrong"), (len(asked), "done")):
        notebook = json.loads(file.read_text())
        for cell in notebook["cells"]:
            for each in asked[:made]:
                line = f'{each.variable} = "?"'
                cell["source"] = [
                    text.replace(line, line.replace("?", "a")) for text in cell["source"]
                ]
        file.write_text(json.dumps(notebook))
        ((_, report),) = check_paths([file], frozenset())
        (found,) = [each for each in report.exercises if each.name == "predictions"]
        assert (found.score, found.max_score) == (made / 2, len(asked) / 2)
        (status,) = [e for e in assignment_status(folder).exercises if e.name == "predictions"]
        assert (status.state, status.score, status.max_score) == (state, made / 2, len(asked) / 2)
    ((_, alone),) = check_paths([file], frozenset({"predictions"}))
    assert [each.name for each in alone.exercises] == ["predictions"]
