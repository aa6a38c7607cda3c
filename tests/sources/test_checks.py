"""Reading checks and probes. No keras. What is said of broken ones: test_faults.py."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from editing import change, downhill

from autograder.model import AutograderError
from autograder.sources.assignment import Assignment, read_assignment
from autograder.sources.checks import read_checks


def test_hidden_checks_may_import_the_public_ones(course: Path) -> None:
    folder = downhill(course)
    (folder / "hidden_checks.py").write_text(
        "from checks import close, hills, walk\n\n"
        'walk.rule("other_hills", "Other hills too.", points=1, probe="visited",\n'
        "          inputs=hills, judge=close())\n"
    )
    check_set = read_assignment(folder).check_set
    assert [check.name for check in check_set.checks if check.hidden] == ["other_hills"]
    assert "checks" not in sys.modules

    (folder / "hidden_probes.py").write_text("def visited(walk):\n    return {}\n")
    with pytest.raises(AutograderError, match="defines another probe 'visited'"):
        read_assignment(folder)


def test_the_first_paragraph_of_a_docstring_is_the_claim(course: Path) -> None:
    change(
        downhill(course) / "checks.py",
        "'''The sum is divided by how many numbers there are.'''",
        "'''The sum is\n    divided.\n\n    A note for authors.\n    '''",
    )
    (check,) = read_checks(downhill(course)).of("average")
    assert check.claim == "The sum is divided."


def test_checks_that_raise_in_a_function_name_the_line_that_raised(course: Path) -> None:
    path = downhill(course) / "checks.py"
    line = path.read_text().count("\n") + 2
    path.write_text(path.read_text() + "def f():\n    return 1 / 0\nf()\n")
    with pytest.raises(AutograderError) as raised:
        read_checks(downhill(course))
    assert str(raised.value).startswith(f"{path}, line {line}: cannot be run: ZeroDivisionError")


def test_checks_may_be_read_twice_and_leave_nothing_behind(course: Path) -> None:
    one, two = read_checks(downhill(course)), read_checks(downhill(course))
    assert [check.id for check in one.checks] == [check.id for check in two.checks]
    assert not list(downhill(course).rglob("__pycache__"))


def test_an_unknown_exercise_lists_the_known_ones(assignment: Assignment) -> None:
    with pytest.raises(AutograderError) as error:
        assignment.check_set.only(frozenset(["walk", "run"]))
    assert str(error.value) == "downhill has no exercise 'run'; it has walk, average."


def test_only_some_exercises_keep_their_checks_and_order(assignment: Assignment) -> None:
    only = assignment.check_set.only(frozenset(["walk"]))
    assert [exercise.name for exercise in only.exercises] == ["walk"]
    assert [check.name for check in only.of("walk")] == ["takes_every_step", "starts_at_the_start"]


@pytest.mark.parametrize("points", ["None", "'2'", "True", "float('inf')", "float('nan')"])
def test_points_that_are_not_a_number_are_refused(points: str, course: Path) -> None:
    change(downhill(course) / "checks.py", "points=2,", f"points={points},")
    with pytest.raises(AutograderError, match=r"walk\.takes_every_step"):
        read_assignment(downhill(course))
