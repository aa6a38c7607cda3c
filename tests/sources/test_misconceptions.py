"""Reading misconceptions.toml, and the errors in it. No keras."""

from __future__ import annotations

from pathlib import Path

import pytest
from editing import change, downhill

from autograder.model import AutograderError, Equivalent
from autograder.sources.assignment import Assignment, read_assignment
from autograder.sources.misconceptions import read_equivalents


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


SAME = """
[[misconception]]
name = "minus_uphill"
exercise = "walk"
same_as = "uphill"
find = "rate * gradient"
replace = "-rate * gradient"
"""


def test_a_misconception_may_be_the_same_as_another(course: Path) -> None:
    path = downhill(course) / "misconceptions.toml"
    path.write_text(path.read_text() + SAME)
    *_, same = read_assignment(downhill(course)).misconceptions
    assert (same.name, same.known_as, same.hint) == (
        "minus_uphill",
        "uphill",
        "You walk up: subtract.",
    )


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            '"uphill"',
            '"up"',
            "`same_as` must name another misconception of walk, got 'up'. Expected one of: uphill, "
            "never_moves_on.",
        ),
        ('"uphill"', '"sum_only"', "must name another misconception of walk, got 'sum_only'."),
        ('"uphill"', '"minus_uphill"', "must name another misconception of walk"),
        ('same_as = "uphill"', 'same_as = "uphill"\nhint = "Up."', "a hint that students never"),
    ],
    ids=["unknown", "of another exercise", "itself", "a hint of its own"],
)
def test_same_as_must_name_another_misconception(
    old: str, new: str, said: str, course: Path
) -> None:
    path = downhill(course) / "misconceptions.toml"
    path.write_text(path.read_text() + SAME.replace(old, new))
    with pytest.raises(AutograderError) as error:
        read_assignment(downhill(course))
    assert f"{path}: misconception walk.minus_uphill" in str(error.value)
    assert said in str(error.value)


def test_same_as_makes_no_chain(course: Path) -> None:
    path = downhill(course) / "misconceptions.toml"
    chained = SAME.replace("minus_uphill", "other").replace(
        'same_as = "uphill"', 'same_as = "minus_uphill"'
    )
    path.write_text(path.read_text() + SAME + chained)
    with pytest.raises(AutograderError, match='Write `same_as = "uphill"`'):
        read_assignment(downhill(course))


EQUIVALENT = """
[[equivalent]]
exercise = "walk"
mutant = "walk.dropped.0123ab"
why = "It changes nothing."
"""


def test_equivalent_edits_are_declared_beside_the_misconceptions(course: Path) -> None:
    path = downhill(course) / "misconceptions.toml"
    assert read_equivalents(path, {"walk": ""}) == ()
    path.write_text(path.read_text() + EQUIVALENT)
    assert len(read_assignment(downhill(course)).misconceptions) == 3
    (declared,) = read_equivalents(path, {"walk": ""})
    assert declared == Equivalent("walk", "walk.dropped.0123ab", "It changes nothing.")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"walk"', '"run"', "there is no exercise 'run'. Expected one of: walk."),
        ('"It changes nothing."', '" "', "has an empty `why`."),
        ('why = "It changes nothing."', "", "missing required field `why`. Every one has exactly"),
    ],
    ids=["exercise", "empty", "missing"],
)
def test_a_broken_equivalent_is_named(old: str, new: str, said: str, course: Path) -> None:
    path = downhill(course) / "misconceptions.toml"
    path.write_text(path.read_text() + EQUIVALENT.replace(old, new))
    with pytest.raises(AutograderError) as error:
        read_equivalents(path, {"walk": ""})
    assert f"{path}: [[equivalent]] 1" in str(error.value)
    assert said in str(error.value)


@pytest.mark.parametrize(
    "toml", ["[misconception]\nname = 'a'\n", "misconception = 3\n", "[[misconceptions]]\n"]
)
def test_a_misspelt_table_of_misconceptions_is_refused(toml: str, course: Path) -> None:
    (downhill(course) / "misconceptions.toml").write_text(toml)
    with pytest.raises(AutograderError, match=r"\[\[misconception\]\]"):
        read_assignment(downhill(course))
