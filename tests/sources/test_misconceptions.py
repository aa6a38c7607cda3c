"""Reading misconceptions.toml. No keras. What is said of a broken one: test_faults.py."""

from __future__ import annotations

from pathlib import Path

from editing import change, downhill

from autograder.sources.assignment import Assignment, read_assignment
from autograder.sources.misconceptions import TomlLines


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
    lines = TomlLines(LONG_TEXTS)
    assert lines.tables == [2, 11]
    assert [lines.line(0, key) for key in ("name", "hint", "find", "b", "")] == [3, 4, 8, 2, 2]
    assert lines.line(1, "name") == 12
    assert [lines.line_in(0, "hint", 2), lines.line_in(0, "find", 2)] == [6, 9]
    assert lines.line(2) == 0


def test_two_exercises_may_have_misconceptions_of_one_name(course: Path) -> None:
    change(downhill(course) / "misconceptions.toml", '"sum_only"', '"uphill"')
    assert len(read_assignment(downhill(course)).misconceptions) == 3
