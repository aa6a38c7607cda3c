"""Reading checks and probes, and the errors in them. No keras."""

from __future__ import annotations

import re
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


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("points=2,", "points=0,", "check 'walk.takes_every_step' has no points (0); give it some"),
        ("points=2,", "points=-2,", "check 'walk.takes_every_step' has no points (-2)"),
        ("points=2,", 'points=float("nan"),', "check 'walk.takes_every_step' has no points (nan)"),
        (
            '"starts_at_the_start"',
            '"takes_every_step"',
            "2 checks are named 'walk.takes_every_step'; rename them",
        ),
        (
            'Exercise("average", bonus=True)',
            'Exercise("walk")',
            "2 exercises are named 'walk'; rename them",
        ),
        (
            'average = Exercise("average", bonus=True)',
            'average = Exercise("average")\nrun = Exercise("run")',
            "exercise 'run' has no check",
        ),
        (
            '"Every step goes downhill by rate times the gradient."',
            '" "',
            "check 'walk.takes_every_step' has no claim; write the sentence that students read",
        ),
        (
            "'''The sum is divided by how many numbers there are.'''",
            "pass",
            "check 'average.divides_by_the_count' has no claim",
        ),
        (
            "def divides_by_the_count(observed, expected):",
            "def divides_by_the_count(observed, expected, rows):",
            "check 'average.divides_by_the_count' asks for 'rows'; a check's function may take "
            "observed, expected, inputs, measured",
        ),
        (
            "def divides_by_the_count(observed, expected):",
            "def divides_by_the_count(measured, observed, expected):",
            "check 'average.divides_by_the_count' asks for 'measured'; give it `measure=`",
        ),
    ],
    ids=[
        "0 points", "negative points", "points no number", "two of one name", "two exercises",
        "no check", "no claim", "no docstring", "unknown argument", "no measure",
    ],
)  # fmt: skip
def test_a_broken_check_is_named(old: str, new: str, said: str, course: Path) -> None:
    path = downhill(course) / "checks.py"
    change(path, old, new)
    with pytest.raises(AutograderError) as error:
        read_checks(downhill(course))
    assert str(error.value).startswith(str(path))
    assert said in str(error.value)


def test_a_file_without_exercises_says_how_to_start(course: Path) -> None:
    path = downhill(course) / "checks.py"
    path.write_text("walk = 'Exercise'\n")
    with pytest.raises(AutograderError, match=r"defines no exercise\. Start with"):
        read_checks(downhill(course))


def test_a_hidden_file_without_checks_is_refused(course: Path) -> None:
    (downhill(course) / "hidden_checks.py").write_text("from checks import walk\n")
    with pytest.raises(AutograderError, match=r"hidden_checks\.py declares no check"):
        read_checks(downhill(course))


def test_the_first_paragraph_of_a_docstring_is_the_claim(course: Path) -> None:
    change(
        downhill(course) / "checks.py",
        "'''The sum is divided by how many numbers there are.'''",
        "'''The sum is\n    divided.\n\n    A note for authors.\n    '''",
    )
    (check,) = read_checks(downhill(course)).of("average")
    assert check.claim == "The sum is divided."


def test_an_unknown_probe_lists_the_known_ones(course: Path) -> None:
    change(downhill(course) / "checks.py", 'probe="visited"', 'probe="visits"')
    with pytest.raises(AutograderError) as error:
        read_checks(downhill(course))
    assert str(error.value) == (
        f"{downhill(course) / 'probes.py'} defines no probe 'visits'; "
        "it defines first_place, middle, visited."
    )


@pytest.mark.parametrize(
    ("broken", "error"),
    [
        ("1 / 0", "ZeroDivisionError"),
        ("import no_such_module", "ModuleNotFoundError"),
        ("def f(:", "SyntaxError"),
        ('walk.rule("no_points", "It walks.")', "missing"),
        ("def f():\n    return 1 / 0\nf()", "ZeroDivisionError"),
    ],
    ids=["raises", "import", "syntax", "check without points", "in a function"],
)
def test_checks_that_cannot_be_run_are_reported_with_file_and_line(
    broken: str, error: str, course: Path
) -> None:
    path = downhill(course) / "checks.py"
    line = path.read_text().count("\n") + 1
    if broken.startswith("def f():"):
        line += 1  # where it raised, not where it was called
    path.write_text(path.read_text() + broken + "\n")
    with pytest.raises(AutograderError) as raised:
        read_checks(downhill(course))
    assert str(raised.value).startswith(f"{path}, line {line}, cannot be run: ")
    assert error in str(raised.value)


def test_invalid_probes_are_reported_with_file_and_line(course: Path) -> None:
    path = downhill(course) / "probes.py"
    path.write_text("import numpy as np\n\ndef visited(:\n")
    with pytest.raises(AutograderError, match=re.escape(f"{path}, line 3: ")):
        read_checks(downhill(course))


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


def test_a_checks_file_that_exits_is_refused(course: Path) -> None:
    change(downhill(course) / "checks.py", "walk =", "raise SystemExit(3)\nwalk =")
    with pytest.raises(AutograderError, match=r"checks\.py, line"):
        read_assignment(downhill(course))
