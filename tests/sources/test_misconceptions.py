"""Reading misconceptions.toml, and the errors in it. No keras."""

from __future__ import annotations

from pathlib import Path

import pytest
from editing import change, downhill

from autograder.model import AutograderError
from autograder.sources.assignment import Assignment, read_assignment


def test_misconceptions_are_listed_by_exercise_in_the_authors_order(
    assignment: Assignment,
) -> None:
    assert [m.name for m in assignment.of("walk")] == ["uphill", "never_moves_on"]
    assert [m.name for m in assignment.of("average")] == ["sum_only"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            'find = "place - rate"',
            'find = "placed"',
            "misconception walk.uphill: `find` must match exactly once in the walk cell; it "
            "matches 0 times: 'placed'.",
        ),
        (
            'find = "place - rate"',
            'find = "place = "',
            "misconception walk.uphill: `find` must match exactly once in the walk cell; it "
            "matches 2 times: 'place = '.",
        ),
        (
            'find = "place - rate"',
            'find = ""',
            "misconception walk.uphill: `find` must match exactly once",
        ),
        (
            'replace = "place + rate"',
            'replace = "place - rate"',
            "misconception walk.uphill: `find` and `replace` are the same text",
        ),
        ('hint = "You walk up: subtract."', 'hint = " "', "walk.uphill has an empty hint."),
        (
            'hint = "You walk up: subtract."\n',
            "",
            "misconception 'uphill' is invalid: missing required field `hint`. Every misconception "
            "has exactly five strings: name, exercise, hint, find, replace.",
        ),
        (
            'hint = "You walk up: subtract."',
            "hint = 7",
            "misconception 'uphill' is invalid: Expected `str`, got `int` - at `$.hint`.",
        ),
        (
            'hint = "You walk up: subtract."',
            'hint = "You walk up: subtract."\npoints = "3"',
            "misconception 'uphill' is invalid: contains unknown field `points`.",
        ),
        ('name = "uphill"\n', "", "misconception 1 is invalid: missing required field `name`."),
        (
            'name = "uphill"\nexercise = "walk"',
            'name = "uphill"\nexercise = "run"',
            "misconception run.uphill: there is no exercise 'run'. Expected one of: walk, average.",
        ),
        (
            'name = "never_moves_on"',
            'name = "uphill"',
            "2 misconceptions of walk are named 'uphill'. Rename them.",
        ),
        (
            'name = "uphill"',
            'name = "Up hill"',
            "misconception walk.Up hill: invalid name. Use one word",
        ),
        ('name = "uphill"', 'name = "reference"', "'reference' is reserved."),
        ('name = "uphill"', "name = uphill", "is not valid TOML"),
    ],
    ids=[
        "matches nothing", "matches twice", "empty find", "same text",
        "empty hint", "no hint", "hint no text", "one field more", "no name", "unknown exercise",
        "two of one name", "two words", "reserved name", "no TOML",
    ],
)  # fmt: skip
def test_a_broken_misconception_is_named(old: str, new: str, said: str, course: Path) -> None:
    path = downhill(course) / "misconceptions.toml"
    change(path, old, new)
    with pytest.raises(AutograderError) as error:
        read_assignment(downhill(course))
    assert str(error.value).startswith(f"{path}")
    assert said in str(error.value)


def test_invalid_toml_is_reported_with_its_line(course: Path) -> None:
    path = downhill(course) / "misconceptions.toml"
    path.write_text("[[misconception]]\nname = uphill\n")
    with pytest.raises(AutograderError, match=r"is not valid TOML: .*line 2"):
        read_assignment(downhill(course))
    path.write_bytes(b'[[misconception]]\nname = "\xff"\n')
    with pytest.raises(AutograderError, match="is not valid TOML"):
        read_assignment(downhill(course))


def test_two_exercises_may_have_misconceptions_of_one_name(course: Path) -> None:
    change(downhill(course) / "misconceptions.toml", '"sum_only"', '"uphill"')
    assert len(read_assignment(downhill(course)).misconceptions) == 3


@pytest.mark.parametrize(
    "toml", ["[misconception]\nname = 'a'\n", "misconception = 3\n", "[[misconceptions]]\n"]
)
def test_a_misspelt_table_of_misconceptions_is_refused(toml: str, course: Path) -> None:
    (downhill(course) / "misconceptions.toml").write_text(toml)
    with pytest.raises(AutograderError, match=r"\[\[misconception\]\]"):
        read_assignment(downhill(course))
