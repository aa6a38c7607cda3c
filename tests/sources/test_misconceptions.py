"""Reading misconceptions.toml. No keras. What is said of a broken one: test_faults.py."""

from __future__ import annotations

from pathlib import Path

import pytest
from editing import change, downhill

from autograder.model import AutograderError
from autograder.sources.assignment import Assignment, read_assignment
from autograder.sources.equivalents import Equivalent
from autograder.sources.toml_lines import TomlLines


def test_misconceptions_are_listed_by_exercise_in_the_authors_order(
    assignment: Assignment,
) -> None:
    assert [m.name for m in assignment.of("walk")] == ["uphill", "never_moves_on"]
    assert [m.name for m in assignment.of("average")] == ["sum_only"]


LONG_TEXTS = """# Two.
[[misconception]]
name = 'one'
hint = \"\"\"
[[misconception]]
name = 1
\"\"\"
find = '''a
b = 2'''

 [[ misconception ]]
"name" = 'two'
"""


def test_lines_of_tables_and_keys_are_found_around_long_texts() -> None:
    lines = TomlLines(LONG_TEXTS, "misconception")
    assert lines.tables == [2, 11]
    assert [lines.line(0, key) for key in ("name", "hint", "find", "b", "")] == [3, 4, 8, 2, 2]
    assert lines.line(1, "name") == 12
    assert [lines.line_in(0, "hint", 2), lines.line_in(0, "find", 2)] == [6, 9]
    assert lines.line(2) == 0


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
        ('"uphill"', '"uphil"', "never_moves_on. Did you mean 'uphill'?"),
        ('"uphill"', '"sum_only"', "must name another misconception of walk, got 'sum_only'."),
        ('"uphill"', '"minus_uphill"', "must name another misconception of walk"),
        ('same_as = "uphill"', 'same_as = "uphill"\nhint = "Up."', "a hint that students never"),
    ],
    ids=["unknown", "misspelt", "of another exercise", "itself", "a hint of its own"],
)
def test_same_as_must_name_another_misconception(
    old: str, new: str, said: str, course: Path
) -> None:
    path = downhill(course) / "misconceptions.toml"
    path.write_text(path.read_text() + SAME.replace(old, new))
    with pytest.raises(AutograderError) as error:
        read_assignment(downhill(course))
    line = path.read_text().splitlines().index('name = "minus_uphill"')
    assert f"{path}, line {line}: misconception walk.minus_uphill" in str(error.value)
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


def test_what_is_neither_misconception_nor_equivalent_is_found_behind_them(course: Path) -> None:
    path = downhill(course) / "misconceptions.toml"
    path.write_text(EQUIVALENT.lstrip() + path.read_text() + "\n[[equivalents]]\n")
    line = path.read_text().splitlines().index("[[equivalents]]") + 1
    with pytest.raises(AutograderError, match=rf"toml, line {line}: the file must contain only"):
        read_assignment(downhill(course))


def test_equivalent_edits_are_declared_beside_the_misconceptions(course: Path) -> None:
    path = downhill(course) / "misconceptions.toml"
    assert read_assignment(downhill(course)).equivalents == ()
    path.write_text(path.read_text() + EQUIVALENT)
    assignment = read_assignment(downhill(course))
    assert len(assignment.misconceptions) == 3
    (declared,) = assignment.equivalents
    assert declared == Equivalent("walk", "walk.dropped.0123ab", "It changes nothing.")


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ('"walk"', '"run"', 1, "there is no exercise 'run'. Expected one of: walk, average."),
        ('"It changes nothing."', '" "', 3, "has an empty `why`."),
        ('why = "It changes nothing."', "", 0, "missing required field `why`. Every one has"),
    ],
    ids=["exercise", "empty", "missing"],
)
def test_a_broken_equivalent_is_refused_at_its_line(
    old: str, new: str, line: int, said: str, course: Path
) -> None:
    path = downhill(course) / "misconceptions.toml"
    before = path.read_text()
    path.write_text(before + EQUIVALENT.replace(old, new))
    with pytest.raises(AutograderError) as error:
        read_assignment(downhill(course))
    table = before.count("\n") + 2
    assert f"misconceptions.toml, line {table + line}: " in str(error.value)
    assert said in str(error.value)


def test_what_can_be_wrong_with_an_argument_is_generated_unless_it_is_declared(
    course: Path,
) -> None:
    change(downhill(course) / "downhill.py", "walk(start, rate,", "walk(start, rate=0.1,")
    change(downhill(course) / "downhill.py", "gradients):", "gradients=()):")
    names = ["rate_is_ignored", "default_of_rate_is_another", "gradients_is_ignored"]
    assignment = read_assignment(downhill(course))
    assert [known.name for known in assignment.misconceptions if known.generated] == names
    assert len(assignment.authored) == 3
    path = downhill(course) / "misconceptions.toml"
    path.write_text(path.read_text() + EQUIVALENT.replace("walk.dropped.0123ab", names[1]))
    assignment = read_assignment(downhill(course))
    generated = [known.name for known in assignment.misconceptions if known.generated]
    assert generated == [names[0], names[2]]


@pytest.mark.parametrize(
    "toml", ["[misconception]\nname = 'a'\n", "misconception = 3\n", "[[misconceptions]]\n"]
)
def test_a_misspelt_table_of_misconceptions_is_refused(toml: str, course: Path) -> None:
    (downhill(course) / "misconceptions.toml").write_text(toml)
    with pytest.raises(AutograderError, match=r"\[\[misconception\]\]"):
        read_assignment(downhill(course))
